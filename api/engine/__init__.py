"""api: engine."""
