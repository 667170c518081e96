"""api: changes of strategy."""

MODULES = ("acts", "routes")
PATHS = ("adjustments",)
