"""api: review meetings."""

MODULES = ("acts", "routes")
