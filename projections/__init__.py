"""projections: the read models — one file each with its table, handler and queries — and the one runner for all of them.

May import domain, runtime and psycopg. Never fastapi, temporalio, workflows, api or cli.
"""
