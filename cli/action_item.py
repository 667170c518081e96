"""cli: action items — what somebody is to do by a time. What can be done, and how they are shown, is in `api/action_item/acts.py`."""

from __future__ import annotations

from cli.engine.derive import group

app = group(
    "action",
    "Action items: list, show, open, finish, move, hand over, excuse, break.",
    acts="api.action_item.acts",
)
