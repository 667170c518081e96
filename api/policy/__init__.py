"""api: policy."""
