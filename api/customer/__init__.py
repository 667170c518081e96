"""api: customer."""
