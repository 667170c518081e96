"""api: files in."""

MODULES = ("routes", "previews")
PATHS = ("imports",)
