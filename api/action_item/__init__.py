"""api: action item."""
