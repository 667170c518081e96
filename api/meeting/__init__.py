"""api: meeting."""
