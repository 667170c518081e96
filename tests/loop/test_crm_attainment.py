"""tests: with the real export imported and targets set per quarter, attainment per rep, manager and region is what its files say.

The direct computation reads the files alone; names lead from the one side to the other.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from domain.customer.merge import MergeCustomers
from domain.figures.queries import FigureAsked
from domain.figures.scope import COMPANY, Scope, rep, team
from domain.figures.shares import Method
from domain.target import commands as t
from domain.target.target import target_id
from domain.time.periods import Period, PeriodKind, Window, named_period
from projections.customer import group
from projections.deal import board
from projections.deal.board import BoardFilter
from projections.figures import figures
from projections.target import attainment
from projections.target.tree import TargetTree
from runtime.imports.mapping_file import shipped_mapping
from runtime.imports.run import run_import
from runtime.schema import migrate
from tests.imports.conftest import IMPORTER, shared
from tests.projections.telling import Books

QUARTERS = named_period("2017").parts(PeriodKind.QUARTER)
REVENUE, CURRENCY, OWNER = "revenue-won", "USD", UUID(int=0xB9)
PEOPLE = """
    SELECT r.id, r.name, t.id, t.note FROM read.directory r JOIN read.directory t ON t.id = r.parent_id
     WHERE r.kind = 'rep' AND t.name <> 'Managers' ORDER BY r.name"""
Won = dict[tuple[str, str], Decimal]
pytestmark = pytest.mark.oracle


def table(name: str) -> list[dict[str, str]]:
    with (shared("crm_pipeline") / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def quarter_of(day: str) -> str:
    on = date.fromisoformat(day)
    return f"{on.year}-Q{(on.month + 2) // 3}"


def won_by(whose: dict[str, str]) -> Won:
    """What was won in each quarter, by whom an agent's sales count for; from the files alone."""
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for deal in table("sales_pipeline.csv"):
        if deal["deal_stage"] == "Won":
            found[whose[deal["sales_agent"]], quarter_of(deal["close_date"])] += Decimal(deal["close_value"])
    return found


def number_for(agent: str, quarter: Period) -> Decimal:
    """Any number, and another one for each rep and quarter."""
    return Decimal(20_000 + 700 * sum(map(ord, agent)) % 40_000 + 1_000 * QUARTERS.index(quarter))


def proposal(quarter: Period, number: Decimal) -> t.ProposeTarget:
    return t.ProposeTarget(
        metric=REVENUE,
        number=number,
        unit="money",
        currency=CURRENCY,
        period=quarter,
        scope=COMPANY,
        owner_id=OWNER,
        achievable="last year's figures and the pipeline",
        relevant="pays for the new line",
    )


def division(quarter: Period, scope: Scope, parts: Iterable[tuple[Scope, Decimal]]) -> t.DecomposeTarget:
    children = tuple(t.Child(scope=part, period=quarter, number=number) for part, number in parts)
    return t.DecomposeTarget(
        target_id=target_id(REVENUE, scope, quarter), method=Method.MANUAL, children=children
    )


async def attained(books: Books, scopes: list[Scope], quarter: Period) -> dict[Scope, Decimal | None]:
    """As the read model judges the quarter's last day."""
    ids = [target_id(REVENUE, scope, quarter) for scope in scopes]
    targets = (await TargetTree.at(books.pool, ids)).values()
    judged = await attainment.attained(books.pool, [(target, quarter.end) for target in targets])
    assert len(judged) == len(scopes)
    return {one.scope: one.attained for one in judged}


