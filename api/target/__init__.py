"""api: target."""
