"""cli: revisits. What can be done, and how they are shown, is in `api/revisit.py`."""

from __future__ import annotations

from cli.engine.derive import group

app = group(
    "revisit",
    "Revisits: list, show, set, record, move, hand over, excuse, break, policy.",
    acts="api.revisit",
)
