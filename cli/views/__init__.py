"""cli: views."""
