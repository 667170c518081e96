"""tests: a mapping file is checked whole, and everything wrong with it is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.imports.mapping import load_mapping, shipped_mapping, shipped_names
from runtime.imports.mapping_file import read_mapping
from runtime.imports.results import ImportProblem
from tests.imports.conftest import ONE_FILE, mapping_from


def problems_of(text: str) -> list[str]:
    with pytest.raises(ImportProblem) as refused:
        read_mapping(text.encode(), "m.toml")
    return [problem.removeprefix("m.toml: ") for problem in refused.value.problems]


@pytest.mark.parametrize("name", shipped_names())
def test_what_is_shipped_is_sound(name: str) -> None:
    mapping = shipped_mapping(name)
    assert mapping.sheets
    assert len(mapping.digest) == 64


def test_both_mappings_are_shipped() -> None:
    assert shipped_names() == ("crm_export", "event_log")


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(ImportProblem, match="crm_export, event_log"):
        shipped_mapping("crm")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ImportProblem, match="cannot be read"):
        load_mapping(tmp_path / "none.toml")


def test_what_is_not_toml_is_said_so() -> None:
    assert "is not TOML" in problems_of("name = ")[0]


def test_everything_wrong_is_named_at_once() -> None:
    told = problems_of(
        ONE_FILE.replace('timezone = "Asia/Shanghai"', 'timezone = "Asia/Peking"')
        .replace('currency = "CNY"', 'currency = "yuan"\nencodin = "utf-8"\ndates = ["dd/mm/yyyy"]')
        .replace('create = ["customers"', 'create = ["customer"')
        .replace('owner = "rep"', 'ownr = "rep"')
        .replace('amount = "amount"', 'amount = { column = "amount", missing = "price", scale = -1 }')
        .replace('stages = ["won"]', 'stages = ["solution"]')
        .replace("[deals.columns]", 'titles = ["{produkt}"]\n[deals.columns]')
    )
    assert [problem.partition(":")[0] for problem in told] == [
        "deals.columns.amount.missing",
        "deals.columns.amount.scale",
        "deals.columns.owner",
        "deals.columns.ownr",
        "timezone",
        "currency",
        "dates",
        "create",
        "encodin",
        "deals.override.stages",
        "deals.titles",
    ]


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("encodin = 'utf-8'", "encoding"), ("time_zone = 'UTC'", "timezone"), ("[deal]", "deals")],
)
def test_a_misspelled_setting_is_told_what_was_meant(wrong: str, meant: str) -> None:
    told = problems_of(f"{wrong}\n{ONE_FILE}" if wrong[0] != "[" else f"{ONE_FILE}\n{wrong}")
    assert f"did you mean {meant!r}?" in told[0]


def test_a_mapping_without_files_is_none() -> None:
    assert problems_of('name = "n"\nsource = "s"') == [
        "deals: the mapping names no file: it needs at least one of customers, products, reps, deals, events"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("format = 2", "format: this release reads format 1, not 2"),
        ("delimiter = ';;'", "delimiter: ';;' must be one character"),
        ("decimal = ','\nthousands = ','", "decimal: must be '.' or ',', and another sign than `thousands`"),
        ("encoding = 'utf-99'", "encoding: unknown encoding 'utf-99'; use one such as 'utf-8' or 'gb18030'"),
        ("policy = 3", "policy: must be a text, not 3"),
        ("aliases = { customers = { a = 1 } }", "aliases.customers.a: must be a text, not 1"),
    ],
)
def test_a_wrong_value_says_what_would_be_right(text: str, told: str) -> None:
    assert problems_of(f"{text}\n{ONE_FILE}") == [told]


def test_an_override_needs_its_reason() -> None:
    assert problems_of(ONE_FILE.replace('reason = "from before"', "")) == [
        "deals.override.reason: an override needs `stages` and a `reason`, both"
    ]


def test_rules_for_activities_are_checked() -> None:
    log = (
        '[events]\nfile = ""\nstage = "won"\n[events.columns]\ncase = "c"\nactivity = "a"\ntimestamp = "t"\n'
    )
    rules = '[[events.activities]]\nkind = "phone"\n'
    assert [p.partition(":")[0] for p in problems_of(f'name = "n"\nsource = "s"\n{log}{rules}')] == [
        "events.activities[0].kind",
        "events.activities[0].match",
        "events.stage",
    ]


def test_the_digest_is_of_the_files_bytes() -> None:
    assert mapping_from(ONE_FILE).digest == mapping_from(ONE_FILE).digest
    assert mapping_from(ONE_FILE).digest != mapping_from(ONE_FILE + "# a word\n").digest