async def test_attainment_per_rep_manager_and_region_is_what_the_files_say(books: Books) -> None:
    migrate(books.office.url)
    await run_import(books.pool, shipped_mapping("crm_export"), shared("crm_pipeline"), IMPORTER)
    await books.follow(20_000)
    people = await books.office.rows(PEOPLE)
    agents = {row["sales_agent"]: row for row in table("sales_teams.csv")}
    reps = {name: rep(id) for id, name, _, _ in people if name in agents}
    teams = {agents[name]["manager"]: team(team_id) for _, name, team_id, _ in people if name in agents}
    assert reps.keys() == agents.keys()
    assert {agents[name]["regional_office"] == region for _, name, _, region in people if name in agents} == {
        True
    }
    by_agent = won_by({name: name for name in agents})
    by_manager = won_by({name: row["manager"] for name, row in agents.items()})
    by_region = won_by({name: row["regional_office"] for name, row in agents.items()})
    for quarter in QUARTERS:
        numbers = {name: number_for(name, quarter) for name in agents}
        managed: defaultdict[str, Decimal] = defaultdict(Decimal)
        regional: defaultdict[str, Decimal] = defaultdict(Decimal)
        for name, number in numbers.items():
            managed[agents[name]["manager"]] += number
            regional[agents[name]["regional_office"]] += number
        await books.given(proposal(quarter, sum(numbers.values(), Decimal(0))))
        await books.given(division(quarter, COMPANY, [(teams[m], n) for m, n in managed.items()]))
        for manager, scope in teams.items():
            own = [(reps[a], n) for a, n in numbers.items() if agents[a]["manager"] == manager]
            await books.given(division(quarter, scope, own))
        found = await attained(books, [*reps.values(), *teams.values()], quarter)
        places = Decimal("0.000001")
        assert {name: found[scope] for name, scope in reps.items()} == {
            name: (by_agent[name, quarter.name] / numbers[name]).quantize(places) for name in agents
        }
        assert {manager: found[scope] for manager, scope in teams.items()} == {
            manager: (by_manager[manager, quarter.name] / managed[manager]).quantize(places)
            for manager in teams
        }
        for region, number in regional.items():
            of_region = [scope for m, scope in teams.items() if _region(agents, m) == region]
            window = Window(quarter.start, quarter.end)
            asked = [FigureAsked(REVENUE, scope, window, CURRENCY) for scope in of_region]
            actual = sum((f or Decimal(0) for f in await figures.figures(books.pool, asked)), Decimal(0))
            assert actual == by_region[region, quarter.name]
            assert actual / number == by_region[region, quarter.name] / number
    await revenue_by_customer_is_what_the_files_say(books)


def _region(agents: dict[str, dict[str, str]], manager: str) -> str:
    return next(row["regional_office"] for row in agents.values() if row["manager"] == manager)


async def revenue_by_customer_is_what_the_files_say(books: Books) -> None:
    """Before two accounts are merged, as known then, and after; and the same files again change nothing."""
    of_files: defaultdict[str, Decimal] = defaultdict(Decimal)
    for deal in table("sales_pipeline.csv"):
        if deal["deal_stage"] == "Won":
            of_files[deal["account"]] += Decimal(deal["close_value"])
    names: dict[UUID, str] = dict(await books.office.rows("SELECT id, name FROM read.customers"))

    async def told(known: int) -> dict[str, Decimal]:
        found = await group.revenue(books.pool, known=known)
        return {names[id]: won.amount for id, (won,) in found.items()}

    before = await books.follow()
    assert await told(before) == of_files
    (one, two), ids = sorted(of_files)[:2], {name: id for id, name in names.items()}
    await books.given(MergeCustomers(customer_id=ids[one], gone_id=ids[two]))
    after = await books.follow()
    together = {name: amount for name, amount in of_files.items() if name != two}
    assert await told(after) == together | {one: of_files[one] + of_files[two]}
    assert await told(before) == of_files
    deals = (await board.listing(books.pool, BoardFilter(customer_id=ids[one]), limit=500)).items
    assert len(deals) == sum(deal["account"] in (one, two) for deal in table("sales_pipeline.csv"))
    assert {deal.customer_name for deal in deals} == {one}
    again = await run_import(books.pool, shipped_mapping("crm_export"), shared("crm_pipeline"), IMPORTER)
    assert (again.refusals, await books.follow()) == ([], after)
