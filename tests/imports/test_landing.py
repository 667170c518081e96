"""tests: what landing makes and what it does not — nothing for a row that is refused, and nothing anew for one that is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.deal.commands import ChangeAmount
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.engine.values import Money
from runtime.database import Pool
from runtime.imports.mapping_file import shipped_mapping
from runtime.ledger import Ledger
from tests.imports.conftest import HEADER, ONE_FILE, csv_file, mapping_from, rows_of, topics
from tests.imports.test_run import MAPPING, TEAMS, numbers, run, teams

OPENED = "deal.opened"
REFUSED = {
    "its amount": "Sum,All Owners,All Customers,All Products,New,2026-01-05,,-5,",
    "a day to come": "1,Li,Acme,Boiler,New,2099-01-05,,5,",
    "a gate": "1,Li,Acme,Boiler,Offer,2026-01-05,,5,",
    "a closing without an amount": "1,Li,Acme,Boiler,Won,2026-01-05,2026-02-01,,",
    "closed before it was opened": "1,Li,Acme,Boiler,Won,2026-01-05,2026-01-01,5,",
    "a name that is too long": f"1,Li,Acme,{'x' * 301},New,2026-01-05,,5,",
    "no owner": "1,,Acme,Boiler,New,2026-01-05,,5,",
    "no day": "1,Li,Acme,Boiler,New,,,5,",
}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
async def test_a_refused_row_has_made_nothing(pool: Pool, tmp_path: Path, row: str, dry_run: bool) -> None:
    result = await run(pool, csv_file(tmp_path, row), dry_run=dry_run)
    assert (result.refused, result.events) == (1, 0)
    assert await topics(pool) == {}


async def test_an_import_that_may_not_approve_makes_nothing(pool: Pool, tmp_path: Path) -> None:
    won = "1,Li,Acme,Boiler,Won,2026-01-05,2026-02-01,5,"
    await run(pool, csv_file(tmp_path, won), actor=Actor("service", "nightly"))
    assert await topics(pool) == {}


async def test_what_is_there_is_what_landed_rows_need(pool: Pool, tmp_path: Path) -> None:
    """Refused rows come first, in between and last, and share names with good ones."""
    rows = [
        f"{n},Rep {n % 3},Cust {n},Prod {n % 2},{'New' if n % 2 else 'Offer'},2026-01-05,,{n},"
        for n in range(60)
    ]
    dry = await run(pool, csv_file(tmp_path, *rows), dry_run=True)
    result = await run(pool, csv_file(tmp_path, *rows))
    assert (result.accepted, result.refused) == (30, 30)
    assert numbers(dry) == numbers(result)
    made = await topics(pool)
    assert [
        made[t] for t in (OPENED, "customer.registered", "product.listed", "rep.hired", "team.formed")
    ] == [
        30,
        30,
        1,
        3,
        1,
    ]


async def test_a_case_that_is_refused_hires_nobody(pool: Pool, tmp_path: Path) -> None:
    log = csv_file(
        tmp_path,
        "c1,call,Eve,2099-01-01T10:00:00Z",
        header="case_id,activity,resource,timestamp",
        name="log.csv",
    )
    result = await run(pool, log, shipped_mapping("event_log"))
    assert (result.refused, await topics(pool)) == (1, {})


async def test_a_team_is_formed_by_the_first_of_its_rows_that_lands(pool: Pool, tmp_path: Path) -> None:
    long = "x" * 301
    first = await run(pool, teams(tmp_path, f"{long},Sun,North"), mapping_from(TEAMS))
    assert [refusal.row for refusal in first.refusals] == [2]
    assert await topics(pool) == {"customer.registered": 1}
    rest = await run(pool, teams(tmp_path, f"{long},Sun,North", "Li,Sun,North"), mapping_from(TEAMS))
    assert (rest.accepted, rest.refused) == (1, 1)
    made = await topics(pool)
    assert (made["team.formed"], made["rep.hired"]) == (2, 2)


async def test_rows_that_contradict_each_other_about_their_team_are_told(pool: Pool, tmp_path: Path) -> None:
    result = await run(pool, teams(tmp_path, "Li,Sun,North", "Wang,Sun,South"), mapping_from(TEAMS))
    [notice] = result.notices
    assert (notice.column, notice.first_row, notice.rows) == ("region", 3, 1)


async def test_a_name_is_listed_once(pool: Pool, tmp_path: Path) -> None:
    result = await run(pool, teams(tmp_path, "Li,Sun,North", "Li,Sun,South"), mapping_from(TEAMS))
    assert [str(refusal) for refusal in result.refusals] == ["reps.csv row 3: rep 'Li': is in row 2 already"]


async def test_an_empty_cell_takes_nothing_from_a_customer(pool: Pool, tmp_path: Path) -> None:
    await run(pool, teams(tmp_path, "Li,Sun,North"), mapping_from(TEAMS))
    result = await run(pool, teams(tmp_path, "Li,Sun,North", sector=""), mapping_from(TEAMS))
    assert (result.accepted, result.events) == (0, 0)


async def test_a_cell_that_says_two_things_is_refused_once(pool: Pool, tmp_path: Path) -> None:
    """The closing day is read as a day and as the end of that day."""
    row = "1,Li,Acme,Boiler,Won,2026-01-05,2026-13-01,5,"
    result = await run(pool, csv_file(tmp_path, row), dry_run=True)
    assert [(r.column, r.value) for r in result.refusals[0].reasons] == [("closed", "2026-13-01")]


WON = "7,Li,Acme,Boiler,Won,2026-01-05,2026-02-01,300,"


async def test_an_engage_date_that_moved_is_refused_by_its_column(pool: Pool, tmp_path: Path) -> None:
    await run(pool, csv_file(tmp_path, WON))
    before = await topics(pool)
    result = await run(pool, csv_file(tmp_path, WON.replace("2026-01-05", "2026-01-07")))
    assert [(r.column, r.value) for r in result.refusals[0].reasons] == [("opened", "2026-01-07")]
    assert await topics(pool) == before


def with_a_price(folder: Path, *deals: str, price: str) -> Any:
    csv_file(folder, f"Boiler,{price}", header="product,price", name="products.csv")
    csv_file(folder, *deals, name="deals.csv")
    text = ONE_FILE.replace('file = ""', 'file = "deals.csv"').replace(
        'amount = "amount"',
        'amount = { column = "amount", missing = "product-price" }\nopening_amount = { missing = "product-price" }',
    )
    sheet = '[products]\nfile = "products.csv"\n[products.columns]\nkey = "product"\nprice = "price"\n'
    return mapping_from(text.replace('"products", ', "") + sheet)


async def test_a_won_deal_without_a_value_keeps_the_one_it_has(pool: Pool, tmp_path: Path) -> None:
    await run(pool, tmp_path, with_a_price(tmp_path, WON, price="999"))
    before = await topics(pool)
    result = await run(pool, tmp_path, with_a_price(tmp_path, WON.replace(",300,", ",,"), price="999"))
    assert (result.accepted, result.refused, result.events) == (0, 0, 0)
    assert await topics(pool) == before


async def test_a_list_price_that_changed_changes_no_deal(pool: Pool, tmp_path: Path) -> None:
    deal = "8,Li,Acme,Boiler,New,2026-01-05,,,"
    await run(pool, tmp_path, with_a_price(tmp_path, deal, WON, price="500"))
    result = await run(pool, tmp_path, with_a_price(tmp_path, deal, WON, price="777"))
    assert (result.accepted, result.unchanged, result.events) == (1, 2, 1)


CLOSINGS = """
name = "closings"
source = "test"
currency = "CNY"
timezone = "Asia/Shanghai"
[deals]
file = ""
[deals.columns]
reference = "id"
stage = { default = "Won" }
closed_on = "closed"
amount = "amount"
[deals.stages]
Won = "won"
[deals.override]
stages = ["won"]
reason = "from before"
"""


async def test_a_file_of_closings_tells_no_more_than_they_are(pool: Pool, tmp_path: Path) -> None:
    known = "7,Li,Acme,Boiler,Talks,2026-01-05,,200,"
    await run(pool, csv_file(tmp_path, known))
    closings = csv_file(
        tmp_path, "7,2026-03-01,250", "8,2026-03-01,250", header="id,closed,amount", name="won.csv"
    )
    result = await run(pool, closings, mapping_from(CLOSINGS))
    assert result.accepted == 1
    [refusal] = result.refusals
    assert {reason.column for reason in refusal.reasons} == {"owner", "opened_at"}
    [(reason,)] = await rows_of(
        pool, "SELECT meta->>'reason' FROM ledger.events WHERE topic = 'deal.override-decided'"
    )
    assert (
        reason
        == "won in test after it was imported; the mapping 'closings' approves what the file does not tell"
    )


async def test_what_has_no_place_in_a_deal_is_told_once(pool: Pool, tmp_path: Path) -> None:
    rows = [f"{n},Li,Acme,Boiler,New,2026-01-05,2026-02-01,5," for n in range(3)]
    result = await run(pool, csv_file(tmp_path, *rows))
    assert [str(notice) for notice in result.notices] == [
        "deals.csv 3 rows from row 2 on: closed is passed over: an open deal has none"
    ]


async def test_a_file_that_opens_closed_deals_again_is_asked_whether_it_is_older(
    pool: Pool, tmp_path: Path
) -> None:
    older = "7,Li,Acme,Boiler,Talks,2026-01-05,,300,"
    await run(pool, csv_file(tmp_path, older))
    await run(pool, csv_file(tmp_path, WON))
    dry = await run(pool, csv_file(tmp_path, older), dry_run=True)
    reopened, [file] = dry.notices[0], [n for n in dry.notices if not n.rows]
    assert "older than what is known" in reopened.message
    assert HEADER.split(",")[4] == reopened.column
    assert file.message == (
        "tells of nothing after 2026-01-05 00:00, and an earlier file told until 2026-02-01 23:59:"
        " is this the older one?"
    )


async def test_a_newer_file_and_one_that_changes_nothing_are_asked_nothing(
    pool: Pool, tmp_path: Path
) -> None:
    await run(pool, csv_file(tmp_path, WON))
    fresh = await run(pool, csv_file(tmp_path, "8,Li,Acme,Boiler,New,2026-01-02,,5,", name="more.csv"))
    later = await run(pool, csv_file(tmp_path, WON.replace("2026-02-01", "2026-02-03"), name="later.csv"))
    assert [fresh.notices, later.notices] == [[], []]
    assert (fresh.accepted, later.accepted) == (1, 1)


async def test_what_is_so_here_already_is_unchanged(pool: Pool, tmp_path: Path) -> None:
    """Somebody entered the amount here; then the file says it, too."""
    talks = "7,Li,Acme,Boiler,Talks,2026-01-05,,300,"
    await run(pool, csv_file(tmp_path, talks))
    [(deal_id,)] = await rows_of(pool, "SELECT stream_id FROM ledger.events WHERE topic = 'deal.opened'")
    ledger = Ledger(pool)
    context = Context(now=datetime.now(UTC), actor=Actor("user", "li"), channel=Channel.API)
    amount = Money(Decimal(400), "CNY")
    await CommandHandler(ledger).execute(ChangeAmount(deal_id=deal_id, amount=amount), context)
    await ledger.aclose()
    result = await run(pool, csv_file(tmp_path, talks.replace(",300,", ",400,")))
    assert (result.accepted, result.unchanged, result.refused) == (0, 1, 0)


async def test_a_list_of_leads_that_comes_again_opens_nothing_that_a_list_of_closings_closed(
    pool: Pool, tmp_path: Path
) -> None:
    """Each is compared with what its own kind of file said last."""
    closings = mapping_from(re.sub(r"(?m)^(owner|customer|product|opened_at) = .*\n", "", ONE_FILE))
    leads = csv_file(tmp_path, "1,Li,Acme,Boiler,New,2026-01-05,,100,")
    closed = csv_file(tmp_path, "1,Won,2026-02-01,120", header="id,stage,closed,amount", name="closed.csv")
    for mapping, data in ((MAPPING, leads), (closings, closed)):
        assert (await run(pool, data, mapping)).accepted == 1
    for mapping, data in ((MAPPING, leads), (closings, closed), (MAPPING, leads)):
        again = await run(pool, data, mapping)
        assert (again.accepted, again.unchanged, again.notices) == (0, 1, [])
    assert "deal.reopened" not in await topics(pool)


async def test_a_list_of_leads_alone_says_nothing_of_how_a_closed_deal_stands(
    pool: Pool, tmp_path: Path
) -> None:
    """Its mapping has no word for won: what it changes of the rest is recorded, and what it cannot know is told."""
    open_alone = re.sub(r"(?ms)^Won = .*?^\[deals.override\].*", "", ONE_FILE)
    leads = mapping_from(re.sub(r"(?m)^closed_on = .*\n", "", open_alone))
    await run(pool, csv_file(tmp_path, "1,Li,Acme,Boiler,New,2026-01-05,,100,"), leads)
    closed = csv_file(tmp_path, "1,Li,Acme,Boiler,Won,2026-01-05,2026-02-01,150,", name="closed.csv")
    assert (await run(pool, closed)).accepted == 1
    moved = csv_file(tmp_path, "1,Li,Bolt,Boiler,New,2026-01-05,,100,")
    again = await run(pool, moved, leads)
    assert (again.accepted, again.refused) == (1, 0)
    assert any(
        "the deal is won, and this mapping has no word for that" in str(note) for note in again.notices
    )
    assert "deal.reopened" not in await topics(pool)
    [(amount,)] = await rows_of(
        pool,
        "SELECT data->'amount'->>'amount' FROM ledger.events WHERE topic = 'deal.won' ORDER BY position DESC LIMIT 1",
    )
    assert Decimal(amount) == 150
    assert "deal.customer-corrected" in await topics(pool)
