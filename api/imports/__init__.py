"""api: files in."""

MODULES = ("previews", "routes")
PATHS = ("imports",)
