"""Domain room: what people are told of action items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.action_item.action_item import (
    ActionItem,
    ActionItemEscalated,
    ActionItemHandedOver,
    ActionItemMissed,
    ActionItemOpened,
    ActionItemReminded,
)
from domain.engine.notices import NoticeRule, Person, Who, after, told


def _live(item: ActionItem, fact: Any) -> bool:
    return item.live(fact.arming) is not None


def _of_owner(item: ActionItem, fact: Any) -> bool:
    return _live(item, fact) and item.owner_id == fact.told


def _soon(item: ActionItem, fact: ActionItemReminded) -> bool:
    held = item.live(fact.arming)
    return held is not None and item.owner_id == fact.told and not held.missed


def _owner(fact: ActionItemOpened, _item: Any) -> Iterable[Who]:
    return (fact.owner_id,)


def _owned(item: ActionItem, fact: Any) -> bool:
    to = fact.owner_id if isinstance(fact, ActionItemOpened) else fact.after
    return item.commitment is not None and item.owner_id == to


def _owed(item: ActionItem, _fact: Any) -> Mapping[str, Any]:
    held = item.commitment
    assert held is not None
    return {"what": held.what, "due_at": held.deadlines.due_at, "owner": Person(item.owner_id)}


NOTICES = (
    NoticeRule(
        name="action-item.given",
        called="action items that are given to you",
        says="The action item “{what}” is yours, due {due_at}",
        about=ActionItem,
        facts=(ActionItemOpened,),
        to=_owner,
        still=_owned,
        places=_owed,
    ),
    NoticeRule(
        name="action-item.given",
        called="action items that are given to you",
        says="The action item “{what}” was handed over to you, due {due_at}",
        about=ActionItem,
        facts=(ActionItemHandedOver,),
        to=after,
        still=_owned,
        places=_owed,
    ),
    NoticeRule(
        name="action-item.reminded",
        called="action items that fall due soon",
        says="The action item “{what}” falls due {due_at}",
        about=ActionItem,
        facts=(ActionItemReminded,),
        to=told,
        still=_soon,
        places=_owed,
    ),
    NoticeRule(
        name="action-item.missed",
        called="missed action items",
        says="The action item “{what}” was due {due_at} and is not done",
        about=ActionItem,
        facts=(ActionItemMissed,),
        to=told,
        still=_of_owner,
        places=_owed,
    ),
    NoticeRule(
        name="action-item.escalated",
        called="action items that are long overdue",
        says="{owner} has not done the action item “{what}”, which was due {due_at}",
        about=ActionItem,
        facts=(ActionItemEscalated,),
        to=told,
        still=_live,
        places=_owed,
    ),
)
