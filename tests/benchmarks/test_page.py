"""The measured table finds its place in the page, and says of each row what was measured against whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench import TINY
from benchmarks.figures import OURS, Aim, Figures, Result, Row
from benchmarks.page import BEGIN, END, PAGE, fill, told

AIMS = (Aim("x/s", "peer", at_least=2), Aim("ms", at_most=5))
TURNS: dict[str, list[Figures]] = {OURS: [{"x/s": 300, "ms": 7}], "peer": [{"x/s": 100}]}


def a_result(failure: str = "") -> Result:
    row = Row("speed", "how fast", AIMS, open=None)  # type: ignore[arg-type]
    return Result(row, {} if failure else TURNS, ["a note"], failure)


def test_each_aim_has_its_line_with_figures_ratio_and_verdict() -> None:
    text = told([a_result()], {"processor": "two cores"}, {"fsync": "on"}, TINY)
    assert "| `speed`: how fast | 300 x/s | peer: 100 | 3× | ≥ 2× | reached |" in text
    assert "|  | 7 ms |  |  | ≤ 5 | not reached |" in text
    assert "1 of 2 aims reached" in text
    assert "- `speed`: a note" in text


def test_a_row_that_broke_says_so() -> None:
    assert "| `speed`: how fast | broke: no disk |" in told([a_result("broke: no disk")], {}, {}, TINY)


def test_only_what_is_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    fill(page, "new")
    fill(page, "newer")
    assert page.read_text() == f"before\n{BEGIN}\nnewer\n{END}\nafter\n"


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing to fill")
    with pytest.raises(ValueError, match=r"page\.md"):
        fill(page, "new")
    assert page.read_text() == "nothing to fill"


def test_the_documentation_has_the_marks() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)
