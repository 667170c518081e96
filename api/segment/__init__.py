"""api: segments of customers — their rules, who is in, and what a rule would change."""

MODULES = ("routes", "acts")
PATHS = ("segments",)
