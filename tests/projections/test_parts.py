"""Parts that nobody names one by one: what they weigh comes from days or from earlier years, and their sum is the whole."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.engine.errors import Invalid, Refused
from domain.figures.scope import COMPANY, Scope, ScopeKind
from domain.figures.shares import Method
from domain.people.people import FormTeam, HireRep
from domain.target.commands import DecomposeTarget, ProposeTarget
from domain.target.target import Target, target_id
from domain.time.periods import named_period
from projections.target.parts import BY_DAYS, Into, division
from tests.projections.telling import Books
from tests.projections.test_review_pack import sold

QUARTER = named_period("2026-Q2")
HEAD, SOUTH, LEADER, REP = (uuid.uuid4() for _ in range(4))


async def aimed(books: Books, metric: str = "revenue-won", number: str = "1000000.01") -> Target:
    money = metric == "revenue-won"
    aim = ProposeTarget(
        metric=metric,
        number=Decimal(number),
        unit="money" if money else "ratio",
        currency="CNY" if money else "",
        period=QUARTER,
        scope=COMPANY,
        owner_id=HEAD,
        achievable="as last year",
        relevant="pays the rent",
    )
    receipt = await books.given(aim)
    id = uuid.UUID(receipt.answer["target_id"])
    held = (await books.office.ledger.load({id: Target}))[id]
    assert isinstance(held, Target)
    return held


def numbers(division: DecomposeTarget, answer: dict[str, list[dict[str, str]]]) -> list[Decimal]:
    shares = [Decimal(share["number"]) for share in answer["shares"]]
    assert len(shares) == len(division.children)
    return shares


async def test_months_weigh_what_the_same_days_of_earlier_years_brought(books: Books) -> None:
    target = await aimed(books)
    for year, month, amount in (
        (2024, 4, 100),
        (2025, 4, 200),
        (2025, 6, 100),
        (2022, 5, 9_000),
        (2026, 5, 9_000),
    ):
        await sold(books, datetime(year, month, 15, 4, tzinfo=UTC), amount)
    await books.follow()
    made = await division(books.pool, target, Into.MONTH, Method.SEASONAL)
    weights = {child.period.name: child.weight for child in made.children}
    assert weights == {"2026-04": Decimal(300), "2026-05": Decimal(0), "2026-06": Decimal(100)}
    assert made.basis == "the same days of 2023-04-01 to 2025-06-30"
    shares = numbers(made, (await books.given(made)).answer)
    assert shares == [Decimal("750000.01"), Decimal(0), Decimal("250000.00")]


async def test_what_has_no_history_is_not_divided_by_it(books: Books) -> None:
    target = await aimed(books)
    await books.follow()
    with pytest.raises(Refused, match="nothing came in the same days of 2023-04-01 to 2025-06-30"):
        await division(books.pool, target, Into.MONTH, Method.SEASONAL)
    rate = await aimed(books, "win-rate", "0.4")
    made = await division(books.pool, rate, Into.MONTH, Method.SEASONAL)
    assert numbers(made, (await books.given(made)).answer) == [Decimal("0.4")] * 3


async def test_weeks_may_weigh_their_days(books: Books) -> None:
    made = await division(books.pool, await aimed(books), Into.WEEK, Method.WEIGHTED)
    assert made.basis == BY_DAYS
    shares = dict(
        zip(
            (c.period.name for c in made.children),
            numbers(made, (await books.given(made)).answer),
            strict=True,
        )
    )
    assert sum(shares.values()) == Decimal("1000000.01")
    assert (shares["2026-W14b"], shares["2026-W15"]) == (Decimal("54945.05"), Decimal("76923.08"))


async def test_each_team_goes_to_its_manager_and_each_rep_to_themselves(books: Books) -> None:
    target = await aimed(books)
    await books.given(
        FormTeam(team_id=SOUTH, name="south", manager_id=LEADER),
        HireRep(rep_id=REP, name="Hu", team_id=SOUTH),
    )
    await books.follow()
    made = await division(books.pool, target, Into.TEAM, Method.EQUAL)
    owners = {child.scope.id: child.owner_id for child in made.children}
    assert owners[SOUTH] == LEADER
    whole = sum(numbers(made, (await books.given(made)).answer))
    assert whole == Decimal("1000000.01")
    id = target_id("revenue-won", Scope(kind=ScopeKind.TEAM, id=SOUTH), QUARTER)
    part = (await books.office.ledger.load({id: Target}))[id]
    assert isinstance(part, Target)
    own = await division(books.pool, part, Into.REP, Method.EQUAL)
    assert [(child.scope.id, child.owner_id) for child in own.children] == [(REP, REP)]
    with pytest.raises(Invalid, match="there is no team in"):
        await division(books.pool, part, Into.TEAM, Method.EQUAL)


@pytest.mark.parametrize(
    ("into", "method", "message"),
    [
        (Into.TEAM, Method.WEIGHTED, "name each with its share"),
        (Into.MONTH, Method.MANUAL, "name each with its share"),
    ],
)
async def test_what_only_people_know_is_named(books: Books, into: Into, method: Method, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        await division(books.pool, await aimed(books), into, method)
