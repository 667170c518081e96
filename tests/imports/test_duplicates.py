"""The accounts of the real pipeline, as they are and with some of them once more: likely duplicates and slips of the pen are proposed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.customer.duplicate_policy import DuplicatePolicy, PublishDuplicatePolicy
from domain.engine.command_handler import CommandHandler
from projections.customer.duplicates import CustomerDuplicates
from projections.customer.entering import EnteringCustomers
from projections.customer.merged import Merged
from projections.engine import catalog
from runtime.database import Pool, open_pool
from runtime.imports.mapping import Mapping
from runtime.imports.mapping_file import read_mapping
from runtime.imports.misspelled import nearest
from runtime.imports.results import ImportResult
from runtime.imports.run import run_import
from runtime.ledger import Ledger
from runtime.schema import migrate
from tests.imports.conftest import IMPORTER, rows_of, shared
from tests.office import context

MAPPING = """
name = "accounts alone"
source = "crm"
currency = "USD"
timezone = "UTC"
[customers]
file = "accounts.csv"
[customers.columns]
key = "account"
sector = "sector"
country = "office_location"
another_because = { column = "why", optional = true }
"""
ONCE_MORE = ["Acme Corp", "Betasoloin Inc.", "Ganjaflx", "Zencorporation LLC"]
COUNTED = "SELECT count(*) FROM ledger.events WHERE topic = %s"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    migrate(database_url, catalog.statements())
    opened = await open_pool(database_url, min_size=2, max_size=6)
    yield opened
    await opened.close()


@pytest.fixture
def mapping() -> Mapping:
    return read_mapping(MAPPING.encode(), "accounts.toml")


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    """The file as it is, with a column more, and four accounts once more."""
    lines = (shared("crm_pipeline") / "accounts.csv").read_text(encoding="utf-8-sig").splitlines()
    blank = "," * lines[0].count(",")
    written = tmp_path / "accounts.csv"
    rows = [
        f"{lines[0]},why",
        *(f"{line}," for line in lines[1:]),
        *(f"{name}{blank}," for name in ONCE_MORE),
    ]
    written.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return written


async def followed(pool: Pool) -> None:
    """As the follower would have done by then."""
    ((head,),) = await rows_of(pool, "SELECT max(position) FROM ledger.events")
    async with pool.connection() as connection:
        for model in (Merged(), CustomerDuplicates()):
            await model.apply(connection, 0, head)


def with_a_reason(file: Path) -> None:
    told = file.read_text(encoding="utf-8").splitlines()
    known, once_more = told[: -len(ONCE_MORE)], told[-len(ONCE_MORE) :]
    said = [*known, *(f"{line}the branch" for line in once_more)]
    file.write_text("\n".join(said) + "\n", encoding="utf-8")


async def imported(pool: Pool, mapping: Mapping, file: Path, *, dry_run: bool = False) -> ImportResult:
    found = EnteringCustomers(pool)
    return await run_import(pool, mapping, file, IMPORTER, dry_run=dry_run, find_likely=found)


def proposed(result: ImportResult) -> set[str]:
    return {notice.message for notice in result.notices if "is here already" in notice.message}


async def test_a_rehearsal_proposes_what_the_import_then_proposes(
    pool: Pool, mapping: Mapping, accounts: Path
) -> None:
    rehearsed = await imported(pool, mapping, accounts, dry_run=True)
    done = await imported(pool, mapping, accounts)
    assert [*map(str, rehearsed.notices)] == [*map(str, done.notices)]
    assert (done.refused, done.accepted) == (0, 85 + len(ONCE_MORE))
    assert {one.split("'")[1] for one in proposed(done)} >= {
        "Acme Corporation",
        "Betasoloin",
        "Ganjaflex",
        "Zencorporation",
    }
    assert len(proposed(done)) == len(ONCE_MORE), "the accounts of the file are all different"
    slips = [notice for notice in done.notices if "slip of the pen" in notice.message]
    assert [(one.column, one.rows, one.message.split("'")[1:4:2]) for one in slips] == [
        ("sector", 12, ["technolgy", "technology"]),
        ("office_location", 1, ["Philipines", "Philippines"]),
    ]
    assert (await imported(pool, mapping, accounts)).events == 0


async def test_a_policy_refuses_rows_until_the_file_says_why(
    pool: Pool, mapping: Mapping, accounts: Path
) -> None:
    ledger = Ledger(pool)
    policy = PublishDuplicatePolicy(policy=DuplicatePolicy(refuse_from=90))
    await CommandHandler(ledger).execute(policy, context())
    refused = await imported(pool, mapping, accounts)
    assert [refusal.row for refusal in refused.refusals] == [87, 88, 90], "of Ganjaflx it is told"
    assert "another_because" in refused.refusals[0].reasons[0].message
    await followed(pool)
    with_a_reason(accounts)
    again = await imported(pool, mapping, accounts)
    assert (again.refused, again.accepted) == (0, 3)
    assert await rows_of(pool, COUNTED, "customer.told-apart") == [(3,)]
    await ledger.aclose()


@pytest.mark.parametrize(
    ("field", "text", "meant"),
    [
        ("sector", "technolgy", "technology"),
        ("sector", "Technology", ""),
        ("sector", "telecomunications", "telecommunications"),
        ("sector", "pets", ""),
        ("country", "Philipines", "Philippines"),
        ("country", "Germany", ""),
        ("country", "德国", ""),
        ("country", "DE", ""),
    ],
)
def test_what_is_nearly_a_known_word_is_proposed_to_be_that(field: str, text: str, meant: str) -> None:
    assert nearest(field, text) == meant
