"""Domain room: what revisits add to the figures."""

from __future__ import annotations

from decimal import Decimal

from domain.engine.recorded import Recorded
from domain.engine.values import PromiseOutcome
from domain.figures.meter import tallies as t
from domain.figures.meter.fold import Meter, Yields, reads
from domain.figures.metrics import Combines, Unit, make_metric
from domain.revisit.revisit import RevisitEnded

REVISITS_KEPT = "revisits-kept"
METRICS = (
    make_metric(REVISITS_KEPT, ("revisits kept", "回访履约率"),
                ("revisits made by their due time, of all that fell due then; excused ones do not count",
                 "按时完成的回访占该期间到期回访的比例；获免的不计"), Unit.RATIO, Combines.RATIO),
)  # fmt: skip


@reads(RevisitEnded)
def _ended(meter: Meter, recorded: Recorded, fact: RevisitEnded) -> Yields:
    if fact.outcome == PromiseOutcome.EXCUSED:
        return ()
    kept = Decimal(fact.outcome == PromiseOutcome.KEPT)
    part = t.Part(
        REVISITS_KEPT, meter.day(fact.due_at), kept, meter.standing_of(fact), recorded.originator_id
    )
    return ((part, 1),)
