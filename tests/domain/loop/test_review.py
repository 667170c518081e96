"""The second half of the loop: review, feedback, appeal, and what feeds the next turn."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.cycle import commands as c
from domain.cycle import facts as f
from domain.cycle.cycle import cycle_id
from domain.cycle.policy import Cadence, Step
from domain.cycle.state import Phase
from domain.engine.context import Reach
from domain.engine.errors import AlreadyExists, Forbidden, Invalid, NotFound, Refused
from domain.engine.reasoning import Value, reason
from domain.target.facts import TargetProposed
from tests.domain.given_when_then import given, later, like
from tests.domain.loop.cycles import (
    ACKNOWLEDGE,
    ACKNOWLEDGED,
    AFTER_APPEALS,
    APPEAL,
    ASSESS,
    ASSESSED,
    COMMENT,
    CYCLE,
    DAY,
    DECISION,
    DIGEST,
    DISMISS,
    FED_BACK,
    FEEDBACK,
    HEAD,
    MAY,
    OPENED,
    POLICY,
    REVIEW,
    REVIEW_DAY,
    REVIEWED,
    RUNNING,
    SCOPE,
    SECOND,
    SELF,
    WHEN,
    at,
    cycle_of,
    timer,
    waits,
)
from tests.domain.loop.words import id_of, proposal
from tests.domain.words import LI, MANAGER, SOUTH, WANG, ZHAO

ASK = c.AskDecision(
    cycle_id=CYCLE,
    decision_id=DECISION,
    question="keep the price list?",
    of=WANG,
    due_at=REVIEW_DAY + 3 * DAY,
)
TAKE = c.TakeDecision(cycle_id=CYCLE, decision_id=DECISION, taken_by=WANG, choice="keep it until June")
STEP = reason("from-actual", Decimal(190_000), period="2026-04")
NEXT = timer(
    c.ProposeNext,
    position=120,
    targets=(c.Proposed(metric="revenue-won", number=Decimal(200_000), currency="CNY", reasons=(STEP,)),),
)
CLOSE = timer(c.CloseCycle)


class TestTheReview:
    def test_opens_when_the_period_is_over_with_a_frozen_pack(self) -> None:
        given(RUNNING).when(REVIEW, now=WHEN.ends_at - SECOND).refused(Refused)
        scenario = given(RUNNING).when(REVIEW, now=REVIEW_DAY)
        by = POLICY.next_within.after(REVIEW_DAY, POLICY.calendar)
        scenario.then(
            f.ReviewOpened(position=99, pack_digest=DIGEST, agenda=(), next_by=by),
            like(f.CycleAwaiting, arming=1),
        )
        assert waits(scenario) == {(Step.SELF_ASSESS, LI)}

    def test_opens_once_and_not_before_the_execution(self) -> None:
        given(REVIEWED).when(replace(REVIEW, position=200), now=REVIEW_DAY).silence()
        given(OPENED).when(REVIEW, now=REVIEW_DAY).silence()

    @pytest.mark.parametrize(
        ("field", "value"), [("position", 0), ("pack_digest", "AB" * 32), ("pack_digest", "ab")]
    )
    def test_names_its_pack_properly(self, field: str, value: object) -> None:
        given(RUNNING).when(replace(REVIEW, **{field: value}), now=REVIEW_DAY).refused(
            Invalid, fields=[field]
        )

    def test_goes_from_the_owners_assessment_to_the_managers(self) -> None:
        scenario = given(REVIEWED).when(SELF, now=REVIEW_DAY).topics("cycle.self-assessed", "cycle.awaiting")
        assert waits(scenario) == {(Step.ASSESS, MANAGER)}
        scenario.when(SELF, now=REVIEW_DAY).silence()
        scenario.when(ASSESS, now=REVIEW_DAY).topics("cycle.assessed", "cycle.awaiting")
        assert waits(scenario) == {(Step.GIVE_FEEDBACK, MANAGER)}

    def test_waits_for_the_owner_until_that_is_overdue(self) -> None:
        given(REVIEWED).when(ASSESS, now=REVIEW_DAY).refused(Refused)
        overdue = POLICY.due_after(Step.SELF_ASSESS, REVIEW_DAY) + SECOND
        given(REVIEWED).when(ASSESS, now=overdue).topics("cycle.assessed", "cycle.awaiting")

    def test_an_owner_who_says_nothing_does_not_hold_it_up(self) -> None:
        escalate = timer(c.EscalateCycle, step=Step.SELF_ASSESS)
        scenario = given(REVIEWED).when(escalate, now=REVIEW_DAY + 4 * DAY)
        scenario.topics("cycle.escalated", "cycle.awaiting")
        assert waits(scenario) == {(Step.SELF_ASSESS, LI), (Step.ASSESS, MANAGER)}
        scenario.when(SELF, now=REVIEW_DAY + 5 * DAY).topics("cycle.self-assessed")

    def test_everybody_speaks_for_themselves(self) -> None:
        given(REVIEWED).when(replace(SELF, assessed_by=MANAGER)).refused(Forbidden)
        given(REVIEWED).when(replace(ASSESS, assessed_by=LI)).refused(Forbidden)
        given(ASSESSED).when(replace(FEEDBACK, given_by=LI)).refused(Forbidden)
        given(FED_BACK).when(replace(ACKNOWLEDGE, acknowledged_by=MANAGER)).refused(Forbidden)
        given(FED_BACK).when(replace(APPEAL, appealed_by=MANAGER), now=REVIEW_DAY).refused(Forbidden)

    def test_is_where_assessments_belong(self) -> None:
        given(RUNNING).when(SELF).refused(Refused)
        given(ASSESSED).when(replace(SELF, text="another view")).refused(Refused)


class TestDecisions:
    def test_are_asked_of_somebody_by_a_time(self) -> None:
        scenario = given(REVIEWED).when(ASK, now=REVIEW_DAY).topics("cycle.decision-asked", "cycle.awaiting")
        assert (Step.DECIDE, WANG) in waits(scenario)
        scenario.when(ASK, now=REVIEW_DAY).silence()
        scenario.when(replace(ASK, question="which day?"), now=REVIEW_DAY).refused(AlreadyExists)
        scenario.when(TAKE).then(
            f.DecisionTaken(decision_id=DECISION, taken_by=WANG, choice="keep it until June")
        )
        assert (Step.DECIDE, WANG) not in waits(scenario)
        scenario.when(TAKE).silence()
        scenario.when(replace(TAKE, choice="raise it")).refused(Refused)

    def test_nobody_takes_are_escalated_to_the_manager(self) -> None:
        escalate = timer(c.EscalateCycle, step=Step.DECIDE, subject_id=DECISION)
        told = f.CycleEscalated(step=Step.DECIDE, arming=1, told=MANAGER, subject_id=DECISION)
        given(REVIEWED, at(ASK, REVIEW_DAY)).when(escalate).then(told)

    def test_are_for_whom_they_were_asked_of_wherever_they_are(self) -> None:
        scenario = given(REVIEWED, at(replace(ASK, of=ZHAO), REVIEW_DAY))
        scenario.when(TAKE).refused(Forbidden)
        far = Reach(team_id=SOUTH, rep_id=ZHAO)
        scenario.when(c.PauseCycle(cycle_id=CYCLE, why="mine"), reach=far).refused(NotFound)
        scenario.when(replace(TAKE, taken_by=WANG), reach=far).refused(NotFound)
        scenario.when(replace(TAKE, taken_by=ZHAO), reach=far).topics("cycle.decision-taken")

    def test_that_are_late_may_be_taken_by_who_was_told(self) -> None:
        boss = replace(TAKE, taken_by=MANAGER)
        scenario = given(REVIEWED, at(ASK, REVIEW_DAY)).when(boss).refused(Forbidden)
        scenario.given(timer(c.EscalateCycle, step=Step.DECIDE, subject_id=DECISION))
        scenario.when(boss).topics("cycle.decision-taken")

    def test_can_be_asked_of_another_until_the_same_time(self) -> None:
        hand_over = c.HandOverDecision(cycle_id=CYCLE, decision_id=DECISION, to=LI)
        scenario = given(REVIEWED, at(ASK, REVIEW_DAY)).when(hand_over)
        scenario.then(f.DecisionHandedOver(decision_id=DECISION, before=WANG, after=LI))
        wait = cycle_of(scenario).waits_for(Step.DECIDE, DECISION)
        assert wait is not None
        assert (wait.owner_id, wait.deadlines.due_at) == (LI, ASK.due_at)
        scenario.when(TAKE).refused(Forbidden)
        scenario.when(hand_over).silence()
        scenario.when(replace(TAKE, taken_by=LI)).allowed()
        scenario.when(replace(hand_over, to=ZHAO)).refused(Refused)

    def test_may_state_a_change_to_a_target_of_the_cycle(self) -> None:
        change = f.StatedChange(metric="revenue-won", number=Decimal("0.05"), as_share=True)
        scenario = given(REVIEWED, at(ASK, REVIEW_DAY)).when(replace(TAKE, change=change))
        scenario.then(like(f.DecisionTaken, change=change))

    @pytest.mark.parametrize(
        ("field", "wrong"),
        [
            ("metric", f.StatedChange(metric="win-rate", number=Decimal("0.05"))),
            ("number", f.StatedChange(metric="revenue-won", number=Decimal(-1), as_share=True)),
            ("number", f.StatedChange(metric="revenue-won", number=Decimal("NaN"))),
        ],
    )
    def test_state_no_other_change(self, field: str, wrong: f.StatedChange) -> None:
        scenario = given(REVIEWED, at(ASK, REVIEW_DAY)).when(replace(TAKE, change=wrong))
        scenario.refused(Invalid, fields=[f"change.{field}"])

    def test_that_come_after_the_next_proposal_are_kept_for_the_one_after(self) -> None:
        change = f.StatedChange(metric="revenue-won", number=Decimal(10_000))
        proposing = timer(c.ProposeNext, position=120, targets=())
        scenario = given(REVIEWED, at(ASK, REVIEW_DAY), proposing, replace(TAKE, change=change))
        assert cycle_of(scenario).too_late == (DECISION,)
        assert cycle_of(given(REVIEWED, at(ASK, REVIEW_DAY), TAKE, proposing)).too_late == ()

    def test_stay_with_who_was_asked_when_the_cycle_changes_hands(self) -> None:
        boss = c.HandOverCycle(cycle_id=CYCLE, manager_id=HEAD, why="the manager left")
        scenario = given(REVIEWED, at(ASK, REVIEW_DAY)).when(boss)
        assert (Step.DECIDE, WANG) in waits(scenario)

    def test_are_not_asked_for_in_the_past_or_taken_unasked(self) -> None:
        given(REVIEWED).when(ASK, now=ASK.due_at).refused(Invalid, fields=["due_at"])
        given(REVIEWED).when(TAKE).refused(NotFound)


class TestFeedback:
    def test_asks_for_acknowledgement_and_leaves_time_to_appeal(self) -> None:
        scenario = given(ASSESSED).when(FEEDBACK, now=REVIEW_DAY)
        scenario.then(like(f.FeedbackGiven, appeal_until=AFTER_APPEALS), like(f.CycleAwaiting))
        assert waits(scenario) == {(Step.ACKNOWLEDGE, LI)}
        scenario.when(FEEDBACK, now=REVIEW_DAY + DAY).silence()

    def test_follows_the_assessment(self) -> None:
        given(REVIEWED).when(FEEDBACK).refused(Refused)

    def test_is_acknowledged_once(self) -> None:
        scenario = given(FED_BACK).when(ACKNOWLEDGE).topics("cycle.acknowledged")
        assert cycle_of(scenario).phase == Phase.NEXT
        scenario.when(ACKNOWLEDGE).silence()

    def test_unacknowledged_does_not_hold_up_the_loop(self) -> None:
        escalate = timer(c.EscalateCycle, step=Step.ACKNOWLEDGE)
        scenario = given(FED_BACK).when(escalate).topics("cycle.escalated", "cycle.left-unacknowledged")
        assert cycle_of(scenario).phase == Phase.NEXT
        scenario.when(ACKNOWLEDGE).topics("cycle.acknowledged")

    def test_may_be_commented_on_once_under_an_id(self) -> None:
        comment = c.CommentOnCycle(cycle_id=CYCLE, comment_id=COMMENT, author_id=LI, text="thanks")
        given(FED_BACK).when(comment).topics("cycle.commented")
        given(FED_BACK, comment).when(comment).silence()
        given(OPENED).when(comment).refused(Refused)


class TestAnAppeal:
    def test_is_decided_by_the_manager(self) -> None:
        scenario = given(FED_BACK).when(APPEAL, now=REVIEW_DAY).topics("cycle.appealed", "cycle.awaiting")
        assert (Step.DECIDE_APPEAL, MANAGER) in waits(scenario)
        scenario.when(APPEAL, now=REVIEW_DAY).silence()
        scenario.when(DISMISS).then(
            f.AppealDecided(number=1, decided_by=MANAGER, upheld=False, why="signed on 2 May")
        )
        scenario.when(DISMISS).refused(Refused)

    def test_has_its_time(self) -> None:
        given(FED_BACK).when(APPEAL, now=AFTER_APPEALS).allowed()
        given(FED_BACK).when(APPEAL, now=AFTER_APPEALS + SECOND).refused(Refused)
        given(ASSESSED).when(APPEAL).refused(Refused)

    def test_is_told_to_be_possible_where_it_would_be_taken(self) -> None:
        cycle = cycle_of(given(FED_BACK).when(APPEAL, now=AFTER_APPEALS + SECOND))
        assert cycle.may_appeal(LI, AFTER_APPEALS)
        assert not cycle.may_appeal(LI, AFTER_APPEALS + SECOND)
        assert not cycle.may_appeal(MANAGER, REVIEW_DAY)
        assert not cycle.may_appeal(None, REVIEW_DAY)
        assert not cycle_of(given(ASSESSED).when(ASK)).may_appeal(LI, REVIEW_DAY)
        asked = given(FED_BACK).when(APPEAL, now=REVIEW_DAY)
        assert not cycle_of(asked).may_appeal(LI, REVIEW_DAY), "one waits already"


class TestTheNextTarget:
    def test_is_proposed_with_its_reasoning_where_there_is_none(self) -> None:
        scenario = given(ACKNOWLEDGED).when(NEXT, now=REVIEW_DAY)
        target = f.NextTarget(
            target_id=id_of(SCOPE, MAY),
            metric="revenue-won",
            number=Decimal(200_000),
            currency="CNY",
            reasons=(STEP,),
        )
        scenario.then(
            f.NextProposed(period=MAY, position=120, targets=(target,)),
            like(
                TargetProposed,
                number=Decimal(200_000),
                period=MAY,
                owner_id=LI,
                achievable="In 2026-04 it came to 190,000.00 CNY.",
                relevant="pays for the second plant",
            ),
        )
        assert scenario.answer["next_cycle_id"] == str(cycle_id(SCOPE, MAY))
        scenario.when(NEXT).silence()

    def test_speaks_the_companys_language(self) -> None:
        scenario = given(ACKNOWLEDGED).when(replace(NEXT, language="zh"), now=REVIEW_DAY)
        assert like(TargetProposed, achievable="2026-04 实际为 190,000.00 CNY。") == scenario.facts[1]

    def test_is_advice_where_there_is_one_already(self) -> None:
        planned = proposal(scope=SCOPE, period=MAY, owner_id=LI)
        given(ACKNOWLEDGED, planned).when(NEXT).topics("cycle.next-proposed")

    def test_does_not_wait_for_late_people(self) -> None:
        given(REVIEWED).when(NEXT).topics("cycle.next-proposed", "target.proposed")
        given(RUNNING).when(NEXT).refused(Refused)

    def test_is_one_that_can_be_measured(self, foretold: str) -> None:
        wrong = c.Proposed(metric=foretold, number=Decimal("0.5"))
        given(ACKNOWLEDGED).when(replace(NEXT, targets=(wrong,))).refused(Invalid, fields=["metric"])
        negative = replace(NEXT.targets[0], number=Decimal(-1))
        given(ACKNOWLEDGED).when(replace(NEXT, targets=(negative,))).refused(
            Invalid, fields=["targets[0].number"]
        )


class TestClosing:
    def test_is_done_when_nothing_is_owed_and_the_time_to_appeal_is_over(self) -> None:
        scenario = given(ACKNOWLEDGED, NEXT).when(CLOSE, now=AFTER_APPEALS)
        scenario.then(f.CycleClosed(next_id=cycle_id(SCOPE, MAY)))
        scenario.when(CLOSE, now=AFTER_APPEALS).silence()

    def test_waits_for_the_next_target_the_appeal_and_what_is_owed(self) -> None:
        given(ACKNOWLEDGED).when(CLOSE, now=AFTER_APPEALS).refused(Refused)
        given(ACKNOWLEDGED, NEXT).when(CLOSE, now=AFTER_APPEALS - SECOND).refused(Refused)
        given(REVIEWED, NEXT).when(CLOSE, now=AFTER_APPEALS).refused(Refused)
        asked = (*REVIEWED, at(ASK, REVIEW_DAY), *ACKNOWLEDGED[len(REVIEWED) :], NEXT)
        given(asked).when(CLOSE, now=AFTER_APPEALS).refused(Refused)
        given(asked, TAKE).when(CLOSE, now=AFTER_APPEALS).allowed()

    def test_leaves_nothing_to_cancel_or_hand_over(self) -> None:
        closed = given(ACKNOWLEDGED, NEXT, later(CLOSE, now=AFTER_APPEALS + timedelta(days=1)))
        closed.when(c.CancelCycle(cycle_id=CYCLE, why="late")).refused(Refused)
        closed.when(c.HandOverCycle(cycle_id=CYCLE, manager_id=HEAD, why="left")).refused(Refused)
        closed.when(c.PauseCycle(cycle_id=CYCLE, why="flood")).refused(Refused)
        closed.when(c.ResumeCycle(cycle_id=CYCLE)).refused(Refused)
        closed.when(c.ChangeCadence(cycle_id=CYCLE, cadence=Cadence.DAILY)).refused(Refused)


def test_an_argument_reads_in_any_language_and_hides_nothing() -> None:
    from domain.target.proposal_sentences import argued

    unknown = reason("invented", Decimal("1.50"), day="2026-04-01")
    assert argued((STEP, unknown), "revenue-won", "CNY", "en") == (
        "In 2026-04 it came to 190,000.00 CNY.",
        "invented day=2026-04-01 number=1.50 CNY",
    )
    assert argued((STEP, unknown), "of-another-release", "", "en")[1] == "invented day=2026-04-01 number=1.5"
    assert STEP.values == (Value("period", "2026-04"),)
