"""api: what a form is about, to be said above its fields — the record, and what of it is decided."""

from __future__ import annotations

from typing import Any, NamedTuple

from api.engine.acts import Act
from api.pages.engine.page import Page
from api.pages.offered import ASKED, by_id
from api.pages.records import Record, named

KINDS = {"item_id": "action-item", "schedule_id": "meeting-schedule"}
"""Of the ids in paths, where they are not called like their kind."""


class Subject(NamedTuple):
    """`gate` is the override that is decided: where to, and without what; `question` the decision that is taken."""

    record: Record
    gate: Any | None = None
    question: str = ""


async def subject_of(page: Page, act: Act, given: dict[str, str]) -> Subject | None:
    """None where the form makes something new, or is about what this person may not see."""
    if not act.ids or not (id := given.get(act.ids[0])):
        return None
    kind = KINDS.get(act.ids[0], act.ids[0].removesuffix("_id").replace("_", "-"))
    record = (await named(page, [(kind, id)])).get(id)
    if record is None:
        return None
    return Subject(record, await _gate(page, given), await _question(page, given))


async def _gate(page: Page, given: dict[str, str]) -> Any | None:
    if not given.get("override_id"):
        return None
    found = await by_id(page, "/deals/{}/details", given["deal_id"])
    asked = found["overrides"] if found else ()
    return next((one for one in asked if one["override_id"] == given["override_id"]), None)


async def _question(page: Page, given: dict[str, str]) -> str:
    if not (decision := given.get("decision_id")):
        return ""
    if cycle := await by_id(page, "/cycles/{}", given.get("cycle_id", "")):
        asked = {one["subject_id"]: one["text"] for one in cycle["said"] if one["kind"] == ASKED}
        return str(asked.get(decision, ""))
    meeting = await by_id(page, "/meetings/{}", given.get("meeting_id", ""))
    decisions = meeting["decisions"] if meeting else ()
    return next((str(one["question"]) for one in decisions if one["decision_id"] == decision), "")
