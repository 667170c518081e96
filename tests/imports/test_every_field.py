"""tests: every field of every kind of file, changed and emptied in a later one. What a file says is recorded, refused under its
column, or named in a note; what it leaves empty changes nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.database import Pool
from runtime.imports.kinds.customers import CUSTOMERS
from runtime.imports.kinds.deals import CALLED, DEALS
from runtime.imports.kinds.listed import FIELDS
from runtime.imports.kinds.products import PRODUCTS
from runtime.imports.kinds.reps import REPS
from runtime.imports.mapping import Mapping
from runtime.imports.mapping_file import shipped_mapping
from runtime.imports.results import ImportResult
from tests.imports.conftest import csv_file, mapping_from, rows_of
from tests.imports.test_run import run

Row = dict[str, str]
NOTED = "deal.import-noted"
DEAL: Row = {
    "owner": "Li", "stage": "Talks", "title": "Big one", "customer": "Acme", "product": "Boiler",
    "opened_at": "2026-01-05", "stage_at": "2026-01-06", "closed_on": "", "amount": "100", "opening_amount": "90",
    "currency": "EUR", "expected_close": "2026-08-01", "next_step": "call", "next_step_due": "2031-08-01",
    "contract_reference": "", "loss_reason": "", "competitor": "", "pain_points": "noise", "budget": "200",
    "decision_process": "board", "decision_makers": "Ann; Bo", "quote_reference": "Q-1", "quote_amount": "95",
}  # fmt: skip
STEP = {"next_step": "", "next_step_due": "", "stage_at": ""}
ROWS: dict[str, Row] = {
    "open": DEAL,
    "won": {**DEAL, **STEP, "stage": "Won", "closed_on": "2026-02-01", "contract_reference": "C-1"},
    "lost": {
        **DEAL,
        **STEP,
        "stage": "Lost",
        "closed_on": "2026-02-01",
        "loss_reason": "price",
        "competitor": "Rival",
    },
}
OTHER: Row = {
    "owner": "Wang", "stage": "New", "title": "Bigger one", "customer": "Bolt", "product": "Pump",
    "opened_at": "2026-01-04", "stage_at": "2026-01-07", "closed_on": "2026-02-02", "amount": "101",
    "opening_amount": "91", "currency": "USD", "expected_close": "2026-08-02", "next_step": "write",
    "next_step_due": "2031-08-02", "contract_reference": "C-2", "loss_reason": "silence", "competitor": "Nobody",
    "pain_points": "heat", "budget": "201", "decision_process": "boss", "decision_makers": "Cy",
    "quote_reference": "Q-2", "quote_amount": "96",
}  # fmt: skip
NAMES: dict[str, tuple[Row, Row]] = {
    CUSTOMERS: (
        {"name": "Acme", "sector": "steel", "country": "DE", "employees": "7", "revenue": "5", "currency": "EUR",
         "founded": "1990", "parent": "Group", "other_names": "zh=艾克米", "registration_number": "HRB 1", "tax_number": "DE1",
         "web": "acme.test", "phone": "1", "addresses": '"[{""kind"":""visit"",""city"":""Ulm""}]"', "street": "Weg 1", "postcode": "1",
         "city": "Ulm", "region": "BW"},
        {"name": "Acme AG", "sector": "iron", "country": "FR", "employees": "8", "revenue": "6", "currency": "USD",
         "founded": "1991", "parent": "Holding", "other_names": "Acme Tools", "registration_number": "HRB 2", "tax_number": "DE2",
         "web": "acme.example", "phone": "2", "addresses": '"[{""kind"":""visit"",""city"":""Bonn""}]"', "street": "Weg 2", "postcode": "2",
         "city": "Bonn", "region": "NW"},
    ),
    PRODUCTS: (
        {"name": "Boiler", "series": "B", "price": "5", "currency": "EUR"},
        {"name": "Kettle", "series": "C", "price": "6", "currency": "USD"},
    ),
    REPS: (
        {"team": "T1", "name": "Li", "team_name": "North", "region": "N", "manager": "Sun"},
        {"team": "T2", "name": "Li Na", "team_name": "South", "region": "S", "manager": "Qian"},
    ),
}  # fmt: skip


OF_NEW_ONES = "another_because"
"""A file says it of a customer that is new, and never again."""


def whole_mapping(kind: str) -> Mapping:
    """A column for every field of the kind, under its own name."""
    columns = "".join(
        f'{name} = "{name}"\n' for name in FIELDS[kind] if name not in (*CALLED, "id", OF_NEW_ONES)
    )
    more = (
        '[deals.stages]\nNew = "identify"\nTalks = "needs"\nWon = "won"\nLost = "lost"\n[deals.override]\n'
        'stages = ["won"]\nreason = "from before"\n'
        if kind == DEALS
        else ""
    )
    head = 'name = "all"\nsource = "all"\ntimezone = "Europe/Berlin"\ncurrency = "CNY"\ncreate = ["customers", "products", "reps"]\n'
    return mapping_from(f'{head}[{kind}]\nfile = ""\n[{kind}.columns]\n{columns}{more}')


def table(folder: Path, key: str, rows: dict[str, Row]) -> Path:
    names = list(next(iter(rows.values())))
    lines = (",".join((id, *(row[name] for name in names))) for id, row in rows.items())
    return csv_file(folder, *lines, header=",".join((key, *names)))


def each(cases: dict[str, Row], change: Row | None) -> dict[str, Row]:
    """A row for every field of every case: as it is, or with that field changed or (in `EMPTY`) emptied."""
    return {
        f"{kind}/{name}": row if change is None else {**row, name: change[name]}
        for kind, row in cases.items()
        for name in row
    }


OF_MONEY = {"amount", "opening_amount", "budget", "quote_amount"}
EMPTY = dict.fromkeys(OTHER, "")


def refused_under(result: ImportResult, ids: list[str]) -> dict[str, set[str]]:
    return {ids[r.row - 2]: {reason.column for reason in r.reasons} for r in result.refusals}


async def recorded_since(pool: Pool, position: int) -> set[str]:
    """The references of the deals of which something is recorded, beside what the import notes for itself."""
    found = await rows_of(
        pool,
        "SELECT DISTINCT o.data->>'reference' FROM ledger.events e JOIN ledger.events o"
        " ON o.stream_id = e.stream_id AND o.topic = 'deal.opened' WHERE e.position > %s AND e.topic <> %s",
        position,
        NOTED,
    )
    return {reference for (reference,) in found}


async def head(pool: Pool) -> int:
    return int((await rows_of(pool, "SELECT COALESCE(max(position), 0) FROM ledger.events"))[0][0])


def test_every_field_there_is_is_tried() -> None:
    assert set(DEAL) == set(OTHER) == set(FIELDS[DEALS]) - {"reference", "id", *CALLED}
    for kind, (row, other) in NAMES.items():
        assert set(row) == set(other) == set(FIELDS[kind]) - {"key", "id", OF_NEW_ONES}


async def test_what_a_later_file_says_of_a_deal_is_recorded_refused_or_named(
    pool: Pool, tmp_path: Path
) -> None:
    mapping = whole_mapping(DEALS)
    first = await run(pool, table(tmp_path, "reference", each(ROWS, None)), mapping)
    assert first.refusals == []
    before, later = await head(pool), each(ROWS, OTHER)
    result = await run(pool, table(tmp_path, "reference", later), mapping)
    recorded, refused = await recorded_since(pool, before), refused_under(result, list(later))
    noted = {notice.column for notice in result.notices}
    for id in later:
        name = id.split("/")[1]
        under = OF_MONEY if name == "currency" else {name}
        assert id in recorded or under & refused.get(id, set()) or name in noted, id
    assert recorded.isdisjoint(refused)


async def test_what_a_later_file_leaves_empty_of_a_deal_changes_nothing(pool: Pool, tmp_path: Path) -> None:
    mapping = whole_mapping(DEALS)
    await run(pool, table(tmp_path, "reference", each(ROWS, None)), mapping)
    before, later = await head(pool), each(ROWS, EMPTY)
    result = await run(pool, table(tmp_path, "reference", later), mapping)
    assert await head(pool) == before
    assert refused_under(result, list(later)) == {f"{kind}/stage": {"stage"} for kind in ROWS}


@pytest.mark.parametrize("kind", NAMES)
async def test_what_a_later_file_says_of_a_name_is_recorded(pool: Pool, tmp_path: Path, kind: str) -> None:
    row, other = NAMES[kind]
    mapping = whole_mapping(kind)
    for name in row:
        cases = {f"{name}/{row['name']}": row}
        if "team" in row:
            cases = {id: {**row, "team": f"team of {name}"} for id in cases}
        assert (await run(pool, table(tmp_path, "key", cases), mapping)).accepted == 1
        emptied = {id: {**row, **({} if name == "team" else {name: ""})} for id, row in cases.items()}
        result = await run(pool, table(tmp_path, "key", emptied), mapping)
        assert (result.events, result.refused) == (0, 0), name
        changed = {id: {**row, name: other[name]} for id, row in cases.items()}
        result = await run(pool, table(tmp_path, "key", changed), mapping)
        assert (result.accepted, result.events > 0) == (1, True), name


EVENT = {"activity": "call", "timestamp": "2026-01-05T10:00:00Z", "lifecycle": "complete", "resource": "Li"}
OTHERWISE = {
    "activity": "visit", "timestamp": "2026-01-05T11:00:00Z", "lifecycle": "start", "resource": "Wang",
}  # fmt: skip


async def test_what_a_later_log_says_of_work_is_recorded(pool: Pool, tmp_path: Path) -> None:
    mapping = shipped_mapping("event_log")
    cases = {f"case/{name}": EVENT for name in EVENT}
    await run(pool, table(tmp_path, "case_id", cases), mapping)
    before = await head(pool)
    later = {id: {**EVENT, id.split("/")[1]: OTHERWISE[id.split("/")[1]]} for id in cases}
    result = await run(pool, table(tmp_path, "case_id", later), mapping)
    assert (result.accepted, result.refused) == (len(EVENT), 0)
    assert await recorded_since(pool, before) == set(cases)
