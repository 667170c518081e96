"""api: customers with their contacts, and products."""

MODULES = ("acts", "routes", "directory", "merges")
PATHS = ("customers", "products")
