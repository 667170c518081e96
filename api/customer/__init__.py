"""api: customers with their contacts, and products."""

MODULES = ("acts", "routes", "duplicates", "directory", "file", "merges", "group", "segments")
PATHS = ("customers", "products", "duplicate-policy")
