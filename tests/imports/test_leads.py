"""tests: leads in files — a list of them, a second file that tells what became of some, and the deals that they became."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runtime.database import Pool
from runtime.imports.mapping import Mapping
from runtime.imports.results import ImportResult
from tests.imports.conftest import csv_file, mapping_from, rows_of
from tests.imports.test_run import run

HEAD = 'name = "{name}"\nsource = "funnel"\ntimezone = "America/Sao_Paulo"\ncurrency = "BRL"\ncreate = ["reps"]\n'
CAPTURED = """
[leads]
file = "leads.csv"
[leads.columns]
reference = "mql_id"
captured_at = "first_contact_date"
origin = "origin"
source = "landing_page_id"
do_not_mail = { column = "do not email", optional = true, values = { Ja = "yes" } }
"""
CLOSED = """
[deals]
file = "deals.csv"
[deals.columns]
reference = "mql_id"
owner = "sr_id"
stage = { default = "Won" }
closed_on = "won_date"
opened_at = { column = "won_date" }
amount = "revenue"
[deals.stages]
Won = "won"
[deals.override]
stages = ["won"]
reason = "from before"
[leads]
file = "leads.csv"
[leads.columns]
reference = "mql_id"
status = { default = "converted" }
closed_at = "won_date"
owner = "sr_id"
qualified_by = "sdr_id"
deal = "mql_id"
"""
LEADS = (
    "m1,2018-02-01,paid search,p1",
    "m2,2018-03-10,organic,p1",
    "m3,2018-01-05,,p2",
    "m4,2018-01-06,organic,p2",
)
WON = ("m1,sdr7,sr1,2018-02-26 19:58:54,1200", "m2,sdr7,sr2,2018-03-01 10:00:00,80")
"""The second was won before its first contact."""


def mappings() -> tuple[Mapping, Mapping]:
    return mapping_from(HEAD.format(name="leads") + CAPTURED), mapping_from(HEAD.format(name="won") + CLOSED)


async def leads_then_won(pool: Pool, folder: Path) -> tuple[ImportResult, ImportResult]:
    one, two = folder / "one", folder / "two"
    one.mkdir(exist_ok=True)
    two.mkdir(exist_ok=True)
    csv_file(one, *LEADS, header="mql_id,first_contact_date,origin,landing_page_id", name="leads.csv")
    for name in ("leads.csv", "deals.csv"):
        csv_file(two, *WON, header="mql_id,sdr_id,sr_id,won_date,revenue", name=name)
    captured, closed = mappings()
    return await run(pool, one, captured), await run(pool, two, closed)


async def facts_of(pool: Pool, reference: str) -> list[Any]:
    return await rows_of(
        pool,
        "SELECT e.topic, e.data FROM ledger.events e JOIN ledger.events o ON o.stream_id = e.stream_id"
        " WHERE o.topic = 'lead.captured' AND o.data->>'reference' = %s ORDER BY e.version",
        reference,
    )


async def test_a_second_file_closes_what_the_first_one_opened(pool: Pool, tmp_path: Path) -> None:
    first, second = await leads_then_won(pool, tmp_path)
    assert (first.accepted, first.refused) == (4, 0)
    assert [(t.kind, t.accepted, t.refused) for t in second.tallies] == [("deals", 2, 0), ("leads", 1, 1)]
    refusal = second.refusals[0].reasons[0]
    assert (refusal.column, refusal.message) == (
        "won_date",
        "2018-03-01 10:00 is before captured_at, 2018-03-10 00:00",
    )
    told = await facts_of(pool, "m1")
    assert [topic for topic, _ in told] == [
        "lead.captured",
        "lead.import-noted",
        "lead.corrected",
        "lead.allocated",
        "lead.converted",
        "lead.import-noted",
    ]
    (deal,) = await rows_of(
        pool,
        "SELECT stream_id FROM ledger.events WHERE topic = 'deal.opened' AND data->>'reference' = 'm1'",
    )
    assert told[4][1]["deal_id"] == str(deal[0])
    assert told[2][1]["after"]["qualified_by"] not in (None, told[3][1]["after"])
    again = await leads_then_won(pool, tmp_path)
    assert [(r.events, r.unchanged) for r in again] == [(0, 4), (0, 3)]


async def test_a_newer_list_changes_what_it_changed(pool: Pool, tmp_path: Path) -> None:
    captured, _ = mappings()
    header = "mql_id,first_contact_date,origin,landing_page_id,do not email"
    await run(
        pool, csv_file(tmp_path, *(f"{row}," for row in LEADS), header=header, name="leads.csv"), captured
    )
    newer = (f"{LEADS[0]},Ja", f"{LEADS[1]},maybe", "m3,,social,,", f"{LEADS[3].replace('01-06', '01-07')},")
    result = await run(pool, csv_file(tmp_path, *newer, header=header, name="leads.csv"), captured)
    assert [(r.row, r.reasons[0].column) for r in result.refusals] == [
        (3, "do not email"),
        (5, "first_contact_date"),
    ]
    changed = [topic for topic, _ in await facts_of(pool, "m1")][2:]
    assert changed == ["lead.corrected", "lead.import-noted"]
    after = (await facts_of(pool, "m3"))[2][1]
    assert (after["before"]["origin"], after["after"]["origin"], after["after"]["source"]) == (
        "",
        "social",
        "p2",
    )


async def test_a_dry_run_refuses_what_the_run_refuses(pool: Pool, tmp_path: Path) -> None:
    captured, _ = mappings()
    file = csv_file(
        tmp_path,
        *LEADS,
        LEADS[0],
        "m9,2999-01-01,x,y",
        header="mql_id,first_contact_date,origin,landing_page_id",
        name="leads.csv",
    )
    dry, real = await run(pool, file, captured, dry_run=True), await run(pool, file, captured)
    assert dry.refusals == real.refusals
    assert [refusal.row for refusal in real.refusals] == [6, 7]
    assert (dry.events, real.events) == (8, 8)
