"""api: files in."""

MODULES = ("routes",)
PATHS = ("imports",)
