"""api: offers to customers."""

MODULES = ("acts", "routes")
PATHS = ("offers",)
