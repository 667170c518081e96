"""Domain room: what answers and invitations add to the figures. A service case's own feedback counts as an answer does, and once."""

from __future__ import annotations

from domain.case.facts import CaseClosed
from domain.engine.recorded import Recorded
from domain.figures.meter.fold import Meter, Yields, reads
from domain.figures.metrics import CUSTOMER_SATISFACTION, Better, Combines, Unit, make_metric
from domain.survey import facts as f

NPS, RESPONSE, LOOP = "nps", "survey-response", "loop-time"
PROMOTERS, DETRACTORS, SATISFIED = 9, 6, 4
METRICS = (
    make_metric(NPS, ("net promoter score", "净推荐值"),
                ("answers of 9 and 10 of 10 less those of 0 to 6, of all answers to that question",
                 "评分为9至10的答卷占比减去评分为0至6的答卷占比"), Unit.RATIO, Combines.RATIO),
    make_metric(CUSTOMER_SATISFACTION, ("customer satisfaction", "客户满意度"),
                ("answers of 4 and 5 of 5, of all answers to that question, the feedback on service cases among them",
                 "评分为4至5的答卷占全部的比例，含服务单反馈"), Unit.RATIO, Combines.RATIO),
    make_metric(RESPONSE, ("response rate", "答卷回收率"),
                ("invitations that were answered, of all that were sent then",
                 "当期发出的邀请中已答复的比例"), Unit.RATIO, Combines.RATIO),
    make_metric(LOOP, ("time to close the loop", "闭环用时"),
                ("minutes of business time from an answer with a low score until its action item was done, on the day on which it was done",
                 "低分答卷到其改进措施完成的工作时间（分钟），计入完成当日"), Unit.MINUTES, Combines.MEAN, Better.LOWER),
)  # fmt: skip


@reads(f.SurveyAnswerGiven)
def _given(meter: Meter, recorded: Recorded, fact: f.SurveyAnswerGiven) -> Yields:
    who = meter.standing_of(fact)
    counted = {}
    if fact.nps is not None:
        counted[NPS] = (fact.nps >= PROMOTERS) - (fact.nps <= DETRACTORS)
    if fact.csat is not None and not fact.on_case:
        counted[CUSTOMER_SATISFACTION] = int(fact.csat >= SATISFIED)
    return meter.counted(recorded, who, fact.answered_at, counted)


@reads(CaseClosed)
def _closed(meter: Meter, recorded: Recorded, fact: CaseClosed) -> Yields:
    if fact.score is None:
        return ()
    counted = {CUSTOMER_SATISFACTION: int(fact.score >= SATISFIED)}
    return meter.counted(recorded, meter.standing_of(fact), recorded.occurred_at, counted)


@reads(f.InvitationSent)
def _sent(meter: Meter, recorded: Recorded, fact: f.InvitationSent) -> Yields:
    """Nobody has answered yet: it counts at once, so that the rate of a running month is no better than it is."""
    who = meter.state.standings[recorded.originator_id] = meter.standing_of(fact)
    return meter.counted(recorded, who, fact.at, {RESPONSE: 0})


@reads(f.InvitationAnswered, takes_back=True)
def _answered(meter: Meter, recorded: Recorded, fact: f.InvitationAnswered) -> Yields:
    """On the day on which it was sent, and for whom that counted then."""
    who = meter.state.standings[recorded.originator_id]
    yield from meter.counted(recorded, who, fact.sent_at, {RESPONSE: 0}, -1)
    yield from meter.counted(recorded, who, fact.sent_at, {RESPONSE: 1})


@reads(f.LoopClosed)
def _loop_closed(meter: Meter, recorded: Recorded, fact: f.LoopClosed) -> Yields:
    if fact.minutes is None:
        return ()
    return meter.counted(
        recorded, meter.standing_of(fact), fact.done_at or recorded.occurred_at, {LOOP: fact.minutes}
    )
