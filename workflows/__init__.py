"""workflows: one file per workflow, its message types and activities, and the follower that starts and signals them from the log.

May import domain and temporalio; activities and the follower also runtime. Never fastapi; definitions never touch psycopg.
"""
