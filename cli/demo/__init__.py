"""cli: demo."""
