"""api: cycles — the turns of the loop by phase, and one: where it stands, what it waits for, its review, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Depends, Response

from api.pages.engine.page import Page, may_open, router
from api.pages.loop import STEPS, People, asked_for, people_of
from api.pages.records import name_rows
from domain.cycle.facts import NextTarget
from domain.cycle.state import Phase
from domain.engine.reasoning import Language
from domain.target.proposal_sentences import argued

PHASES = (Phase.TARGET, Phase.EXECUTE, Phase.REVIEW, Phase.FEEDBACK, Phase.NEXT, Phase.CLOSED)
OVER = (Phase.CLOSED, Phase.CANCELLED)
SAID = {
    "cycle.self-assessed": "their own assessment",
    "cycle.assessed": "the manager's assessment",
    "cycle.feedback-given": "feedback",
    "cycle.decision-asked": "asked for a decision",
    "cycle.decision-taken": "decided",
    "cycle.commented": "comment",
    "cycle.appealed": "appeals",
    "cycle.appeal-decided": "decides the appeal",
}
"""What was said, as it is called."""

pages = router()
Anybody = Annotated[Page, Depends(may_open())]


@pages.get("/cycles", summary="Cycles by phase")
async def cycles(page: Anybody) -> Response:
    """What is due first comes first."""
    mine = {"waits_of": page.session.user.person_id} if page.query["mine"] else {}
    found = await asked_for(page, "/cycles", "phase", "team_id", "period", **mine)
    shown = [phase for phase in (*PHASES, Phase.CANCELLED) if page.query["phase"] in ("", phase)]
    by_phase = {phase: [one for one in found["items"] if one["phase"] == phase] for phase in shown}
    return page.render(
        "cycles.html",
        people=await people_of(page),
        by_phase={phase: listed for phase, listed in by_phase.items() if listed},
        phases=[*PHASES, Phase.CANCELLED],
        next_cursor=found["next_cursor"],
        total=len(found["items"]),
        over=OVER,
    )


@pages.get("/cycles/{cycle_id}", summary="A cycle")
async def cycle(cycle_id: UUID, page: Anybody) -> Response:
    found = await page.read(f"/cycles/{cycle_id}")
    people = await people_of(page)
    pack = await page.find(f"/cycles/{cycle_id}/pack") if found["review"] else None
    if pack:
        await name_rows(page, people, pack)
    scope = {"scope_kind": found["scope"]["kind"], "scope_id": found["scope"]["id"]}
    targets, items, cards, allowed = await page.read_all(
        ("/attainment", {**scope, "period": found["period"]["name"], "limit": 100}),
        ("/action-items", {"cycle_id": cycle_id, "limit": 100}),
        ("/scorecards", {**scope, "period": found["period"]["name"], "limit": 10}),
        (f"/cycles/{cycle_id}/acts", {}),
    )
    return page.render(
        "cycle.html",
        people=people,
        cycle=found,
        pack=pack,
        beside=people.beside(pack, changed=page.query["pack"] != "all") if pack else [],
        targets=targets["items"],
        items=items["items"],
        cards=cards["items"],
        argued=_argued(page, found),
        questions=_questions(found),
        phases=PHASES,
        reached=_reached(found),
        said=SAID,
        steps=_steps(found, people),
        open=found["phase"] not in OVER,
        may_appeal="appealCycle" in allowed["acts"],
    )


def _reached(found: Mapping[str, Any]) -> int:
    phase = found["phase"]
    return PHASES.index(phase) if phase in PHASES else -1


def _questions(found: Mapping[str, Any]) -> dict[str, str]:
    """By the decision they are about."""
    return {one["subject_id"]: one["text"] for one in found["said"] if one["kind"] == "cycle.decision-asked"}


def _steps(found: Mapping[str, Any], people: People) -> list[dict[str, Any]]:
    """What it waits for, with the act that gives it where that is this reader's to give."""
    ids = {"cycle_id": found["cycle_id"]}
    return [
        {
            "wait": wait,
            "act": STEPS.get(wait["step"], "") if people.is_me(wait["of"]) else "",
            "given": _proposal(found)
            if wait["step"] == "propose"
            else {**ids, "decision_id": wait["subject_id"]},
        }
        for wait in found["waits"]
    ]


def _proposal(found: Mapping[str, Any]) -> dict[str, Any]:
    """What is known already of a target for its scope and period."""
    return {
        "scope.kind": found["scope"]["kind"],
        "scope.id": found["scope"]["id"],
        "scope.segment": found["scope"]["segment"],
        "period": found["period"]["name"],
        "owner_id": found["owner_id"],
    }


def _argued(page: Page, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each target that was proposed for the next period, and its argument as sentences."""
    proposed = found["next_proposed"]
    language: Language = "zh" if page.language == "zh" else "en"
    return [
        {
            "target": one,
            "sentences": argued(
                msgspec.convert(one, NextTarget, strict=False).reasons,
                one["metric"],
                one["currency"],
                language,
            ),
        }
        for one in (proposed["targets"] if proposed else ())
    ]
