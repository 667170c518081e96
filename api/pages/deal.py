"""api: one deal — its history, its promise, and all that may be done to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from api.pages import custom_fields
from api.pages.engine.asking import Json
from api.pages.engine.page import Page, may_open, router
from api.pages.engine.shown import read_moment
from api.pages.ways import acts_for
from domain.deal.promising import BY_RULE

EVENTS, CASES, NOTICES = 30, 20, 20
STEPS = (
    ("reminder", "remind_at", "reminded_at"),
    ("due", "due_at", "missed_at"),
    ("escalation", "escalate_at", "escalated_at"),
    ("reassignment", "reassign_at", ""),
)
"""What comes of a promise that is not kept: its name, when it is to come, and when it came."""

pages = router()
Opened = Annotated[Page, Depends(may_open())]


@pages.get("/deals/{deal_id}", summary="One deal")
async def deal(deal_id: UUID, page: Opened) -> Response:
    """In the past what cannot be told as of then is left out: needs, quotes, touches, gates, cases, who was told."""
    at = f"/deals/{deal_id}"
    found = await page.read(at, **page.then)
    turned = {"order": "newest", "lang": page.language, "limit": EVENTS, "cursor": page.query["cursor"]}
    history = await page.read(f"{at}/history", **turned, **page.then)
    now = {} if page.as_of else await _now(page, at, found)
    return page.render(
        "deal.html",
        deal=found,
        history=history,
        steps=promise_steps(found),
        by_rule=BY_RULE,
        way_to=way_to,
        fields=await custom_fields.shown(page, "deal", found["custom"]),
        **{"own": False, "details": None, "customer": None, "cases": [], "needs": {}, "notices": [], **now},
    )


def way_to(requirement: str) -> str:
    """The act that gives what a gate asks for; empty where none does."""
    return next(iter(acts_for(requirement)), "")


async def _now(page: Page, at: str, found: Json) -> Json:
    customer = found["customer_id"] and await page.find(f"/customers/{found['customer_id']}")
    cases, details, allowed, notices = await page.read_all(
        ("/cases", {"deal_id": found["deal_id"], "limit": CASES}),
        (f"{at}/details", {}),
        (f"{at}/acts", {}),
        (f"{at}/notices", {"limit": NOTICES}),
    )
    needs = filled_in(details["needs"])
    own = bool(allowed["acts"])
    return {
        "own": own,
        "details": details,
        "customer": customer,
        "cases": cases["items"],
        "needs": needs,
        "notices": notices["items"],
    }


def filled_in(needs: Json) -> Json:
    """The needs as they stand, for their form: it records the whole of them each time."""
    budget = needs["budget"] or {}
    return {
        **{name: needs[name] for name in ("pain_points", "decision_process")},
        "decision_makers": "\n".join(needs["decision_makers"]),
        **{f"budget.{name}": budget.get(name) for name in ("amount", "currency")},
    }


def promise_steps(found: Json) -> list[Json]:
    """The steps of the live promise: `came` is when each was taken, `next` the one that comes next; empty without a promise."""
    if not found["promise_id"]:
        return []
    steps = [{"name": "promised", "at": found["made_at"], "came": found["made_at"], "next": False}]
    for name, at, came in STEPS:
        steps.append({"name": name, "at": found[at], "came": found.get(came), "next": False})
    ahead = [step for step in steps if step["came"] is None and _is_ahead(step["at"])]
    if ahead:
        ahead[0]["next"] = True
    return [step for step in steps if step["at"]]


def _is_ahead(at: Any) -> bool:
    moment = read_moment(at)
    return moment is not None and moment > datetime.now(UTC)
