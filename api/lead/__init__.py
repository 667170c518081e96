"""api: somebody who might buy."""

MODULES = ("acts", "routes")
PATHS = ("leads",)
