"""api: scorecards."""

MODULES = ("acts", "routes")
