"""Domain room: what service cases add to the figures."""

from __future__ import annotations

from domain.case import facts as f
from domain.engine.recorded import Recorded
from domain.figures.meter.fold import Meter, Yields, reads
from domain.figures.metrics import Better, Combines, Unit, make_metric

FIRST_ANSWER, TIME_TO_SOLVE, SERVICE_KEPT, REOPENED = (
    "first-answer",
    "time-to-solve",
    "service-kept",
    "reopened",
)
METRICS = (
    make_metric(FIRST_ANSWER, ("time to first answer", "首次响应时间"),
                ("minutes of business time until a case's first answer, without those that the customer was waited for",
                 "服务单首次响应所用的工作时间（分钟），不含等待客户的时间"), Unit.MINUTES, Combines.MEAN, Better.LOWER),
    make_metric(TIME_TO_SOLVE, ("time to solve", "解决时间"),
                ("minutes of business time until a case's solution, without those that the customer was waited for",
                 "服务单解决所用的工作时间（分钟），不含等待客户的时间"), Unit.MINUTES, Combines.MEAN, Better.LOWER),
    make_metric(SERVICE_KEPT, ("service kept", "服务履约率"),
                ("first answers and solutions in time, of all that were given then",
                 "按时给出的首次响应与解决方案占全部的比例"), Unit.RATIO, Combines.RATIO),
    make_metric(REOPENED, ("cases reopened", "重开率"),
                ("solutions given then after which the case was reopened", "当期解决方案中其后被重开的比例"),
                Unit.RATIO, Combines.RATIO, Better.LOWER),
)  # fmt: skip


@reads(f.CaseAnswered)
def _answered(meter: Meter, recorded: Recorded, fact: f.CaseAnswered) -> Yields:
    who, on = meter.standing_of(fact), recorded.occurred_at
    return meter.counted(recorded, who, on, {FIRST_ANSWER: fact.minutes, SERVICE_KEPT: fact.kept})


@reads(f.CaseSolved)
def _solved(meter: Meter, recorded: Recorded, fact: f.CaseSolved) -> Yields:
    who = meter.state.standings[recorded.originator_id] = meter.standing_of(fact)
    counted = {TIME_TO_SOLVE: fact.minutes, SERVICE_KEPT: fact.kept, REOPENED: 0}
    return meter.counted(recorded, who, fact.at, counted)


@reads(f.CaseReopened, takes_back=True)
def _reopened(meter: Meter, recorded: Recorded, fact: f.CaseReopened) -> Yields:
    """On the day of the solution, and for whom that counted then."""
    who = meter.state.standings[recorded.originator_id]
    yield from meter.counted(recorded, who, fact.solved_at, {REOPENED: 0}, -1)
    yield from meter.counted(recorded, who, fact.solved_at, {REOPENED: 1})
