"""cli: action items — what somebody is to do by a time, as it stands. What can be done is in `api/action_item/acts.py`."""

from __future__ import annotations

from api.engine.acts import WHICH
from cli.engine.derive import group
from cli.engine.shown import Shown, add_list, add_show

app = group(
    "action",
    "Action items: list, show, open, finish, move, hand over, excuse, break.",
    acts="api.action_item.acts",
)
MODEL = "projections.action_item:ActionItems"
add_list(
    app,
    Shown(
        path="/action-items",
        model=MODEL,
        view="cli.views.reviews:show_items",
        options="owner team cycle outcome=open|kept|late|broken|excused",
        help="What is due first comes first.",
        example="salesloop action list --owner 'Li Wei'",
        names=lambda item: (item.owner_id,),
        clock="machine",
    ),
)
add_show(
    app,
    Shown(
        path="/action-items",
        model=MODEL,
        view="cli.views.reviews:show_item",
        help="One action item, who was told of it, and how it ended.",
        example=f"salesloop action show {WHICH}",
        names=lambda item: (item.owner_id, item.manager_id),
        clock="machine",
    ),
    "item",
)
