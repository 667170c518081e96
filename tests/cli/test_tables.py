"""Tables at 80 and 120 columns: a number is there whole, or its column is not there and is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cli.engine import tables
from cli.engine.common import money
from tests.cli import views

NUMBER = re.compile(rf"[^\s{tables.BROAD}]*\d[^\s{tables.BROAD}]*")
GONE = "not shown, for want of room: "

Shown = list[tuple[tuple[str, ...], list[list[str]], list[str]]]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Every table that is shown: its columns, its rows, and the lines that were written."""
    kept: Shown = []
    real = tables.lines

    def noted(columns: Any, rows: Any, *more: Any, **named: Any) -> list[str]:
        kept.append((tuple(columns), rows, lines := real(columns, rows, *more, **named)))
        return lines

    monkeypatch.setattr(tables, "lines", noted)
    return kept


def _numbers(cells: list[str]) -> Iterator[str]:
    return (word for cell in cells for word in NUMBER.findall(cell) if cell_len(word) <= tables.UNBROKEN)


def holds(columns: tuple[str, ...], rows: list[list[str]], lines: list[str], width: int) -> None:
    assert max(map(cell_len, lines)) <= width
    text = "\n".join(lines)
    body, _, gone = text.partition(GONE)
    named = " ".join(gone.split()).split(", ") if gone else []
    assert columns[0] not in named
    for n, name in enumerate(columns):
        missing = [number for number in _numbers([row[n] for row in rows]) if number not in body]
        assert not missing or name in named, (name, missing, text)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("view", views.ALL, ids=[view.__name__ for view in views.ALL])
def test_a_number_is_shown_whole_or_its_column_is_named_as_missing(
    view: Callable[[], None], width: int, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    view()
    assert shown
    for columns, rows, lines in shown:
        holds(columns, rows, lines, width)


AMOUNTS = st.decimals(-(10**15), 10**15, places=2, allow_nan=False).map("{:,} CNY".format)
WORDS = st.lists(
    st.sampled_from(["机械设备", "retrofit", "2026-12-31", "第二期", "a", "1,234.50"]), max_size=6
).map(" ".join)


@given(
    st.lists(st.tuples(WORDS, AMOUNTS, WORDS, AMOUNTS, AMOUNTS), min_size=1, max_size=4), st.integers(40, 130)
)
def test_whatever_is_in_it_a_table_is_as_wide_as_the_screen_at_most(
    rows: list[tuple[str, ...]], width: int
) -> None:
    columns = ("what", "amount", "about", "won", "lost")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        told = [list(row) for row in rows]
        lines = tables.lines(columns, told, right=("amount", "won", "lost"), spare=("about", "won"))
    holds(columns, told, lines, width)


def test_what_is_spare_goes_first_then_what_stands_to_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["x" * 10, "1" * 20, "2" * 20, "3" * 20]]
    columns, right = ("a", "b", "c", "d"), ("b", "c", "d")
    for width, gone in ((76, ""), (60, "b"), (40, "b, d"), (20, "b, c, d")):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = tables.lines(columns, rows, right=right, spare=("b",))
        assert " ".join(lines).partition(GONE)[2] == gone


def test_where_the_output_is_no_terminal_no_column_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    lines = tables.lines([str(n) for n in range(30)], [["9" * 20] * 30], right=[str(n) for n in range(30)])
    assert len(NUMBER.findall(lines[-1])) == 30


def test_a_line_ends_after_a_word_or_a_wide_character_and_never_moves_the_cursor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    tables.say("发送报价给客户 1,234.50 CNY\x1b[2J")
    assert capsys.readouterr().out.split("\n")[:3] == ["发送报价给客", "户 1,234.50", "CNY [2J"]


WHO = UUID(int=1)


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1234567.5", "CNY", "1,234,567.50 CNY"),
        ("1200", "JPY", "1,200 JPY"),
        ("1.234", "BHD", "1.234 BHD"),
        ("0.0001", "EUR", "0.0001 EUR"),  # of a ledger that took more decimals than there are
        (None, "EUR", ""),
    ],
)
def test_an_amount_has_its_currency_s_decimals_and_none_is_cut(
    amount: str | None, currency: str, shown: str
) -> None:
    assert money(amount, currency) == shown
