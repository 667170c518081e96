"""Workbooks that are longer than a sheet: nothing is lost, and every sheet has the heads."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from runtime import spreadsheets
from runtime.spreadsheets import FORMULAS, MOST_ROWS, Workbook, inert, unmarked

HEADS, KINDS = ("title", "amount", "opened_at"), ("text", "number", "moment")


def row(n: int) -> tuple[str, str, str]:
    return f"deal {n}", f"{n}.5", f"2026-11-{n % 28 + 1:02}T08:00:00+08:00"


def test_a_sheet_holds_what_the_format_has_room_for() -> None:
    assert MOST_ROWS == 2**20


@pytest.mark.parametrize("rows", [0, 8, 9, 10, 18, 19])
def test_where_one_is_full_another_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 10)
    file = tmp_path / "deals.xlsx"
    with Workbook(file, "a name that is much too long for a sheet", HEADS, KINDS) as book:
        for start in range(0, rows, 4):
            book.write(row(n) for n in range(start, min(start + 4, rows)))
    sheets = load_workbook(file).worksheets
    told = [[*sheet.iter_rows(values_only=True)] for sheet in sheets]
    assert len(sheets) == max(1, -(-rows // 9))
    assert all(sheet.freeze_panes == "A2" and len(sheet.title) <= 31 for sheet in sheets)
    assert all(one[0] == HEADS and len(one) <= 10 for one in told)
    assert [cells[:2] for one in told for cells in one[1:]] == [(f"deal {n}", n + 0.5) for n in range(rows)]


@pytest.mark.parametrize(
    "text",
    ["", "'", "plain", "'plain", *(f"{marks}{sign}1" for sign in FORMULAS for marks in ("", "'", "''"))],
)
def test_what_is_marked_as_text_comes_back(text: str) -> None:
    assert unmarked(inert(text)) == text
    assert not inert(text).startswith(FORMULAS)
