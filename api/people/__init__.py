"""api: people."""
