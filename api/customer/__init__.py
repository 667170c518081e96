"""api: customers with their contacts, and products."""

MODULES = ("acts", "routes", "directory")
PATHS = ("customers", "products")
