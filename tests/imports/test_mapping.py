"""tests: a mapping file is checked whole, and everything wrong with it is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.imports.jobs import FILE_NAME
from runtime.imports.mapping_file import load_mapping, read_mapping, shipped_mapping, shipped_names
from runtime.imports.results import ImportProblem
from runtime.imports.run import passed_over
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
        "deals.columns.ownr",
        "dates",
        "timezone",
        "currency",
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
        "deals: the mapping names no file: it needs at least one of customers, contacts, notes, products, reps, deals, events, leads, activities, survey_answers"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("format = 2", "format: this release reads format 1, not 2"),
        ("delimiter = ';;'", "delimiter: ';;' must be one character"),
        (
            "delimiter = '-'",
            "delimiter: '-' stands in names, numbers or quotes: use one such as ',', ';' or '\\t'",
        ),
        (
            "delimiter = '1'",
            "delimiter: '1' stands in names, numbers or quotes: use one such as ',', ';' or '\\t'",
        ),
        ("thousands = '-'", "thousands: '-' is not one of '', '.', ',', ' ', \"'\""),
        ("thousands = '0'", "thousands: '0' is not one of '', '.', ',', ' ', \"'\""),
        ("thousands = '.'", "decimal: must be '.' or ',', and another sign than `thousands`"),
        ("decimal = ''", "decimal: must be '.' or ',', and another sign than `thousands`"),
        ("grouping = 'fours'", "grouping: 'fours' is not one of thousands, indian"),
        ("dates = []", "dates: names no form; use \"iso\" or forms such as '%d.%m.%Y'"),
        ("dates = ['%d.%m.']", "dates: '%d.%m.' tells no year"),
        ("dates = ['%m/%Y']", "dates: '%m/%Y' tells no day"),
        ("dates = ['%d.%m.%Y %Y']", "dates: '%d.%m.%Y %Y' tells the year twice"),
        ("dates = ['%d.%m.%b %Y']", "dates: '%d.%m.%b %Y' tells the month twice"),
        ("dates = ['%j %m %Y']", "dates: '%j %m %Y' tells the day twice"),
        ("dates = ['%d.%m.%Y %M']", "dates: '%d.%m.%Y %M' tells no hour"),
        (
            "dates = ['%d.%m.%Y %I:%M']",
            "dates: '%d.%m.%Y %I:%M' has one of %I and %p: an hour of twelve needs both, one of 24 is %H",
        ),
        (
            "dates = ['%Y-%m-%dT%H:%M:%SZ']",
            "dates: '%Y-%m-%dT%H:%M:%SZ' names a zone that would be passed over: write %z, which reads Z, UTC, GMT and +02:00",
        ),
        ("dates = ['20%y-%m-%d']", "dates: '20%y-%m-%d' has digits of its own, beside those of the date"),
        (
            'dates = ["%d.%m.%Y\\u0000"]',
            "dates: holds a character that no text has (U+0000)",
        ),
        ("format = true", "format: this release reads format 1, not True"),
        ("decimal = ','\nthousands = ','", "decimal: must be '.' or ',', and another sign than `thousands`"),
        ("encoding = 'utf-99'", "encoding: unknown encoding 'utf-99'; use one such as 'utf-8' or 'gb18030'"),
        ("policy = 3", "policy: must be a text, not 3"),
        ("aliases = { customers = { a = 1 } }", "aliases.customers.a: must be a text, not 1"),
    ],
)
def test_a_wrong_value_says_what_would_be_right(text: str, told: str) -> None:
    assert problems_of(f"{text}\n{ONE_FILE}") == [told]


@pytest.mark.parametrize(
    "name", ["rot13", "base64", "utf-16", "utf-7", "idna", "unicode_escape", "undefined", "cp037"]
)
def test_an_encoding_of_no_plain_text_file_is_refused(name: str) -> None:
    [told] = problems_of(f"encoding = '{name}'\n{ONE_FILE}")
    assert (
        told
        == f"encoding: '{name}' is no encoding of plain text files; save the file in UTF-8 and leave this out"
    )


@pytest.mark.parametrize(
    "name", ["utf-8", "gb18030", "cp1252", "shift_jis", "big5", "euc_kr", "koi8-r", "latin-1"]
)
def test_an_encoding_of_plain_text_files_is_taken(name: str) -> None:
    assert read_mapping(f"encoding = '{name}'\n{ONE_FILE}".encode(), "m.toml").encoding == name


@pytest.mark.parametrize("directive", ["%x", "%X", "%c", "%Z", "%U", "%G", "%s", "%-d", "%Q", "%"])
def test_a_form_that_follows_the_machine_or_drops_what_it_reads_is_refused(directive: str) -> None:
    [told] = problems_of(f"dates = ['%d.%m.%Y {directive}']\n{ONE_FILE}")
    assert "which is none of %Y %y %m" in told


@pytest.mark.parametrize("name", ["../other/deals.csv", "/etc/passwd", "a\\b.csv", "..", "a\nb"])
def test_a_file_is_named_without_a_folder(name: str) -> None:
    told = problems_of(ONE_FILE.replace('file = ""', f"file = {name!r}".replace("'", '"')))
    assert [problem.partition(":")[0] for problem in told] == ["deals.file"]


def test_words_are_the_same_in_whatever_form_they_are_typed() -> None:
    typed = ONE_FILE.replace('New = "identify"', '"Ne\u0301w" = "identify"').replace(
        'owner = "rep"', 'owner = "  Ve\u0301ndeur "'
    )
    mapping = mapping_from(typed + '[aliases.reps]\n"Jo\u0308rg" = "Zoe\u0308"\n')
    assert mapping.aliases["reps"] == {"J\u00f6rg": "Zo\u00eb"}
    assert "N\u00e9w" in mapping.stages
    assert mapping.sheets["deals"].columns["owner"].header == "V\u00e9ndeur"


def test_a_word_that_would_mean_two_things_is_refused() -> None:
    aliases = '[aliases.reps]\n"J\u00f6rg" = "A"\n"Jo\u0308rg" = "B"\n'
    assert problems_of(ONE_FILE + aliases) == ["aliases.reps.Jo\u0308rg: means 'A' already"]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 10_000,
        "scale = " + "9" * 5_000,
        "x = 2026-02-30",
        '"\\ud800" = 1',
        "\ufeff\ufeffname = 1",
    ],
)
def test_what_breaks_a_parser_is_said_to_be_no_mapping(text: str) -> None:
    assert "is not TOML" in problems_of(text)[0]


def test_a_mapping_with_the_mark_of_utf_8_is_read() -> None:
    assert read_mapping(b"\xef\xbb\xbf" + ONE_FILE.encode(), "m.toml").name == "one file"


@pytest.mark.parametrize("scale", ["true", "'1_000'", "nan", "inf", "0", "-1"])
def test_a_scale_is_a_number_above_zero(scale: str) -> None:
    [told] = problems_of(ONE_FILE.replace('"amount"', f'{{ column = "amount", scale = {scale} }}'))
    assert told.startswith("deals.columns.amount.scale: ")
    assert told.endswith("must be a number above zero")


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


def test_a_word_of_the_lifecycle_is_one_thing() -> None:
    log = '[events]\nfile = ""\n[events.columns]\ncase = "c"\nactivity = "a"\ntimestamp = "t"\n'
    words = '[events.lifecycle]\nstart = "Done"\ncomplete = "done"\nskip = "x"\n'
    assert problems_of(f'name = "n"\nsource = "s"\n{log}{words}') == [
        "events.lifecycle.complete: 'done' is under `start` already",
        "events.lifecycle.skip: is not a setting here",
    ]


def test_the_digest_is_of_the_files_bytes() -> None:
    assert mapping_from(ONE_FILE).digest == mapping_from(ONE_FILE).digest
    assert mapping_from(ONE_FILE).digest != mapping_from(ONE_FILE + "# a word\n").digest


def test_whatever_the_api_would_take_is_told_where_it_is_passed_over(tmp_path: Path) -> None:
    left = ["calls.xml", "calls.xml.gz", "more.XES", "notes.txt", "plan.xlsx", "rows.tsv"]
    for name in (*left, "accounts.csv", "readme.md"):
        (tmp_path / name).touch()
    assert [notice.file for notice in passed_over(shipped_mapping("crm_export"), tmp_path)] == sorted(left)
    assert all(FILE_NAME.fullmatch(name) for name in left)
