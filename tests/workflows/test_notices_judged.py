"""What was decided is held against the ledger and the accounts again when it is sent: what is not to be told any more is dropped, with why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import pytest

from api.engine.accounts import Accounts
from api.engine.roles import Role
from domain.deal.commands import LoseDeal, ReassignPromise
from domain.engine.notices import always
from domain.notices import BY_TOPIC
from domain.people.people import FormTeam, HireRep, RepLeaves
from tests.workflows.telling import Telling, telling
from tests.workflows.world import World


@pytest.fixture
async def told(real: World) -> Telling:
    return await telling(real)


async def test_a_promise_that_is_kept(told: Telling) -> None:
    deal = await told.a_deal()
    await told.miss(deal)
    await told.by("rep", told.world.a_touch(deal))
    await told.sent()
    assert await told.rows("state", "reason") == [("rep", "dropped", "no-longer-true")]
    assert told.world.mailbox.tries == []


async def test_a_deal_that_is_closed(told: Telling) -> None:
    deal = await told.a_deal()
    await told.miss(deal)
    await told.by("rep", LoseDeal(deal_id=deal, loss_reason="price"))
    await told.sent()
    assert await told.rows("reason") == [("rep", "no-longer-true")]


async def test_a_person_who_left(told: Telling) -> None:
    await told.miss(await told.a_deal())
    await told.by("ops", RepLeaves(rep_id=told.world.office.rep_id))
    await told.sent()
    assert ("rep", "left") in await told.rows("reason")


async def test_an_account_that_was_disabled(told: Telling) -> None:
    await told.miss(await told.a_deal())
    await told.decide()
    await Accounts(told.world.office.ledger).disable(told.accounts["rep"], "ops")
    await told.sent()
    assert await told.rows("reason") == [("rep", "left")]


async def test_somebody_of_another_team_by_now(told: Telling) -> None:
    """The account is another person's: neither concerned nor allowed to see it."""
    other = uuid4()
    await told.by("ops", FormTeam(team_id=other, name="South", manager_id=uuid4()))
    deal = await told.a_deal()
    await told.miss(deal)
    await told.escalate(deal)
    await told.decide()
    await Accounts(told.world.office.ledger).set_role(
        told.accounts["manager"], Role.MANAGER, None, other, "ops"
    )
    await told.sent()
    assert ("manager", "not-concerned") in await told.rows("reason")


async def test_somebody_who_may_not_see_it_any_more(told: Telling) -> None:
    """It went from them to another one, and they to another team."""
    other, colleague, deal = uuid4(), await told.world.office.hire(), await told.a_deal()
    await told.by("ops", FormTeam(team_id=other, name="South"))
    made = await told.world.promise(deal)
    await told.by_a_timer(
        ReassignPromise(deal_id=deal, promise_id=made.promise_id, arming=made.arming, to=colleague)
    )
    await told.by("ops", HireRep(rep_id=told.world.office.rep_id, name="Zhang Min", team_id=other))
    await told.sent()
    assert await told.rows("kind", "reason") == [("rep", "promise.reassigned", "not-allowed")]


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param({"still": lambda _deal, _fact: 1 / 0 > 1}, id="whether it is true"),
        pytest.param({"still": always, "says": "{due_at!z}"}, id="what it says"),
    ],
)
async def test_what_no_rule_can_make_is_dropped_and_the_rest_sent(
    told: Telling, mistake: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a rule with a mistake in it."""
    await told.remind(broken := await told.a_deal())
    await told.miss(broken)
    (rule,) = BY_TOPIC["promise.reminded"]
    wrong = replace(rule, **mistake)
    monkeypatch.setitem(cast("dict[str, Any]", BY_TOPIC), "promise.reminded", (wrong,))
    await told.sent()
    assert await told.rows("kind", "reason") == [
        ("rep", "promise.reminded", "not-made"),
        ("rep", "promise.missed", None),
    ]


async def test_a_rule_that_breaks_on_whom_it_concerns_keeps_nobody_from_hearing_of_the_rest(
    told: Telling, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(fact: Any, about: Any) -> Any:
        raise LookupError(f"nobody of {fact}")

    await told.remind(deal := await told.a_deal())
    await told.miss(deal)
    (rule,) = BY_TOPIC["promise.reminded"]
    monkeypatch.setitem(cast("dict[str, Any]", BY_TOPIC), "promise.reminded", (replace(rule, to=broken),))
    await told.sent()
    assert await told.rows("kind", "reason") == [("rep", "promise.missed", None)]
    (said,) = [one.getMessage() for one in caplog.records if "promise.reminded" in one.getMessage()]
    assert "LookupError:broken:" in said
    assert str(deal) not in said


async def test_what_was_switched_off_since(told: Telling) -> None:
    await told.miss(await told.a_deal())
    await told.decide()
    await told.rule("rep", "*", "off")
    await told.sent()
    assert await told.rows("reason") == [("rep", "switched-off")]
