"""api: webhooks — endpoints that events are sent to."""

MODULES = ("routes",)
PATHS = ("webhooks",)
