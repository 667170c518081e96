"""api: follow-up policies and sales processes."""

MODULES = ("acts", "routes")
PATHS = ("policies", "processes")
