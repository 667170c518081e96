"""api: the HTTP front desk — one router per capability, authentication, the error table.

May import domain, runtime and the queries of projections. Never workflow definitions or the insides of the event store.
"""
