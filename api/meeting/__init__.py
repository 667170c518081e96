"""api: review meetings."""

MODULES = ("acts", "routes")
PATHS = ("meetings", "meeting-schedules")
