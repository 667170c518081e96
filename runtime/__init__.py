"""runtime: what the other rooms stand on — settings, the event store's wiring, connections, embedded servers, logs, file import.

May import domain, psycopg, the Temporal client and general libraries. Never api, workflows, projections or cli.
"""
