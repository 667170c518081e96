"""api: scorecards — listed, and one: its measures as closed, recomputed from the ledger, the events behind each, scores, comments, appeals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID, uuid4

import orjson
from fastapi import Depends, Response

from api.engine.roles import WRITERS, Role
from api.pages.engine.asking import Refusal
from api.pages.engine.page import Lenient, Page, may_open, router
from api.pages.loop import People, asked_for, people_of, titles_of

PAGE_OF = 50
SCORE = "score."
"""Before a measure's key, in the form of scores."""

pages = router()
Anybody = Annotated[Page, Depends(may_open())]
Writers = Annotated[Page, Depends(may_open(*WRITERS))]


@pages.get("/scorecards", summary="Scorecards")
async def scorecards(page: Anybody) -> Response:
    found = await asked_for(page, "/scorecards", "status", "team_id", "period", "owner_id")
    return page.render("scorecards.html", people=await people_of(page), found=found)


@pages.get("/scorecards/{scorecard_id}", summary="A scorecard")
async def scorecard(scorecard_id: UUID, page: Anybody) -> Response:
    return await _shown(page, scorecard_id)


async def _shown(
    page: Page, id: UUID, problem: Mapping[str, Any] | None = None, status: int = 200
) -> Response:
    people, card = await people_of(page), await page.read(f"/scorecards/{id}")
    defined = await page.read(f"/scorecard-definitions/{card['definition']}")
    again = (
        await page.read(f"/scorecards/{id}/closings/{len(card['closings'])}") if card["closings"] else None
    )
    return page.render(
        "scorecard.html",
        status,
        people=people,
        card=card,
        definition=_version(defined["versions"], card["definition_version"]),
        closings=list(reversed(card["closings"])),
        again=again,
        closed=orjson.loads(again["result"]) if again else None,
        known={one["key"]: one for one in orjson.loads(again["now"])["measures"]} if again else {},
        scores_as=_scores_as(card, people),
        key=uuid4().hex,
        problem=Lenient(problem) if problem else None,
    )


def _version(versions: list[Any], number: int) -> Any:
    return next(one for one in versions if one["version"] == number)


def _scores_as(card: Mapping[str, Any], people: People) -> str:
    """As whom this reader may score it, by their own part in it: the manager's scores count, and no rep's is that. Empty for others."""
    user = people.page.session.user
    me = user.person_id
    if card["status"] != "open" or me is None or not people.page.may("scoreScorecard"):
        return ""
    parts = {} if user.role is Role.REP else {card["manager_id"]: "manager"}
    return ({card["owner_id"]: "owner"} | parts).get(str(me), "")


@pages.post("/scorecards/{scorecard_id}/scores", summary="Score what people score")
async def score(scorecard_id: UUID, page: Writers) -> Response:
    """A field a measure; what is left empty keeps what was said of it before."""
    typed = {name: str(value).strip() for name, value in (await page.request.form()).items()}
    scores = [
        {"measure": name.removeprefix(SCORE), "score": value}
        for name, value in typed.items()
        if name.startswith(SCORE) and value
    ]
    body = {"scores": scores, "role": typed.get("role", "")}
    try:
        answer = await page.write(f"/scorecards/{scorecard_id}/scores", body, key=typed.get("key", ""))
    except Refusal as refused:
        return await _shown(page, scorecard_id, refused.problem, refused.status)
    return page.go(f"/desk/scorecards/{scorecard_id}?after={answer.json()['position']}")


@pages.get("/scorecards/{scorecard_id}/events", summary="The events behind a measure")
async def events(scorecard_id: UUID, page: Anybody) -> Response:
    """As known when it was closed."""
    asked = page.query
    card = await page.read(f"/scorecards/{scorecard_id}")
    number = asked["closing"] or len(card["closings"])
    found = await page.read(
        f"/scorecards/{scorecard_id}/closings/{number}/events",
        measure=asked["measure"],
        limit=PAGE_OF,
        cursor=asked["cursor"],
    )
    deals = [one["stream_id"] for one in found["items"] if one["topic"].startswith(("deal.", "promise."))]
    return page.render(
        "scorecard_events.html",
        people=await people_of(page),
        card=card,
        found=found,
        number=number,
        titles=await titles_of(page, deals, PAGE_OF),
    )
