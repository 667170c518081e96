"""cli: engine."""
