"""api: files in."""

MODULES = ("routes",)
