"""What opening a deal records, and what it asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.customer.product import ArchiveProduct, ListProduct
from domain.deal.facts import DealOpened, PromiseMade
from domain.engine.context import Reach
from domain.engine.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound, Refused
from domain.engine.values import Money
from domain.policy.follow_up import DEFAULT_POLICY
from domain.policy.policies import PublishPolicy
from domain.policy.process import DEFAULT_PROCESS, PublishProcess
from domain.time.commitment import Deadlines
from domain.time.duration import Duration
from tests.domain.given_when_then import NOW, given, like
from tests.domain.words import DAY, DEAL, LI, MINUTE, NORTH, OPENED, SOUTH, STAFF, leaves, opening, step, yuan


class TestADeal:
    def test_opens_in_the_first_stage_with_a_promise_by_rule(self) -> None:
        given(STAFF).when(opening(amount=yuan(500), expected_close=date(2026, 6, 1))).then(
            DealOpened(
                title="Forty boilers",
                customer_id=None,
                owner_id=LI,
                team_id=NORTH,
                process="default",
                process_version=1,
                stage="identify",
                policy="default",
                amount=yuan(500),
                expected_close=date(2026, 6, 1),
            ),
            like(
                PromiseMade, number=1, arming=1, owner_id=LI, by_rule=True, policy="default", policy_version=1
            ),
        )

    def test_is_due_by_the_rule_of_its_stage(self) -> None:
        made = given(STAFF).when(opening()).facts[1]
        assert isinstance(made, PromiseMade)
        five_business_days = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
        assert made.deadlines.due_at == five_business_days

    def test_has_all_four_deadlines_in_the_promise_itself(self) -> None:
        due = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
        """Wednesday 10:00 in Shanghai, where a business day has nine hours."""
        made = given(STAFF).when(opening(next_step=step(due))).facts[1]
        assert isinstance(made, PromiseMade)
        assert made.deadlines == Deadlines(
            remind_at=datetime(2026, 3, 3, 7, 0, tzinfo=UTC),
            due_at=due,
            escalate_at=datetime(2026, 3, 6, 8, 0, tzinfo=UTC),
            reassign_at=datetime(2026, 3, 16, 2, 0, tzinfo=UTC),
        )

    def test_promises_the_step_that_is_named(self) -> None:
        given(STAFF).when(opening(next_step=step(NOW + DAY, "send the plan"))).then(
            like(DealOpened), like(PromiseMade, what="send the plan", by_rule=False, number=1)
        )

    def test_answers_where_it_stands(self) -> None:
        answer = given(STAFF).when(opening()).answer
        assert answer["deal_id"] == str(DEAL)
        assert (answer["status"], answer["stage"], answer["owner_id"]) == ("open", "identify", str(LI))
        assert answer["promise_id"]
        assert answer["due_at"] == "2026-03-09T09:00:00+00:00"

    def test_pins_the_newest_process_and_follows_its_policy(self) -> None:
        renamed = replace(DEFAULT_PROCESS.stages[0], name="sighted")
        process = PublishProcess(
            process=replace(DEFAULT_PROCESS, stages=(renamed, *DEFAULT_PROCESS.stages[1:]))
        )
        policy = PublishPolicy(policy=replace(DEFAULT_POLICY, name="brisk", due_after=Duration(1, "hours")))
        given(STAFF, process, policy).when(opening(policy="brisk")).then(
            like(DealOpened, process_version=2, stage="sighted", policy="brisk"),
            like(PromiseMade, policy="brisk", policy_version=1),
        )


class TestIsRefused:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", ""),
            ("title", "  "),
            ("title", "x" * 301),
            ("title", "a\x00b"),
            ("title", "half a \ud83d"),
            ("amount", yuan("-1")),
            ("amount", yuan("NaN")),
            ("amount", yuan("sNaN")),
            ("amount", yuan("Infinity")),
            ("amount", yuan("1e15")),
            ("amount", yuan("1e999999")),
            ("amount", yuan("0.00001")),
            ("amount", yuan("100000000000000.00000000000000000001")),
            ("amount", Money(Decimal(1), "yuan")),
            ("amount", Money(Decimal(1), "cny")),
            ("amount", Money(Decimal(1), "CN1")),
            ("amount", Money(Decimal(1), "ÄÖÜ")),
            ("expected_close", date(9999, 12, 31)),
            ("expected_close", date(202, 6, 1)),
        ],
    )
    def test_with_a_field_that_is_wrong(self, field: str, value: object) -> None:
        given(STAFF).when(opening(**{field: value})).refused(Invalid, fields=[field])

    @pytest.mark.parametrize(
        "due_at",
        [
            NOW,
            NOW - MINUTE,
            NOW.replace(tzinfo=None) + DAY,
            NOW + 3661 * DAY,
            datetime.max.replace(tzinfo=UTC),
        ],
    )
    def test_with_a_next_step_that_is_not_ahead_within_ten_years(self, due_at: datetime) -> None:
        refusal = given(STAFF).when(opening(next_step=step(due_at))).refusal
        assert isinstance(refusal, Invalid)
        assert {e.field for e in refusal.errors} == {"next_step.due_at"}

    def test_with_every_wrong_field_named_at_once(self) -> None:
        wrong = opening(title="", amount=yuan(-1), next_step=step(NOW, ""))
        given(STAFF).when(wrong).refused(
            Invalid, fields=["title", "amount", "next_step.what", "next_step.due_at"]
        )

    @pytest.mark.parametrize(
        "changes",
        [
            {"owner_id": UUID(int=1)},
            {"owner_id": NORTH},
            {"customer_id": UUID(int=1)},
            {"customer_id": NORTH},
            {"product_id": UUID(int=1)},
            {"process": "other"},
            {"policy": "other"},
        ],
    )
    def test_with_a_reference_to_nothing(self, changes: dict[str, Any]) -> None:
        given(STAFF).when(opening(**changes)).refused(NotFound)

    def test_for_an_archived_product(self) -> None:
        product = UUID(int=0xC2)
        archived = (ListProduct(product_id=product, name="Boiler 40"), ArchiveProduct(product_id=product))
        given(STAFF, archived).when(opening(product_id=product)).refused(Refused)

    def test_for_a_rep_who_left(self) -> None:
        given(STAFF, leaves(LI)).when(opening()).refused(Refused)

    def test_under_an_id_that_is_taken(self) -> None:
        given(OPENED).when(opening()).refused(AlreadyExists)
        given(STAFF).when(opening(deal_id=NORTH)).refused(AlreadyExists)


class TestLateEntries:
    def test_say_when_it_happened(self) -> None:
        last_week = NOW - 7 * DAY
        scenario = given(STAFF).when(opening(), occurred_at=last_week)
        opened, promised = scenario.pending
        assert opened.occurred_at == last_week
        assert promised.occurred_at == NOW  # the promise is ours, and made now

    def test_may_tell_of_a_step_that_is_overdue_already(self) -> None:
        late = opening(next_step=step(NOW - DAY))
        given(STAFF).when(late, occurred_at=NOW - 2 * DAY).allowed()

    def test_are_not_about_the_future(self) -> None:
        given(STAFF).when(opening(), occurred_at=NOW + DAY).refused(Invalid, fields=["occurred_at"])

    def test_bear_with_a_clock_that_is_a_little_ahead(self) -> None:
        given(STAFF).when(opening(), occurred_at=NOW + timedelta(seconds=30)).allowed()


class TestReach:
    def test_a_rep_opens_deals_of_their_own(self) -> None:
        given(STAFF).when(opening(), reach=Reach(team_id=NORTH, rep_id=LI)).allowed()

    def test_and_not_for_others(self) -> None:
        elsewhere = Reach(team_id=SOUTH)
        given(STAFF).when(opening(), reach=elsewhere).refused(Forbidden)

    def test_nor_over_a_deal_that_is_there(self) -> None:
        given(OPENED).when(opening(), reach=Reach(team_id=SOUTH)).refused(NotFound)


class TestVersions:
    def test_a_deal_that_changed_since_it_was_seen_is_a_conflict(self) -> None:
        given(OPENED).when(opening(), expected_version=0).refused(Conflict)

    def test_a_new_deal_is_at_version_nought(self) -> None:
        given(STAFF).when(opening(), expected_version=0).allowed()
