"""tests: the generated pipeline is the same for a seed, looks like a pipeline, and is imported whole."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from runtime.database import Pool
from runtime.imports.generate import UNTIL, Locale, generate
from runtime.imports.mapping_file import shipped_mapping
from runtime.imports.run import run_import
from tests.imports.conftest import IMPORTER, rows_of, topics

FILES = ("accounts.csv", "products.csv", "sales_teams.csv", "sales_pipeline.csv")
LOCALES: tuple[Locale, ...] = ("en", "zh")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def content(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path, locale: Locale) -> None:
    for folder, seed in (("a", 7), ("b", 7), ("c", 8)):
        generate(tmp_path / folder, deals=300, seed=seed, locale=locale, dirty=True)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert all(
        x != y for x, y in zip(content(tmp_path / "a"), content(tmp_path / "c"), strict=True) if len(x) > 600
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_it_looks_like_a_pipeline(tmp_path: Path, locale: Locale) -> None:
    generate(tmp_path, deals=4_000, locale=locale)
    deals = table(tmp_path, "sales_pipeline.csv")
    stages = Counter(deal["deal_stage"] for deal in deals)
    assert 0.2 < (stages["Prospecting"] + stages["Engaging"]) / len(deals) < 0.3
    assert 0.5 < stages["Won"] / (stages["Won"] + stages["Lost"]) < 0.75
    assert len({deal["opportunity_id"] for deal in deals}) == len(deals)
    for column, name, key in (
        ("sales_agent", "sales_teams.csv", "sales_agent"),
        ("product", "products.csv", "product"),
    ):
        assert {deal[column] for deal in deals} == {row[key] for row in table(tmp_path, name)}
    assert {deal["account"] for deal in deals} - {""} <= {
        row["account"] for row in table(tmp_path, "accounts.csv")
    }
    assert all(_is_sound(deal) for deal in deals)


def _is_sound(deal: dict[str, str]) -> bool:
    stage, engaged, closed = deal["deal_stage"], deal["engage_date"], deal["close_date"]
    if stage == "Prospecting":
        return not engaged and not closed
    if stage == "Engaging":
        due = deal["next_step_date"]
        return (
            engaged <= str(UNTIL)
            and not closed
            and (not due or (due > str(UNTIL) and date.fromisoformat(due).weekday() < 5))
        )
    worth = int(deal["close_value"]) > 0 if stage == "Won" else deal["close_value"] == "0"
    return engaged < closed <= str(UNTIL) and worth and bool(deal["account"])


def test_busy_months_are_busy(tmp_path: Path) -> None:
    generate(tmp_path, deals=6_000)
    engaged = Counter(d["engage_date"][:7] for d in table(tmp_path, "sales_pipeline.csv") if d["engage_date"])
    assert engaged["2026-06"] > 1.3 * engaged["2026-08"]


async def test_it_is_imported_whole_and_every_open_deal_is_promised(pool: Pool, tmp_path: Path) -> None:
    generate(tmp_path, deals=1_500, until=date(2026, 6, 30))
    result = await run_import(pool, shipped_mapping("crm_export"), tmp_path, IMPORTER)
    assert (result.refused, result.unchanged) == (0, 0)
    deals = table(tmp_path, "sales_pipeline.csv")
    counts = await topics(pool)
    assert counts["deal.opened"] == len(deals)
    open_ones = [deal for deal in deals if deal["deal_stage"] in ("Prospecting", "Engaging")]
    assert counts["promise.made"] == len(open_ones)
    told = Counter(deal["next_step"] or "follow up" for deal in open_ones)
    what = "SELECT data->>'what', count(*) FROM ledger.events WHERE topic = 'promise.made' GROUP BY 1"
    assert dict(await rows_of(pool, what)) == told


async def test_every_spoiled_row_is_refused_with_a_reason(pool: Pool, tmp_path: Path) -> None:
    generate(tmp_path / "clean", deals=1_500)
    generate(tmp_path / "dirty", deals=1_500, dirty=True)
    clean, dirty = (table(tmp_path / name, "sales_pipeline.csv") for name in ("clean", "dirty"))
    spoiled = {n for n, pair in enumerate(zip(clean, dirty, strict=True), 2) if pair[0] != pair[1]}
    result: Any = await run_import(
        pool, shipped_mapping("crm_export"), tmp_path / "dirty", IMPORTER, dry_run=True
    )
    assert {refusal.row for refusal in result.refusals} == spoiled
    assert len(spoiled) > 5
    assert all(refusal.reasons and all(map(str, refusal.reasons)) for refusal in result.refusals)
