"""Domain room: what people are told of revisits. That one is promised for months ahead is no news; it stands on the agenda."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.engine.notices import NoticeRule, Person, Titled, after, told
from domain.revisit.revisit import (
    Revisit,
    RevisitEscalated,
    RevisitHandedOver,
    RevisitMissed,
    RevisitReminded,
)


def _live(revisit: Revisit, fact: Any) -> bool:
    return revisit.live(fact.arming) is not None


def _of_owner(revisit: Revisit, fact: Any) -> bool:
    return _live(revisit, fact) and revisit.owner_id == fact.told


def _soon(revisit: Revisit, fact: RevisitReminded) -> bool:
    held = revisit.live(fact.arming)
    return held is not None and revisit.owner_id == fact.told and not held.missed


def _owned(revisit: Revisit, fact: RevisitHandedOver) -> bool:
    return revisit.commitment is not None and revisit.owner_id == fact.after


def _owed(revisit: Revisit, _fact: Any) -> Mapping[str, Any]:
    held = revisit.commitment
    assert held is not None
    customer, owner = Titled("", revisit.customer_id), Person(revisit.owner_id)
    return {"customer": customer, "due_at": held.deadlines.due_at, "owner": owner}


NOTICES = (
    NoticeRule(
        name="revisit.given",
        called="revisits that are given to you",
        says="The revisit of {customer} was handed over to you, due {due_at}",
        about=Revisit,
        facts=(RevisitHandedOver,),
        to=after,
        still=_owned,
        places=_owed,
    ),
    NoticeRule(
        name="revisit.reminded",
        called="revisits that fall due soon",
        says="The revisit of {customer} falls due {due_at}",
        about=Revisit,
        facts=(RevisitReminded,),
        to=told,
        still=_soon,
        places=_owed,
    ),
    NoticeRule(
        name="revisit.missed",
        called="missed revisits",
        says="The revisit of {customer} was due {due_at} and is not done",
        about=Revisit,
        facts=(RevisitMissed,),
        to=told,
        still=_of_owner,
        places=_owed,
    ),
    NoticeRule(
        name="revisit.escalated",
        called="revisits that are long overdue",
        says="{owner} has not seen {customer} again, which was due {due_at}",
        about=Revisit,
        facts=(RevisitEscalated,),
        to=told,
        still=_live,
        places=_owed,
    ),
)
