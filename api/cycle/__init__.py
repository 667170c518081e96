"""api: one turn of the loop for a scope and period."""

MODULES = ("acts", "routes", "policies")
PATHS = ("cycles", "cycle-policies")
