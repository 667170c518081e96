"""api: targets and their attainment."""

MODULES = ("acts", "routes", "attainment")
PATHS = ("targets", "attainment")
