"""api: what somebody is to do by a time."""

MODULES = ("acts",)
PATHS = ("action-items",)
