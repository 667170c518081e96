"""api: one's own day — what was promised and is overdue, what is due next, what else is asked of one, and how one's targets stand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import Depends, Response

from api.engine.roles import LEADERS, WRITERS
from api.pages.colleagues import reps_of
from api.pages.deal_filters import TEAM, approvals_of, whose
from api.pages.engine.page import HEADERS, Page, may_open, router
from api.pages.engine.shown import now_of, read_moment
from domain.engine.values import ActivityKind
from domain.time.calendar import BusinessCalendar
from runtime.language import Catalogue, catalogue

SHOWN, FEW, MANY = 40, 20, 100
AHEAD = timedelta(hours=12)
"""How far ahead a page that is open knows what will fall due."""
REVISITS_AHEAD = timedelta(days=14)
LATE = timedelta(minutes=15)
"""What fell due while the page was loading is still said."""
TOMORROW = "10:00"
Writers = Annotated[Page, Depends(may_open(*WRITERS))]

pages = router()


@pages.get("/today", summary="What I promised, what is due next, and how my targets stand")
async def today(page: Writers) -> Response:
    """A leader sees all promises that they may see, or those of the rep who is chosen."""
    rep, now = _whose(page), now_of(page)
    person = rep or _own(page)
    (
        overdue,
        next_,
        load,
        items,
        cycles,
        meetings,
        targets,
        reps,
        policy,
        asking,
        again,
    ) = await asyncio.gather(
        page.read("/agenda", rep_id=rep, overdue=True, limit=SHOWN),
        page.read("/agenda", rep_id=rep, due_from=now.astimezone(UTC).isoformat(), limit=SHOWN),
        page.read("/reps/loads"),
        _of_person(page, "/action-items", person, owner_id=person, outcome="open", limit=FEW),
        _of_person(page, "/cycles", person, waits_of=person, limit=FEW),
        _of_person(page, "/meetings", person, over=False, sort="waits_until", limit=MANY),
        _targets(page, person),
        _reps(page),
        page.find("/policies/default"),
        _asking(page, rep),
        page.read("/lifecycle/revisits", owner_id=rep, due_before=_soon(now), limit=FEW),
    )
    approvals = [one for one in approvals_of(asking, reps) if one["acts"]]
    tonight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return page.render(
        "today.html",
        overdue=overdue,
        next=next_,
        tonight=tonight,
        counts=_counts(load["reps"], rep) | {"today": _until(next_, tonight)},
        items=items,
        revisits=again["items"],
        asked_of_me=[*_waits(cycles, "cycles", person), *_waits(meetings, "meetings", person)],
        approvals=approvals,
        targets=targets,
        kinds=[str(kind) for kind in ActivityKind],
        when=_next_working_day(policy, now),
        reps=reps,
        rep=rep,
        whose=whose(page, rep) if all(one["scope"]["kind"] == "rep" for one in targets) else TEAM,
    )


def _soon(now: datetime) -> str:
    """Until when a revisit is on one's mind already."""
    return (now + REVISITS_AHEAD).astimezone(UTC).isoformat()


def _own(page: Page) -> str:
    """Who the person is among reps and managers; empty for who is nobody there."""
    person = page.session.user.person_id
    return str(person) if person else ""


def _whose(page: Page) -> str:
    """Whose promises: a rep's own; a leader chooses one, or sees all."""
    if page.role in LEADERS:
        return str(page.query["rep_id"])
    return _own(page)


async def _reps(page: Page) -> list[Any]:
    """Of whom a leader chooses one."""
    return await reps_of(page) if page.role in LEADERS else []


async def _asking(page: Page, rep: str) -> list[Any]:
    """Deals with overrides that wait for a leader's decision: of all that they see, or of the rep's."""
    if page.role not in LEADERS:
        return []
    found = await page.read("/deals", override="asked", owner_id=rep, limit=MANY)
    return list(found["items"])


async def _of_person(page: Page, path: str, person: str, **query: Any) -> Any:
    return await page.read(path, **query) if person else {"items": [], "next_cursor": None}


async def _targets(page: Page, person: str) -> list[Any]:
    """In force today: the person's, or where the person has none, those of what a leader sees."""
    found = await _of_person(page, "/attainment", person, owner_id=person, limit=FEW)
    if not found["items"] and page.role in LEADERS:
        found = await page.read("/attainment", limit=FEW)
    targets: list[Any] = found["items"]
    metrics = (await page.read("/figures/catalogue"))["metrics"] if targets else []
    known = {one["key"]: one for one in metrics}
    return [
        {
            **one,
            "called": known.get(one["metric"]),
            "share": _share(one["actual"], one),
            "due": _share(one["expected"], one),
        }
        for one in targets
    ]


