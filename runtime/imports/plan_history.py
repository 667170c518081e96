"""Runtime room, file import: the rows of a stage history to the deal whose past they tell. Pure; no file, no database.

They are read in the order of their time, where they tell one, else as they stand in the file. The first opens the deal, the last is
how it stands. A row that is wrong refuses all rows of its deal: without it they would tell another past.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.deal.commands import ImportDeal
from domain.deal.past_stage import PastStage
from domain.policy.closed import LOST, WON
from runtime.imports.cases import told_apart
from runtime.imports.histories import History, carried_on
from runtime.imports.kinds.kind import Planning
from runtime.imports.lines import Row
from runtime.imports.plan import Planned
from runtime.imports.plan_deals import DealPlanner
from runtime.imports.results import Reason
from runtime.imports.rows import Cells, Reasons

CLOSINGS = (WON, LOST)
LACKS_TIME = "is empty, and other rows of the deal tell theirs"
Wrong = list[tuple[Row, tuple[Reason, ...]]]


@dataclass(frozen=True, slots=True)
class Moment:
    """A row with its time, and the deal as it was then."""

    row: Row
    at: datetime | None
    cells: Cells
    deal: ImportDeal


class HistoryPlanner:
    """Plans a deal of all its rows; what one of them says is what it says alone."""

    def __init__(self, at_hand: Planning) -> None:
        self._mapping, self._sheet, self._values = at_hand.mapping, at_hand.sheet, at_hand.values
        self._deals, self._zone = DealPlanner(at_hand), ZoneInfo(at_hand.mapping.timezone)

    def plan(self, history: History) -> list[Planned]:
        """One deal, or a refusal for each row."""
        wrong: Wrong = list(history.unread)
        moments = [] if wrong else self._moments(history, wrong)
        if wrong:
            told = told_apart(history.key, history.rows, wrong, of_deal=True)
            return [Planned((row,), reasons=why) for row, why in zip(history.rows, told, strict=True)]
        return [self._planned(moments)]

    def _moments(self, history: History, wrong: Wrong) -> list[Moment]:
        """The rows in the order of their time."""
        timed = [(row, cells, self._time(row, cells, wrong)) for row, cells in history.told]
        if any(at is not None for _, _, at in timed):
            lacking = [(row, cells) for row, cells, at in timed if at is None and "stage_at" not in cells]
            wrong += [(row, (self._lacks_time(),)) for row, _ in lacking]
            timed.sort(key=lambda one: one[2].timestamp() if one[2] is not None else 0)
        before: Cells | None = None
        moments = []
        for row, own, at in timed:
            cells = carried_on(before, own)
            reasons = Reasons(self._sheet, cells)
            deal = self._deals.tell(reasons)
            if deal is None:
                wrong.append((row, tuple(reasons.found)))
                continue
            moments.append(Moment(row, at, cells, deal))
            before = cells
        return moments

    def _time(self, row: Row, cells: Cells, wrong: Wrong) -> datetime | None:
        reasons = Reasons(self._sheet, cells)
        at = self._values.instant(reasons, "stage_at")
        if reasons.found:
            wrong.append((row, tuple(reasons.found)))
        return at

    def _lacks_time(self) -> Reason:
        return Reason(self._sheet.header_of("stage_at"), "", LACKS_TIME)

    def _planned(self, moments: list[Moment]) -> Planned:
        last, first_at = moments[-1], moments[0].at
        runs = _runs(moments)
        stages = tuple([self._past(run) for run in runs])
        deal = replace(self._as_it_stands(last.deal, stages), stage_history=stages)
        if deal.opened_at is None and first_at is not None:
            deal = replace(deal, opened_at=first_at, assumed=deal.assumed | {"opened_at"})
        rows = tuple(sorted((moment.row for moment in moments), key=lambda row: row.line))
        refers = tuple(dict.fromkeys(self._deals.refers(last.cells)))
        notes = self._deals.passed_over(last.cells, deal.stage, timed=first_at is not None)
        parts = tuple([tuple([moment.row for moment in run]) for run in runs]) if len(rows) > 1 else ()
        return Planned(rows, (deal,), refers=refers, notes=notes, parts=parts)

    def _as_it_stands(self, deal: ImportDeal, stages: tuple[PastStage, ...]) -> ImportDeal:
        """Since when it is in its stage, or how it was closed; and whether an approval is asked for on the way."""
        past = stages[-1]
        approval = self._mapping.override.reason if any(one.approved for one in stages) else ""
        if deal.stage in CLOSINGS:
            return replace(deal, closed_on=past.closed_on, closed_at=past.at, override_reason=approval)
        begun = next(n for n in reversed(range(len(stages))) if n == 0 or stages[n - 1].stage != past.stage)
        return replace(deal, stage_at=stages[begun].at, override_reason=approval)

    def _past(self, run: list[Moment]) -> PastStage:
        """How it stood. A row that closes the deal and tells no day tells one by its time."""
        deal, at = run[-1].deal, run[0].at
        closed = deal.stage in CLOSINGS
        day = deal.closed_on
        if closed and day is None and at is not None:
            day = at.astimezone(self._zone).date()
        return PastStage(
            stage=deal.stage,
            at=at or deal.closed_at if closed else at,
            amount=deal.amount,
            expected_close=deal.expected_close,
            needs=deal.needs,
            quote=deal.quote,
            closed_on=day if closed else None,
            contract_reference=deal.contract_reference,
            loss_reason=deal.loss_reason,
            competitor=deal.competitor,
            approved=bool(deal.override_reason),
        )


def _runs(moments: list[Moment]) -> list[list[Moment]]:
    """Each row by itself; those that tell again of a closing are one with it."""
    runs: list[list[Moment]] = []
    for moment in moments:
        stage = moment.deal.stage
        if runs and stage in CLOSINGS and runs[-1][-1].deal.stage == stage:
            runs[-1].append(moment)
        else:
            runs.append([moment])
    return runs
