"""api: follow-up policies and sales processes."""

MODULES = ("acts", "routes")