def _share(number: str | None, target: Any) -> Decimal | None:
    """Of the target's number; None where there is nothing to divide."""
    whole = Decimal(target["number"])
    return Decimal(number) / whole if number is not None and whole else None


def _counts(loads: list[Any], rep: str) -> dict[str, int]:
    """Of live promises: of the rep, or of all that the person sees."""
    of = [one for one in loads if rep in ("", one["rep_id"])]
    return {
        "overdue": sum(one["overdue_promises"] for one in of),
        "live": sum(one["live_promises"] for one in of),
        "deals": sum(one["open_deals"] for one in of),
    }


def _until(found: Any, end: datetime) -> int:
    """How many of what is due next fall due before that."""
    return sum(1 for one in found["items"] if (due := read_moment(one["due_at"])) and due < end)


def _waits(found: Any, of: str, person: str) -> Iterator[dict[str, Any]]:
    """What cycles and meetings wait for from the person, the earliest first."""
    for one in found["items"]:
        for wait in one["waits"]:
            if wait["of"] == person:
                yield {
                    "in": of,
                    "id": one[f"{of.removesuffix('s')}_id"],
                    "scope": one["scope"],
                    "step": wait["step"],
                    **_asked(one, wait),
                }


def _asked(one: Any, wait: Any) -> dict[str, Any]:
    """What a decision is about, until when, and how the period or the meeting is called."""
    said = {each["subject_id"]: each["text"] for each in one.get("said", ()) if each["subject_id"]}
    said |= {each["decision_id"]: each["question"] for each in one.get("decisions", ())}
    return {
        "subject_id": wait["subject_id"],
        "question": said.get(wait["subject_id"], ""),
        "due_at": wait["due_at"],
        "period": one["period"]["name"] if "period" in one else "",
    }


def _next_working_day(policy: Any | None, now: datetime) -> str:
    """What the next step's time is filled in with: in the hours of the policy's newest version, on the person's clock (`now`)."""
    calendar = _calendar(policy) if policy else BusinessCalendar(str(now.tzinfo))
    zone = ZoneInfo(calendar.timezone)
    day = calendar.first_business_day(now.astimezone(zone).date() + timedelta(days=1))
    at = TOMORROW if calendar.opens <= TOMORROW < calendar.closes else calendar.opens
    return f"{datetime.combine(day, time.fromisoformat(at), zone).astimezone(now.tzinfo):%Y-%m-%dT%H:%M}"


def _calendar(policy: Any) -> BusinessCalendar:
    said = max(policy["policies"], key=lambda one: int(one["version"]))["calendar"]
    return BusinessCalendar(
        said["timezone"],
        tuple(said["workdays"]),
        said["opens"],
        said["closes"],
        tuple(map(date.fromisoformat, said["holidays"])),
        tuple(map(date.fromisoformat, said["extra_workdays"])),
    )


# --- what an open page gives notice of -------------------------------------------------------------------------------


@pages.get("/due", summary="What of one's own falls due soon, as JSON")
async def due(page: Annotated[Page, Depends(may_open(*WRITERS, by_itself=True))]) -> Response:
    """`due`: each with an id, a time, what to say, and where it is. An empty list for who owes nothing."""
    person, now = _own(page), datetime.now(UTC)
    ahead, from_ = (now + AHEAD).isoformat(), now - LATE
    promises, items = await asyncio.gather(
        _of_person(
            page, "/agenda", person, rep_id=person, due_from=from_.isoformat(), due_before=ahead, limit=MANY
        ),
        _of_person(
            page, "/action-items", person, owner_id=person, outcome="open", due_before=ahead, limit=MANY
        ),
    )
    words = catalogue(page.language)
    found = [
        *(
            _notice(
                words,
                one["promise_id"],
                one["due_at"],
                one["promised"],
                one["title"],
                f"/desk/deals/{one['deal_id']}",
            )
            for one in promises["items"]
        ),
        *(
            _notice(words, one["item_id"], one["due_at"], one["what"], "", f"/desk/today#i-{one['item_id']}")
            for one in items["items"]
            if _since(one, from_)
        ),
    ]
    return Response(orjson.dumps({"due": found}), headers=dict(HEADERS), media_type="application/json")


def _since(one: Any, from_: datetime) -> bool:
    due = read_moment(one["due_at"])
    return due is not None and due >= from_


def _notice(
    words: Catalogue, id: str, due_at: str, what: str | None, about: str, address: str
) -> dict[str, str]:
    return {
        "id": id,
        "due_at": due_at,
        "title": words.say("Due now: {what}", what=what or ""),
        "text": about,
        "address": address,
    }
