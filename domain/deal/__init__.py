"""Domain room: the deal — its facts, its aggregate, its gates and its commands."""

MODULES = (
    "decisions",
    "closing",
    "facts",
    "fields",
    "imported",
    "imported_activity",
    "promise_decisions",
    "undoing",
    "notices",
)
