"""`salesloop import` of another system's files: whose they are is seen, what was understood is told, and nothing is supposed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.imports import vendor_files as made

KNOWN = ("--set", "timezone=Europe/Berlin")


@pytest.fixture
def export(tmp_path: Path) -> list[str]:
    return [str(path) for path in made.zoho_export(tmp_path)]


def test_it_is_told_and_nothing_is_imported_unless_that_is_said(
    terminal: Terminal, export: list[str]
) -> None:
    done = terminal.run("import", *export)
    assert (done.returncode, "--yes imports it" in done.stderr) == (2, True), done.stderr
    assert "these are files of Zoho CRM" in done.stdout
    assert "left out: Type (4)" in done.stdout
    said = terminal.run("import", *export, "--lang", "zh")
    assert "这些是 Zoho CRM 的文件" in said.stdout
    assert "Zoho 没有写明商机何时关闭" in said.stdout.replace("\n", "").replace(" ", "").replace(
        "Zoho没", "Zoho 没"
    )


def test_it_comes_in_and_again_records_nothing(terminal: Terminal, export: list[str], tmp_path: Path) -> None:
    kept = tmp_path / "zoho.toml"
    words = [*export[:2], "--from", "zoho", *KNOWN, "--set", "source=zoho-here", "--yes", "--json"]
    first = terminal.json("import", *words, "--save", str(kept))
    assert (first["refused"], first["accepted"]) == (0, 6)
    again = terminal.json("import", *words)
    assert (again["events"], again["unchanged"]) == (0, 6)
    by_hand = terminal.json("import", *export[:2], "--mapping", str(kept))
    assert (by_hand["events"], by_hand["unchanged"]) == (0, 6), "the mapping that is kept says the same"


def test_what_is_open_is_told_with_what_answers_it(terminal: Terminal, tmp_path: Path) -> None:
    deals = made.csv_of(
        tmp_path / "Deals.csv", [made.zoho_deal(1, "Contract sent"), made.zoho_deal(2, "Zzz")]
    )
    done = terminal.run("import", str(deals), "--dry-run")
    assert done.returncode == 2
    assert '--stage "Contract sent=negotiation"' in done.stdout
    assert "2 questions are open" in done.stderr
    told = terminal.json("import", str(deals), "--dry-run", *KNOWN, "--yes", "--stage", "zzz=identify")
    assert told["accepted"] == 2
    asked = terminal.run("import", str(deals), "--dry-run", "--json")
    assert (asked.returncode, '"about"' in asked.stdout) == (2, True)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--from", "zohoo"], 1, "did you mean 'zoho'?"),
        (["--map", "Amount"], 2, "write it as THEIRS=OURS"),
        (["--map", "Amout=amount"], 1, "did you mean 'Amount'?"),
        (["--mapping", "crm_export", "--from", "zoho"], 2, "--mapping says all of it"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(
    terminal: Terminal, export: list[str], more: list[str], code: int, said: str
) -> None:
    done = terminal.run("import", *export, *more)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
