"""api: what a gate asks for, and the forms that give it. Each leads back to the form that the gate refused, as it was filled in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from api.engine.acts import Act
from api.engine.signed_in import HOME
from api.pages.engine.page import Page
from api.pages.engine.table import acts
from domain.deal.gates import NEVER_OVERRIDDEN
from domain.deal.required_fields import PREFIX
from domain.policy.closed import LOST, WON

REQUIREMENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("pain-points", "budget", "decision-process", "decision-makers"), ("recordNeeds",)),
    "quote-or-demonstration": ("recordQuote", "logActivity"),
    "amount": ("changeAmount",),
    "close-date": ("winDeal",),
    "contract-reference": ("winDeal",),
    "loss-reason": ("loseDeal",),
}
"""The acts that give what a gate asks for."""
CUSTOM = "setDealFields"
"""And that which gives every custom field."""
GIVEN = {"logActivity": {"activity.kind": "demonstration"}}
"""What is filled in where one of them is opened for that."""
CLOSES = {"winDeal": WON, "loseDeal": LOST}
"""The stage that an act brings a deal to."""
RESERVED = {"next", "csrf", "key", "version", "after", "then", "missing"}
NOTHING = "-"
"""Of what was missing, where all of it is recorded by now."""
LONGEST = 300
"""Characters of a field that go along in an address."""


def acts_for(requirement: str) -> tuple[str, ...]:
    return (CUSTOM,) if requirement.startswith(PREFIX) else REQUIREMENTS.get(requirement, ())


def _then(act: Act, typed: dict[str, str], missing: list[str]) -> str:
    """The address of this form as it is filled in, for when a part of what is missing is recorded."""
    kept = {name: value for name, value in typed.items() if name not in RESERVED and len(value) <= LONGEST}
    given = {**kept, "next": typed.get("next", ""), "missing": ",".join(missing) or NOTHING}
    return f"{HOME}/act/{act.operation}?{urlencode({name: value for name, value in given.items() if value})}"


def ways_of(page: Page, act: Act, typed: dict[str, str], missing: list[str]) -> list[dict[str, Any]]:
    """What is missing, put together by the forms that meet it; each leads back to this form, without what it meets."""
    by_acts: dict[tuple[str, ...], list[str]] = {}
    own = {stated.name for stated in act.fields}
    for name in missing:
        by_acts.setdefault(acts_for(name), []).append(name)
    return [
        {
            "names": names,
            "here": act.operation in operations or {name.replace("-", "_") for name in names} <= own,
            "acts": [_way(page, act, typed, one, sorted(set(missing) - set(names))) for one in operations if page.may(one)],
        }
        for operations, names in by_acts.items()
    ]  # fmt: skip


def override_of(page: Page, act: Act, typed: dict[str, str], missing: list[str]) -> dict[str, str]:
    """What the form is filled in with that asks to pass the gate which refused this one; empty where none can be passed."""
    to = CLOSES.get(act.operation) or (typed.get("to", "") if act.operation == "moveStage" else "")
    if not to or not page.may("requestOverride") or set(missing).issubset(NEVER_OVERRIDDEN.get(to, ())):
        return {}
    given = {name: typed[name] for name in ("deal_id", "version", "next") if typed.get(name)}
    return {**given, "to": to}


def _way(page: Page, act: Act, typed: dict[str, str], operation: str, left: list[str]) -> dict[str, Any]:
    given = {"deal_id": typed.get("deal_id", ""), **GIVEN.get(operation, {})}
    return {
        "operation": operation,
        "title": acts()[operation].summary,
        "given": {**given, "then": _then(act, typed, left), "next": typed.get("next", "")},
    }
