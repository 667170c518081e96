"""Domain room: what people are told of deals — promises that fall due or are late, who has a deal, approvals at its gates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.deal import facts as f
from domain.deal.deal import Deal
from domain.deal.promises import Promise
from domain.deal.promising import BY_RULE
from domain.engine.notices import Leaders, NoticeRule, Person, Titled, Who, Word, after, told, who_acted
from domain.people.handover import RULE, RULE_OF_MOVES

REASSIGNED = "escalation"


def _promise(deal: Deal, fact: Any) -> Promise | None:
    """The one that the fact is about, while it is live and its due time is the same."""
    held = deal.promise
    return held if held and (held.id, held.generation) == (fact.promise_id, fact.arming) else None


def _of_owner(deal: Deal, fact: Any) -> bool:
    held = _promise(deal, fact)
    return held is not None and held.owner_id == fact.told


def _soon(deal: Deal, fact: f.PromiseReminded) -> bool:
    held = _promise(deal, fact)
    return held is not None and held.owner_id == fact.told and not held.missed


def _overdue(deal: Deal, fact: f.PromiseEscalated) -> bool:
    return _promise(deal, fact) is not None


def _owned(deal: Deal, fact: Any) -> bool:
    return deal.is_open and deal.owner_id == (
        fact.after if isinstance(fact, f.OwnerChanged) else fact.owner_id
    )


def _named(deal: Deal) -> Titled:
    return Titled(deal.title, deal.customer_id)


def _owed(deal: Deal, _fact: Any) -> Mapping[str, Any]:
    held = deal.promise
    assert held is not None
    what = Word(held.what) if held.by_rule and held.what == BY_RULE else held.what
    owner = Person(held.owner_id)
    return {"deal": _named(deal), "what": what, "due_at": held.deadlines.due_at, "owner": owner}


def _changed_hands(deal: Deal, fact: Any) -> Mapping[str, Any]:
    return {"deal": _named(deal)} | {
        name: Person(getattr(fact, name)) for name in ("before", "after") if hasattr(fact, name)
    }


def _reassigned(fact: f.OwnerChanged, _deal: Any) -> Iterable[Who]:
    return (fact.after, fact.before) if fact.rule == REASSIGNED else ()


def _handed_over(fact: f.OwnerChanged, deal: Any) -> Iterable[Who | None]:
    return after(fact, deal) if fact.rule == RULE else ()


def _given(fact: f.OwnerChanged, deal: Any) -> Iterable[Who | None]:
    return () if fact.rule in (REASSIGNED, RULE, RULE_OF_MOVES) else after(fact, deal)


def _opened_for(fact: f.DealOpened, _deal: Any) -> Iterable[Who]:
    return (fact.owner_id,)


def _leaders(_fact: Any, deal: Deal) -> Iterable[Who]:
    return (Leaders(deal.team_id),)


def _undecided(deal: Deal, fact: f.OverrideRequested) -> bool:
    held = deal.overrides.get(fact.override_id)
    return held is not None and held.approved is None and not held.spent


def _asked(deal: Deal, fact: f.OverrideRequested) -> Mapping[str, Any]:
    return {"deal": _named(deal), "to": Word(fact.to), "missing": tuple(map(Word, fact.missing))}


def _asker(*, approved: bool) -> Any:
    def to(fact: f.OverrideDecided, deal: Deal) -> Iterable[Who | None]:
        held = deal.overrides.get(fact.override_id)
        return (who_acted(held.requested_by),) if held and fact.approved is approved else ()

    return to


def _decided(deal: Deal, fact: f.OverrideDecided) -> Mapping[str, Any]:
    return {"deal": _named(deal), "to": Word(deal.overrides[fact.override_id].to)}


NOTICES = (
    NoticeRule(
        name="promise.reminded",
        called="promises that fall due soon",
        says="“{what}” for {deal} falls due {due_at}",
        about=Deal,
        facts=(f.PromiseReminded,),
        to=told,
        still=_soon,
        places=_owed,
    ),
    NoticeRule(
        name="promise.missed",
        called="missed promises",
        says="“{what}” for {deal} was due {due_at} and is not done",
        about=Deal,
        facts=(f.PromiseMissed,),
        to=told,
        still=_of_owner,
        places=_owed,
    ),
    NoticeRule(
        name="promise.escalated",
        called="promises that are long overdue",
        says="{owner} has not done “{what}” for {deal}, which was due {due_at}",
        about=Deal,
        facts=(f.PromiseEscalated,),
        to=told,
        still=_overdue,
        places=_owed,
    ),
    NoticeRule(
        name="promise.reassigned",
        called="deals that change hands because a promise was not kept",
        says="{deal} went from {before} to {after}, as its promise was long overdue",
        about=Deal,
        facts=(f.OwnerChanged,),
        to=_reassigned,
        still=_owned,
        places=_changed_hands,
    ),
    NoticeRule(
        name="promise.handed-over",
        called="promises that are handed over to you",
        says="{deal} and its promise are yours now: {before} has left",
        about=Deal,
        facts=(f.OwnerChanged,),
        to=_handed_over,
        still=_owned,
        places=_changed_hands,
    ),
    NoticeRule(
        name="deal.given",
        called="deals that are given to you",
        says="{deal} is yours now; it was with {before}",
        about=Deal,
        facts=(f.OwnerChanged,),
        to=_given,
        still=_owned,
        places=_changed_hands,
    ),
    NoticeRule(
        name="deal.given",
        called="deals that are given to you",
        says="{deal} was opened for you",
        about=Deal,
        facts=(f.DealOpened,),
        to=_opened_for,
        still=_owned,
        places=_changed_hands,
    ),
    NoticeRule(
        name="override.asked",
        called="approvals that you are asked for",
        says="An approval is asked for: {deal} to {to} without {missing}",
        about=Deal,
        facts=(f.OverrideRequested,),
        to=_leaders,
        near=True,
        still=_undecided,
        places=_asked,
    ),
    NoticeRule(
        name="override.decided",
        called="what became of approvals that you asked for",
        says="Your approval was given: {deal} may go to {to}",
        about=Deal,
        facts=(f.OverrideDecided,),
        to=_asker(approved=True),
        near=True,
        places=_decided,
    ),
    NoticeRule(
        name="override.decided",
        called="what became of approvals that you asked for",
        says="Your approval was refused: {deal} may not go to {to}",
        about=Deal,
        facts=(f.OverrideDecided,),
        to=_asker(approved=False),
        near=True,
        places=_decided,
    ),
)
