"""Runtime room, file import: activities and notes of deals, a row each, under the file's own ids."""

from __future__ import annotations

from domain.deal.imported_activity import ImportActivity
from domain.engine.values import Activity, ActivityKind, Direction
from runtime.imports.kinds.deals import DEALS
from runtime.imports.kinds.kind import Kind, Planning
from runtime.imports.kinds.reps import REPS
from runtime.imports.lines import Row
from runtime.imports.mapping import Field, needed, told
from runtime.imports.plan import Planned, ids_of
from runtime.imports.plan_events import ACTIVITY
from runtime.imports.rows import Cells, Once, Reasons
from runtime.imports.suggest import did_you_mean

ACTIVITIES = "activities"
WORDS = {"kind": tuple(ActivityKind), "direction": tuple(Direction)}
USUAL = {"kind": ActivityKind.TASK, "direction": Direction.OUTBOUND}
"""Of a row that does not tell."""


class ActivityPlanner:
    def __init__(self, at_hand: Planning) -> None:
        self._at_hand, self._once = at_hand, Once("reference")

    def plan(self, row: Row, cells: Cells) -> Planned:
        at_hand = self._at_hand
        reasons = Reasons(at_hand.sheet, cells)
        self._once.check(row, reasons)
        names = tuple(at_hand.referring.names(cells))
        ids = ids_of(names, at_hand.references, reasons)
        at, minutes = at_hand.values.instant(reasons, "at"), at_hand.values.count(reasons, "minutes")
        kind, direction = (self._word(reasons, name) for name in WORDS)
        if reasons.found or at is None:
            return Planned((row,), reasons=tuple(reasons.found))
        key = cells["reference"]
        id = at_hand.id_of(ACTIVITIES, key)
        activity = Activity(
            kind=ActivityKind(kind),
            direction=Direction(direction),
            outcome=cells.get("outcome", ""),
            duration_minutes=minutes,
            rep_id=ids.get("rep"),
            summary=cells.get("text", ""),
            name=cells.get("subject", ""),
        )
        assumed = cells.assumed | {name for name in WORDS if name not in cells}
        command = ImportActivity(
            deal_id=ids["deal"], activity_id=id, at=at, activity=activity, assumed=assumed
        )
        return Planned((row,), (command,), name=((ACTIVITIES, key), id), refers=names)

    def _word(self, reasons: Reasons, field: str) -> str:
        word, known = reasons.cells.get(field, USUAL[field]), WORDS[field]
        if word not in known:
            statuses = ", ".join(known)
            why = f"is none of {statuses}: say under `values` which it means"
            reasons.wrong(field, why + did_you_mean(word, known))
        return word


KIND = Kind(
    name=ACTIVITIES,
    one=ACTIVITY,
    fields=(
        *needed("reference", "deal", "at"),
        Field("kind", of_all=True),
        *told("direction", "outcome", "minutes", "subject", "text", "rep", "rep_name"),
    ),
    planner=ActivityPlanner,
    refers={"deal": DEALS, "rep": REPS},
    as_it_is=True,
    in_order=True,
    paths={
        "activity.summary": "text",
        "activity.name": "subject",
        "activity.duration_minutes": "minutes",
    },
)
