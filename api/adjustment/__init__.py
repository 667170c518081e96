"""api: adjustment."""
