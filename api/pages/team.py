"""api: a team — its pace against its targets, what its people have on their hands and owe, and what waits for somebody."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any

from fastapi import Depends, Response

from api.engine.roles import LEADERS, Role
from api.pages.deal_filters import approvals_of
from api.pages.engine.asking import Refusal
from api.pages.engine.page import Page, may_open, router
from api.pages.engine.shown import now_of
from api.pages.loop import People, people_of
from api.pages.records import name_rows

MOST = 100
"""Of each list, shown at once."""
MOST_SINCE = 12
"""Targets of which it is looked up since when they are behind."""
BACK = timedelta(days=60)
SERVER_ERROR = 500
OUTCOMES = timedelta(days=30)
WIDEST_FIRST = ("company", "team", "rep")

pages = router()


@pages.get("/team", summary="A team")
async def team(page: Annotated[Page, Depends(may_open(*LEADERS, Role.AUDITOR))]) -> Response:
    """A manager's own; others choose one."""
    people = await people_of(page)
    own = page.session.user.sees_team
    chosen = str(own) if own else _chosen(people, page.query["team_id"])
    if not chosen:
        return page.render("team.html", people=people, team=None)
    found = await _shown(page, people, chosen)
    return page.render("team.html", people=people, own=own, **found)


def _chosen(people: People, asked: str) -> str:
    """That team, or the first by name that has reps."""
    with_reps = {one["parent_id"] for one in people.reps if one["active"]}
    ids = [one["id"] for one in people.teams]
    return asked if asked in ids else next((id for id in ids if id in with_reps), "")


async def _shown(page: Page, people: People, team_id: str) -> dict[str, Any]:
    pace, review, now = await asyncio.gather(
        _pace(page, team_id), _last_review(page, team_id), _now(page, people, team_id)
    )
    since, changes = await asyncio.gather(
        _since(page, [one for one in pace if one["status"] == "behind"]), _changes(page, people, review)
    )
    return {
        "team": {"id": team_id, "name": people.who(team_id)},
        "pace": pace,
        "since": since,
        "review": review,
        "changes": changes,
        **now,
    }


async def _pace(page: Page, team_id: str) -> list[Any]:
    """Widest first, and of the same width who is furthest behind."""
    day = {"day": page.as_of} if page.as_of else {}
    found = (await page.read("/attainment", team_id=team_id, limit=MOST, **day, **page.then))["items"]
    return sorted(found, key=lambda one: (WIDEST_FIRST.index(one["scope"]["kind"]), -float(one["shortfall"])))


async def _since(page: Page, behind: Sequence[Any]) -> dict[str, date]:
    """Since which day each has been behind without a break."""
    asked = behind[:MOST_SINCE]
    courses = await page.read_all(
        *((f"/targets/{one['target_id']}/attainment", {**_days(one), **page.then}) for one in asked)
    )
    return {one["target_id"]: _began(course["days"]) for one, course in zip(asked, courses, strict=True)}


def _days(one: Any) -> dict[str, date]:
    day = date.fromisoformat(one["day"])
    return {"since": max(date.fromisoformat(one["period"]["start"]), day - BACK), "until": day}


def _began(days: Sequence[Any]) -> date:
    """Of the last stretch of days that were behind."""
    first = days[-1]
    for one in reversed(days):
        if one["status"] != "behind":
            break
        first = one
    return date.fromisoformat(first["day"])


async def _last_review(page: Page, team_id: str) -> Any | None:
    """The team's newest cycle whose review has opened by then."""
    asked = {"scope_kind": "team", "scope_id": team_id, "sort": "-starts", "limit": MOST}
    cycles = (await page.read("/cycles", **asked))["items"]
    return next((one for one in cycles if one["review"] and _was_there(page, one["review"])), None)


def _was_there(page: Page, review: Any) -> bool:
    return page.ends is None or datetime.fromisoformat(review["opened_at"]) < page.ends


async def _changes(page: Page, people: People, review: Any | None) -> list[Any]:
    """What the last review's pack said and is known otherwise by now."""
    if review is None:
        return []
    try:
        pack = await page.read(f"/cycles/{review['cycle_id']}/pack", **page.then)
    except Refusal as refused:
        if refused.status >= SERVER_ERROR:
            raise
        return []  # what a team is now is told without it
    await name_rows(page, people, pack)
    return people.beside(pack, changed=True)


async def _now(page: Page, people: People, team_id: str) -> dict[str, Any]:
    """What is only known as of now; nothing on an earlier day."""
    if page.as_of:
        return {}
    of = {"team_id": team_id}
    since = now_of(page).date() - OUTCOMES
    now = datetime.now(UTC)
    loads, outcomes, overdue, cycles, meetings, adjustments, items, cases, asked = await page.read_all(
        ("/reps/loads", of),
        ("/agenda/outcomes", {**of, "since": since, "until": now_of(page).date()}),
        ("/agenda", {**of, "overdue": "true", "limit": MOST}),
        ("/cycles", {**of, "limit": MOST}),
        ("/meetings", {**of, "over": "false", "sort": "waits_until", "limit": MOST}),
        ("/adjustments", {**of, "status": "measured", "limit": MOST}),
        ("/action-items", {**of, "outcome": "open", "due_before": now.isoformat(), "limit": MOST}),
        ("/cases", {**of, "limit": MOST}),
        ("/deals", {**of, "override": "asked", "limit": MOST}),
    )
    page.turned = "/reps/loads", of
    return {
        "reps": [one for one in loads["reps"] if one["active"] or one["open_deals"]],
        "outcomes": {one["owner_id"]: one for one in outcomes["reps"]},
        "overdue": _by_rep(overdue["items"]),
        "overdue_more": overdue["next_cursor"] is not None,
        "waits": _waits(cycles["items"], meetings["items"]),
        "adjustments": adjustments["items"],
        "items": items["items"],
        "approvals": approvals_of(asked["items"], people.reps),
        "cases": [one for one in cases["items"] if one["missed"] and one["status"] != "closed"],
    }


def _by_rep(promises: Sequence[Any]) -> list[dict[str, Any]]:
    """The most overdue first; of each the oldest first."""
    ordered = sorted(promises, key=lambda one: (str(one["promised_by"]), one["due_at"]))
    grouped = [
        {"rep": id, "promises": list(group)} for id, group in groupby(ordered, lambda one: one["promised_by"])
    ]
    return sorted(grouped, key=lambda one: -len(one["promises"]))


def _waits(cycles: Sequence[Any], meetings: Sequence[Any]) -> list[dict[str, Any]]:
    """What somebody owes a cycle or a meeting, by when."""
    owed = [
        {"wait": wait, "of": of, "place": place}
        for place, listed in (("cycles", cycles), ("meetings", meetings))
        for of in listed
        for wait in of["waits"]
    ]
    return sorted(owed, key=lambda one: str(one["wait"]["due_at"]))
