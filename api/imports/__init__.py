"""api: imports."""
