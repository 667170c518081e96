"""cli: the terminal's front desk, the same requests as the API's, every heavy import made only by the command that needs it.

May import domain, runtime and the queries of projections. Never workflow definitions; the worker is started, not imported.
"""
