"""api: scorecards."""

MODULES = ("acts", "routes")
PATHS = ("scorecards", "scorecard-definitions")
