"""api: deal."""
