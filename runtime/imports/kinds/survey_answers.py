"""Runtime room, file import: answers to surveys that another system has, a row each. They are history: nobody is asked to act on them."""

from __future__ import annotations

from domain.survey.commands import ImportSurveyAnswer
from runtime.imports.kinds.customers import CUSTOMERS
from runtime.imports.kinds.deals import DEALS
from runtime.imports.kinds.kind import Kind, Planning
from runtime.imports.kinds.reps import REPS
from runtime.imports.lines import Row
from runtime.imports.mapping import needed, told
from runtime.imports.plan import Planned, ids_of
from runtime.imports.rows import Cells, Once, Reasons

SURVEY_ANSWERS, SURVEY_ANSWER = "survey_answers", "survey answer"


class SurveyAnswerPlanner:
    def __init__(self, at_hand: Planning) -> None:
        self._at_hand, self._once = at_hand, Once("reference")

    def plan(self, row: Row, cells: Cells) -> Planned:
        at, reasons = self._at_hand, Reasons(self._at_hand.sheet, cells)
        self._once.check(row, reasons)
        names = tuple(at.referring.names(cells))
        ids = ids_of(names, at.references, reasons)
        answered_at = at.values.instant(reasons, "at")
        nps, csat = (at.values.count(reasons, name) for name in ("nps", "csat"))
        if reasons.found or answered_at is None:
            return Planned((row,), reasons=tuple(reasons.found))
        command = ImportSurveyAnswer(
            answer_id=at.id_of(SURVEY_ANSWERS, cells["reference"]),
            survey=cells["survey"],
            customer_id=ids["customer"],
            owner_id=ids["rep"],
            nps=nps,
            csat=csat,
            text=cells.get("text", ""),
            deal_id=ids.get("deal"),
            at=answered_at,
        )
        return Planned((row,), (command,), refers=names)


KIND = Kind(
    name=SURVEY_ANSWERS,
    one=SURVEY_ANSWER,
    fields=(
        *needed("reference", "survey", "customer", "rep", "at"),
        *told("nps", "csat", "text", "deal", "customer_name", "rep_name"),
    ),
    planner=SurveyAnswerPlanner,
    refers={"customer": CUSTOMERS, "rep": REPS, "deal": DEALS},
    as_it_is=True,
    paths={"customer_id": "customer", "owner_id": "rep", "deal_id": "deal"},
)
