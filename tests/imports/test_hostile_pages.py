"""tests: saved pages that would lose something, and settings that mean nothing, are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.imports.results import ImportProblem
from runtime.imports.vendors.pages import Collected
from tests.imports import vendor_files as made
from tests.imports.vendor_runs import looked_at


def page(*records: str) -> str:
    return f'{{"errorCode": 0, "data": {{"dataList": [{", ".join(records)}]}}}}'


def test_what_is_written_anew_leaves_a_file_that_is_being_imported_as_it_is(tmp_path: Path) -> None:
    one, other = Collected("AccountObj"), Collected("AccountObj")
    one.add({"_id": "1"}, "_id")
    other.add({"_id": "2"}, "_id")
    handed_on = tmp_path / "handed on.csv"
    handed_on.hardlink_to(one.write(tmp_path))
    assert other.write(tmp_path).read_text() == "_id\n2\n"
    assert handed_on.read_text() == "_id\n1\n"


@pytest.mark.parametrize("record", ['{"_id": "1", "name": "\\ud800"}', '{"_id": "1", "\\udfff": "x"}'])
def test_half_a_character_is_named(tmp_path: Path, record: str) -> None:
    path = tmp_path / "AccountObj_0.json"
    path.write_text(page(record))
    with pytest.raises(ImportProblem, match="has half a character"):
        looked_at(path)


def test_a_pair_of_surrogates_is_a_character(tmp_path: Path) -> None:
    path = tmp_path / "AccountObj_0.json"
    path.write_text(page('{"_id": "1", "name": "\\ud83d\\ude00"}'))
    assert looked_at(path).files[0].rows == 1


@pytest.mark.parametrize("names", [("a b", "a-b"), ("x" * 100, "x" * 99)])
def test_objects_whose_files_would_be_one_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    path = tmp_path / "a.json"
    path.write_text(page(*(f'{{"_id": "1", "object_describe_api_name": "{name}"}}' for name in names)))
    with pytest.raises(ImportProblem, match="two objects are called so"):
        looked_at(path)


def test_a_page_a_line_may_have_separators_of_lines_in_its_texts(tmp_path: Path) -> None:
    path = tmp_path / "AccountObj_0.jsonl"
    two = page('{"_id": "1", "name": "x"}') + "\r\n\n" + page('{"_id": "2", "name": "a\u2028b\u0085"}') + "\n"
    path.write_text(two, encoding="utf-8")
    assert looked_at(path).files[0].rows == 2


def test_names_of_files_may_have_any_digits(tmp_path: Path) -> None:
    for n, name in enumerate(("1\u00b23.json", "\u00b22.json")):
        (tmp_path / name).write_text(page(f'{{"_id": "{n}", "name": "y"}}'))
    assert sum(file.rows for file in looked_at(*sorted(tmp_path.glob("*.json"))).files) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [("dates", "soon"), ("dates", "%d.%m.%Y | %Q"), ("dates", "%d.%m"), ("gates", "asks"), ("gates", "no")],
)
def test_a_setting_that_means_nothing_is_named(tmp_path: Path, name: str, said: str) -> None:
    path = made.csv_of(tmp_path / "Deals.csv", [made.zoho_deal(1, "Qualification")])
    with pytest.raises(ImportProblem) as refused:
        looked_at(path, vendor="zoho", settings={name: said})
    (why,) = refused.value.problems
    assert why.startswith(f"{name}: {said.rpartition(' | ')[2]!r} ")


def test_the_gates_may_be_asked(tmp_path: Path) -> None:
    path = made.csv_of(tmp_path / "Deals.csv", [made.zoho_deal(1, "Qualification")])
    given = {"vendor": "zoho", "suggested": True}
    assert "[deals.override]" in looked_at(path, **given).mapping
    assert "[deals.override]" not in looked_at(path, **given, settings={"gates": "ask"}).mapping
