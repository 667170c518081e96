"""api: teams and the reps in them, and the directory."""

MODULES = ("acts", "routes", "directory")
PATHS = ("teams", "reps")
