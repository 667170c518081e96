"""api: changes of strategy."""

MODULES = ("acts", "routes")
