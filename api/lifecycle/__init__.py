"""api: the lifecycle of customers."""

MODULES = ("acts", "routes")
PATHS = ("lifecycle", "lifecycle-policies")
