"""api: calendars — what a person owes and attends, for their calendar program to fetch."""

MODULES = ("routes",)
PATHS = ("calendars",)
