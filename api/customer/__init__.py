"""api: customers with their contacts, and products."""

MODULES = ("acts", "routes", "directory", "file", "merges")
PATHS = ("customers", "products")
