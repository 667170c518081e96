"""api: cycle."""
