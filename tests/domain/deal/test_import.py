"""An imported row opens a deal with its past, and a changed row changes what the file changed and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.deal import commands as c
from domain.deal import facts as f
from domain.deal.row import digest_of
from domain.engine.context import Actor, Channel
from domain.engine.errors import Forbidden, GateNotPassed, Invalid, NotFound, Refused
from domain.engine.values import Activity, ActivityKind, NextStep, PromiseOutcome, Quote
from domain.policy.follow_up import DEFAULT_POLICY
from domain.policy.policies import PublishPolicy
from domain.time.duration import Duration
from tests.domain.given_when_then import NOW, Scenario, given, later, like
from tests.domain.words import ALL_NEEDS, DAY, DEAL, LI, PRICE, STAFF, WANG, leaves, touch, yuan

IMPORTER = Actor("user", "ops")
WHY = "closed before salesloop was used"
OPENED_AT = datetime(2026, 1, 5, tzinfo=UTC)
CLOSED_ON = date(2026, 2, 2)
CLOSED_AT = datetime(2026, 2, 2, 23, 59, 59, tzinfo=UTC)
SECOND_LATER = timedelta(seconds=1)
FIRST, SECOND = UUID(int=0x11), UUID(int=0x12)


def row(**changes: Any) -> c.ImportDeal:
    usual: dict[str, Any] = {
        "deal_id": DEAL,
        "title": "Forty boilers",
        "owner_id": LI,
        "source": "crm",
        "reference": "OPP-1",
        "opened_at": OPENED_AT,
        "stage": "needs",
        "stage_at": OPENED_AT + DAY,
        "amount": PRICE,
    }
    return c.ImportDeal(**(usual | changes))


def won(**changes: Any) -> c.ImportDeal:
    closing = {"stage": "won", "stage_at": None, "closed_on": CLOSED_ON, "closed_at": CLOSED_AT}
    return row(**(closing | {"override_reason": WHY} | changes))


def lost(**changes: Any) -> c.ImportDeal:
    return won(**({"stage": "lost", "loss_reason": "price", "override_reason": ""} | changes))


def call(id: UUID, at: datetime, **changes: Any) -> c.PastActivity:
    return c.PastActivity(id, at, Activity(kind=ActivityKind.CALL, **changes))


def by_file(command: c.ImportDeal, **context: Any) -> dict[str, Any]:
    reason = command.override_reason or None
    return {"channel": Channel.IMPORT, "actor": IMPORTER, "reason": reason} | context


def imported(command: c.ImportDeal, *others: Any) -> Scenario:
    return given(STAFF, later(command, **by_file(command)), *others)


def when(scenario: Scenario, command: c.ImportDeal, **context: Any) -> Scenario:
    """The file comes a day later."""
    return scenario.when(command, **by_file(command, now=NOW + DAY, **context))


class TestANewRow:
    def test_that_is_open_opens_moves_and_is_promised(self) -> None:
        scenario = when(given(STAFF), row())
        scenario.topics("deal.opened", "deal.stage-moved", "promise.made", "deal.import-noted")
        opened, moved, promised, noted = scenario.pending
        assert (opened.occurred_at, moved.occurred_at) == (OPENED_AT, OPENED_AT + DAY)
        assert (promised.occurred_at, noted.occurred_at) == (NOW + DAY, NOW + DAY)
        assert opened.fact == like(f.DealOpened, source="crm", reference="OPP-1", amount=PRICE)
        assert moved.fact == f.StageMoved(before="identify", after="needs")

    def test_in_the_first_stage_moves_nowhere(self) -> None:
        when(given(STAFF), row(stage="identify")).topics("deal.opened", "promise.made", "deal.import-noted")

    def test_without_an_opening_time_is_opened_when_it_is_imported(self) -> None:
        scenario = when(given(STAFF), row(opened_at=None, stage_at=None))
        assert scenario.pending[0].occurred_at == NOW + DAY

    def test_tells_its_activities_at_their_own_times_around_its_stage(self) -> None:
        before, after = call(FIRST, OPENED_AT), call(SECOND, OPENED_AT + 3 * DAY)
        scenario = when(given(STAFF), row(activities=(after, before)))
        logged = "deal.activity-logged"
        scenario.topics(
            "deal.opened", logged, "deal.stage-moved", logged, "promise.made", "deal.import-noted"
        )
        assert [p.occurred_at for p in scenario.pending[:4]] == [OPENED_AT + n * DAY for n in (0, 0, 1, 3)]

    def test_promises_the_step_it_names(self) -> None:
        due = NOW + 9 * DAY
        scenario = when(given(STAFF), row(next_step=NextStep("send the offer", due)))
        assert scenario.deal.promise is not None
        assert (scenario.deal.promise.what, scenario.deal.promise.deadlines.due_at) == ("send the offer", due)

    def test_never_promises_for_a_time_that_is_past(self) -> None:
        scenario = when(given(STAFF), row(next_step=NextStep("send the offer", NOW - 9 * DAY)))
        assert scenario.deal.promise is not None
        by_rule = DEFAULT_POLICY.due_at(NOW + DAY, "needs")
        assert (scenario.deal.promise.what, scenario.deal.promise.deadlines.due_at) == (
            "send the offer",
            by_rule,
        )

    def test_that_is_won_was_won_then_and_has_no_promise(self) -> None:
        scenario = when(given(STAFF), won(opening_amount=yuan(40_000)))
        scenario.topics(
            "deal.opened",
            "deal.amount-changed",
            "deal.override-requested",
            "deal.override-decided",
            "deal.won",
            "deal.stage-moved",
            "deal.import-noted",
        ).holds(status="won", promise=None, amount=PRICE)
        times = {p.fact.TOPIC: p.occurred_at for p in scenario.pending}
        assert times["deal.won"] == times["deal.stage-moved"] == times["deal.amount-changed"] == CLOSED_AT
        assert times["deal.override-decided"] == NOW + DAY

    def test_that_is_lost_needs_no_approval(self) -> None:
        when(given(STAFF), lost()).topics(
            "deal.opened", "deal.lost", "deal.stage-moved", "deal.import-noted"
        ).holds(status="lost", promise=None)

    def test_may_belong_to_somebody_who_left_once_it_is_closed(self) -> None:
        when(given(STAFF, leaves(LI)), lost()).allowed()
        when(given(STAFF, leaves(LI)), row()).refused(Refused)

    def test_belongs_to_somebody_who_is_known(self) -> None:
        when(given(STAFF), row(owner_id=UUID(int=0xDEAD))).refused(NotFound)


class TestAGate:
    def test_holds_for_a_row_that_does_not_meet_it(self) -> None:
        needed = ("pain-points", "budget", "decision-process", "decision-makers")
        when(given(STAFF), row(stage="solution")).refused(GateNotPassed, missing=needed)

    def test_is_passed_by_a_row_that_brings_what_it_asks(self) -> None:
        when(given(STAFF), row(stage="solution", needs=ALL_NEEDS)).allowed()
        quote = Quote(reference="Q-7", amount=PRICE)
        when(given(STAFF), row(stage="negotiation", needs=ALL_NEEDS, quote=quote)).topics(
            "deal.opened",
            "deal.needs-recorded",
            "deal.quote-recorded",
            "deal.stage-moved",
            "promise.made",
            "deal.import-noted",
        )

    def test_is_passed_by_a_demonstration_before_it_not_after(self) -> None:
        shown = Activity(kind=ActivityKind.DEMONSTRATION)
        for days, passes in ((0, True), (2, False)):
            past = c.PastActivity(FIRST, OPENED_AT + days * DAY, shown)
            scenario = when(given(STAFF), row(stage="negotiation", needs=ALL_NEEDS, activities=(past,)))
            assert (scenario.refusal is None) == passes

    def test_is_overridden_only_with_a_reason_and_lists_what_was_missing(self) -> None:
        when(given(STAFF), won(override_reason="")).refused(
            GateNotPassed,
            missing=(
                "pain-points",
                "budget",
                "decision-process",
                "decision-makers",
                "quote-or-demonstration",
                "contract-reference",
            ),
        )
        scenario = when(given(STAFF), won(needs=ALL_NEEDS))
        asked = next(fact for fact in scenario.facts if isinstance(fact, f.OverrideRequested))
        decided = next(fact for fact in scenario.facts if isinstance(fact, f.OverrideDecided))
        moved = next(fact for fact in scenario.facts if isinstance(fact, f.StageMoved))
        assert asked.missing == moved.missing == ("quote-or-demonstration", "contract-reference")
        assert asked.override_id == decided.override_id == moved.override_id
        assert (asked.requested_by, decided.decided_by, decided.approved) == ("import:crm", "user:ops", True)
        assert {p.meta.reason for p in scenario.pending} == {WHY}

    def test_is_overridden_by_a_person_for_the_reason_on_record(self) -> None:
        when(given(STAFF), won(), actor=Actor("service", "nightly")).refused(Forbidden)
        when(given(STAFF), won(), reason="something else").refused(Invalid, fields=["override_reason"])

    def test_asks_for_no_approval_when_everything_is_there(self) -> None:
        quote = Quote(reference="Q-7", amount=PRICE)
        complete = won(needs=ALL_NEEDS, quote=quote, contract_reference="C-1")
        assert not any(isinstance(x, f.OverrideRequested) for x in when(given(STAFF), complete).facts)

    def test_of_winning_is_never_passed_without_an_amount(self) -> None:
        when(given(STAFF), won(amount=None)).refused(GateNotPassed, missing=("amount",))

    def test_of_losing_is_never_passed_without_a_reason(self) -> None:
        when(given(STAFF), lost(loss_reason="")).refused(GateNotPassed, missing=("loss-reason",))


class TestARowThatCannotBe:
    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({"title": " "}, ["title"]),
            ({"amount": yuan(-1)}, ["amount"]),
            ({"stage": "won", "closed_on": None}, ["closed_on"]),
            (
                {"opened_at": None, "stage": "lost", "closed_on": CLOSED_ON, "closed_at": CLOSED_AT},
                ["opened_at"],
            ),
            ({"opened_at": NOW + 9 * DAY, "stage_at": None}, ["opened_at"]),
            ({"stage_at": OPENED_AT - DAY}, ["stage_at"]),
            ({"stage": "nowhere"}, ["stage"]),
            ({"stage": "after-sales"}, ["stage"]),
            ({"activities": (call(FIRST, NOW + 9 * DAY),)}, ["activities[0].at"]),
        ],
    )
    def test_is_refused_with_its_fields(self, changes: dict[str, Any], fields: list[str]) -> None:
        when(given(STAFF), row(**changes)).refused(Invalid, fields=fields)

    def test_closes_no_later_than_today_wherever_that_is(self) -> None:
        tomorrow = (NOW + 3 * DAY).date()
        when(given(STAFF), lost(closed_on=tomorrow)).refused(Invalid, fields=["closed_on"])

    def test_closed_today_is_not_closed_in_the_future(self) -> None:
        today = NOW + DAY
        night = datetime.combine(today.date(), CLOSED_AT.timetz())
        scenario = when(given(STAFF), lost(closed_on=today.date(), closed_at=night))
        assert max(p.occurred_at for p in scenario.pending) == today

    def test_may_have_happened_at_one_instant_and_at_this_one(self) -> None:
        """Neither is in the future, nor before the other."""
        when(given(STAFF), row(opened_at=NOW + DAY, stage_at=NOW + DAY)).allowed()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"opened_at": NOW + DAY + SECOND_LATER, "stage_at": None}, "opened_at"),
            ({"stage_at": NOW + DAY + SECOND_LATER}, "stage_at"),
            ({"stage_at": OPENED_AT - SECOND_LATER}, "stage_at"),
        ],
    )
    def test_is_a_second_too_late_or_too_early(self, changes: dict[str, Any], field: str) -> None:
        when(given(STAFF), row(**changes)).refused(Invalid, fields=[field])


class TestTheSameRowAgain:
    @pytest.mark.parametrize("told", [row(), won(), lost(), row(activities=(call(FIRST, OPENED_AT),))])
    def test_is_silence(self, told: c.ImportDeal) -> None:
        when(imported(told), told).silence()

    def test_is_silence_whatever_happened_here_since(self) -> None:
        when(imported(row(), c.LoseDeal(deal_id=DEAL, loss_reason="price")), row()).silence()

    def test_is_the_same_however_its_amount_is_written(self) -> None:
        again = row(amount=replace(PRICE, amount=PRICE.amount.quantize(Decimal("0.0001"))))
        when(imported(row()), again).silence()


class TestAChangedRow:
    @pytest.mark.parametrize(
        ("changes", "topic"),
        [
            ({"title": "Fifty boilers"}, "deal.title-corrected"),
            ({"amount": yuan(50_000)}, "deal.amount-changed"),
            ({"expected_close": date(2026, 6, 1)}, "deal.expected-close-moved"),
            ({"customer_id": UUID(int=0xC1)}, "deal.customer-corrected"),
            ({"product_id": UUID(int=0xC2)}, "deal.product-corrected"),
            ({"needs": ALL_NEEDS}, "deal.needs-recorded"),
            ({"quote": Quote(reference="Q-1", amount=PRICE)}, "deal.quote-recorded"),
        ],
    )
    def test_records_just_what_changed(self, changes: dict[str, Any], topic: str) -> None:
        when(imported(row()), row(**changes)).topics(topic, "deal.import-noted")

    def test_takes_nothing_away_by_leaving_it_empty(self) -> None:
        full = row(customer_id=UUID(int=0xC1), expected_close=date(2026, 6, 1), needs=ALL_NEEDS)
        scenario = when(imported(full), row(amount=None))
        scenario.silence().holds(amount=PRICE, needs=ALL_NEEDS, customer_id=UUID(int=0xC1))

    def test_gives_the_deal_and_its_promise_to_another_owner(self) -> None:
        scenario = when(imported(row()), row(owner_id=WANG))
        scenario.topics("deal.owner-changed", "promise.handed-over", "deal.import-noted")
        assert scenario.facts[0] == like(f.OwnerChanged, before=LI, after=WANG, rule="import")

    def test_moves_the_stage_and_rearms_the_promise(self) -> None:
        when(imported(row(stage="identify")), row()).topics(
            "deal.stage-moved", "promise.rearmed", "deal.import-noted"
        )

    def test_moves_no_earlier_than_the_import_that_did_not_know_of_it(self) -> None:
        scenario = when(imported(row(stage="identify")), row(stage="contact"))
        assert scenario.pending[0].occurred_at == NOW

    def test_closes_the_deal_and_ends_its_promise(self) -> None:
        scenario = when(imported(row()), won(closed_on=(NOW + DAY).date(), closed_at=NOW + DAY))
        scenario.holds(status="won", promise=None)
        assert scenario.facts[-2] == like(f.PromiseEnded, outcome=PromiseOutcome.KEPT)
        when(imported(row()), lost()).holds(status="lost", promise=None)

    def test_opens_a_closed_deal_again_with_a_promise(self) -> None:
        scenario = when(imported(lost(loss_reason="silence")), row(stage="identify"))
        scenario.topics("deal.reopened", "promise.made", "deal.import-noted").holds(status="open")

    def test_turns_a_won_deal_into_a_lost_one(self) -> None:
        scenario = when(imported(won()), lost())
        scenario.holds(status="lost", promise=None)
        assert scenario.facts[0] == like(f.DealReopened, before="won")

    def test_sets_a_closing_right_without_closing_again(self) -> None:
        scenario = when(
            imported(won()), won(closed_on=date(2026, 2, 3), amount=yuan(9), contract_reference="C-9")
        )
        scenario.topics("deal.closing-corrected", "deal.import-noted")
        scenario.holds(status="won", amount=yuan(9), closed_on=date(2026, 2, 3), contract_reference="C-9")
        when(imported(lost()), lost(competitor="Rival")).topics("deal.closing-corrected", "deal.import-noted")

    def test_logs_new_work_which_keeps_the_promise(self) -> None:
        done = call(FIRST, NOW + timedelta(hours=5), outcome="reached")
        scenario = when(imported(row()), row(activities=(done,)))
        scenario.topics("deal.activity-logged", "promise.ended", "promise.made", "deal.import-noted")
        assert scenario.pending[0].occurred_at == NOW + timedelta(hours=5)

    def test_logs_work_from_before_the_promise_as_history_alone(self) -> None:
        when(imported(row()), row(activities=(call(FIRST, OPENED_AT),))).topics(
            "deal.activity-logged", "deal.import-noted"
        )

    def test_sets_an_activity_right_that_it_tells_otherwise(self) -> None:
        told, otherwise = call(FIRST, OPENED_AT), call(FIRST, OPENED_AT, outcome="reached")
        when(imported(row(activities=(told,))), row(activities=(otherwise,))).topics(
            "deal.activity-corrected", "deal.import-noted"
        )

    def test_moves_the_promise_to_the_step_it_names(self) -> None:
        scenario = when(imported(row()), row(next_step=NextStep("call back", NOW + 9 * DAY)))
        scenario.topics("promise.reworded", "promise.rearmed", "deal.import-noted")

    def test_passes_no_gate_either(self) -> None:
        when(imported(row()), row(stage="solution")).refused(
            GateNotPassed, missing=("pain-points", "budget", "decision-process", "decision-makers")
        )

    def test_uses_the_policy_the_deal_has(self) -> None:
        slow = replace(DEFAULT_POLICY, due_after=Duration(9, "days"), due_after_by_stage={})
        scenario = when(imported(row(stage="identify"), PublishPolicy(policy=slow)), row())
        assert scenario.deal.promise is not None
        assert scenario.deal.promise.deadlines.due_at == NOW + 10 * DAY


class TestAChangeOnBothSides:
    def test_is_refused_and_names_what_it_is(self) -> None:
        here = c.ChangeAmount(deal_id=DEAL, amount=yuan(1))
        scenario = when(imported(row(), here), row(amount=yuan(2)))
        scenario.refused(Refused)
        assert scenario.refusal is not None
        assert scenario.refusal.details["changed_here"] == ["amount"]

    def test_that_came_to_the_same_is_none(self) -> None:
        here = c.ChangeAmount(deal_id=DEAL, amount=yuan(2))
        when(imported(row(), here), row(amount=yuan(2))).topics("deal.import-noted")

    def test_leaves_alone_what_only_this_side_changed(self) -> None:
        here = c.ChangeAmount(deal_id=DEAL, amount=yuan(1))
        scenario = when(imported(row(), here), row(title="Fifty boilers"))
        scenario.topics("deal.title-corrected", "deal.import-noted").holds(amount=yuan(1))

    def test_wins_at_the_amount_set_here(self) -> None:
        here = c.ChangeAmount(deal_id=DEAL, amount=yuan(1))
        when(imported(row(), here), won()).holds(status="won", amount=yuan(1))

    def test_of_the_stage_is_refused(self) -> None:
        moved = c.MoveStage(deal_id=DEAL, to="contact")
        scenario = when(imported(row(stage="identify"), moved), row(stage="needs"))
        scenario.refused(Refused)
        assert "somebody moved it here" in str(scenario.refusal)

    @pytest.mark.parametrize("changes", [{"amount": yuan(2)}, {"owner_id": WANG}, {"stage": "identify"}])
    def test_does_not_touch_a_deal_that_was_closed_here(self, changes: dict[str, Any]) -> None:
        scenario = when(imported(row(), c.LoseDeal(deal_id=DEAL, loss_reason="price")), row(**changes))
        scenario.refused(Refused)
        assert "lost" in str(scenario.refusal)

    def test_still_corrects_the_name_of_a_deal_that_was_closed_here(self) -> None:
        when(
            imported(row(), c.LoseDeal(deal_id=DEAL, loss_reason="price")), row(title="Fifty boilers")
        ).topics("deal.title-corrected", "deal.import-noted")

    def test_of_work_keeps_both(self) -> None:
        scenario = when(imported(row(), touch()), row(activities=(call(FIRST, OPENED_AT),)))
        assert len(scenario.deal.activities) == 2


class TestTheDigestOfARow:
    """A ledger holds digests of rows that came years ago: the same row keeps its digest."""

    EAST = timezone(timedelta(hours=8))

    @pytest.mark.parametrize(
        ("told", "digest"),
        [
            (row(), "9801ca8ddd5bda6533be871c348854499069e8287801649dffcf1e1a1dd0b268"),
            (won(customer_id=WANG), "bc73a5f903685c733a25c5af3fba558ccaa600a45d8a39457e25403a319e2dcd"),
            (
                won(customer_id=WANG, opened_at=OPENED_AT.astimezone(EAST)),
                "db103dcb1047d9dac8b8c342f14ba086604a5a641abd9cfc5a948c77797e6346",
            ),
        ],
    )
    def test_stays_what_it_was(self, told: c.ImportDeal, digest: str) -> None:
        assert digest_of(told) == digest
