"""projections: the read models — tables, folds and queries — and the one runner for all of them (`engine/`).

A capability is a folder where it has several files, a file where it has one; the names are those of the other rooms.
May import domain, runtime and psycopg. Never fastapi, temporalio, workflows, api or cli.
"""
