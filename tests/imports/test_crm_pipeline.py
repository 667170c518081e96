"""tests: the real four-file export against counts taken from its files directly."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from runtime.database import Pool
from runtime.imports.mapping_file import read_mapping, shipped_mapping
from runtime.imports.run import run_import
from tests.imports.conftest import IMPORTER, rows_of, shared, topics

FOLDER = "crm_pipeline"
STAGE_OF = {"Prospecting": "identify", "Engaging": "needs", "Won": "won", "Lost": "lost"}
WHERE_DEALS_ARE = (
    "SELECT stage, count(*) FROM (SELECT DISTINCT ON (stream_id) COALESCE(data->>'after', data->>'stage') AS stage"
    " FROM ledger.events WHERE topic IN ('deal.opened', 'deal.stage-moved') ORDER BY stream_id, version DESC) s"
    " GROUP BY stage"
)
WON_PER_PRODUCT = (
    "SELECT p.data->>'name', count(*), sum((w.data->'amount'->>'amount')::numeric) FROM ledger.events w"
    " JOIN ledger.events o ON o.stream_id = w.stream_id AND o.topic = 'deal.opened'"
    " JOIN ledger.events p ON p.stream_id = (o.data->>'product_id')::uuid AND p.topic = 'product.listed'"
    " WHERE w.topic = 'deal.won' GROUP BY 1"
)
pytestmark = pytest.mark.oracle


def table(name: str) -> list[dict[str, str]]:
    with (shared(FOLDER) / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


async def test_it_lands_whole_and_as_the_files_say(pool: Pool) -> None:
    result = await run_import(pool, shipped_mapping("crm_export"), shared(FOLDER), IMPORTER)
    deals = table("sales_pipeline.csv")
    files = ("accounts.csv", "products.csv", "sales_teams.csv", "sales_pipeline.csv")
    assert (result.rows, result.accepted, result.refusals) == (
        sum(len(table(name)) for name in files),
        result.rows,
        [],
    )
    assert dict(await rows_of(pool, WHERE_DEALS_ARE)) == Counter(STAGE_OF[d["deal_stage"]] for d in deals)
    won: dict[str, list[Decimal]] = {}
    for deal in deals:
        if deal["deal_stage"] == "Won":
            won.setdefault(deal["product"].replace("GTXPro", "GTX Pro"), []).append(
                Decimal(deal["close_value"])
            )
    assert {row[0]: row[1:] for row in await rows_of(pool, WON_PER_PRODUCT)} == {
        product: (len(values), sum(values)) for product, values in won.items()
    }
    closings = await rows_of(
        pool,
        "SELECT data->>'closed_on', (occurred_at AT TIME ZONE 'UTC')::date::text, count(*) FROM ledger.events"
        " WHERE topic IN ('deal.won', 'deal.lost') GROUP BY 1, 2",
    )
    assert {(day, n) for day, _, n in closings} == set(
        Counter(d["close_date"] for d in deals if d["close_date"]).items()
    )
    assert all(day == occurred for day, occurred, _ in closings)
    counts = await topics(pool)
    managers = {row["manager"] for row in table("sales_teams.csv")}
    assert counts["team.formed"] == len(managers) + 1, "one each, and one that the managers are in"
    assert counts["rep.hired"] == len(managers) + len(table("sales_teams.csv"))
    assert counts["promise.made"] == sum(deal["close_date"] == "" for deal in deals)
    assert not await rows_of(
        pool,
        "SELECT 1 FROM ledger.events WHERE topic = 'team.formed' AND data->>'name' = ANY(%s)",
        list(managers),
    )


async def test_what_a_stricter_mapping_refuses_is_named_row_by_row(pool: Pool, tmp_path: Path) -> None:
    """Without the alias, without the approval, with accounts and dates required: each refusal for its own reasons."""
    shipped = files("runtime.imports").joinpath("mappings", "crm_export.toml")
    text = shipped.read_text(encoding="utf-8")
    for lax, strict in (
        ('GTXPro = "GTX Pro"', ""),
        ('column = "account", missing = "keep"', 'column = "account", missing = "reject"'),
        ('opened_at = { column = "engage_date", missing = "import" }', 'opened_at = "engage_date"'),
        ('stages = ["won"]', "stages = []"),
        ('reason = "closed before salesloop was used; the export tells neither needs nor contract"', ""),
    ):
        assert lax in text
        text = text.replace(lax, strict)
    mapping = read_mapping(text.encode(), "strict.toml")
    expected: dict[int, set[str]] = {}
    for row, deal in enumerate(table("sales_pipeline.csv"), 2):
        # Whether an opening day may be empty is for the ledger to say, of a row that could be read.
        wrong = {
            "account": not deal["account"],
            "product": deal["product"] == "GTXPro",
            "engage_date": not deal["engage_date"],
            "deal_stage": deal["deal_stage"] == "Won",
        }
        if column := next((name for name, is_wrong in wrong.items() if is_wrong), None):
            expected[row] = {column}
    rejects = tmp_path / "rejects"
    result = await run_import(pool, mapping, shared(FOLDER), IMPORTER, dry_run=True, rejects=rejects)
    assert result.refused == len(expected)
    with (rejects / "sales_pipeline.rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        told = {int(row["refused_row"]): row["refused_because"] for row in csv.DictReader(file)}
    assert told.keys() == expected.keys()
    for row, columns in expected.items():
        assert all(f"{column} '" in told[row] for column in columns), told[row]
    assert sum("did you mean 'GTX Pro'?" in because for because in told.values()) > 0
