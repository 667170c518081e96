"""What a browser has to fetch stays small, however many deals there are."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from api.pages.board import CARDS
from tests.house import opened

MOST = 60_000
"""Bytes, compressed: of a page's HTML, and of all scripts together."""
DEALS = 300


@pytest.fixture(scope="module")
def manager(
    new_database: Callable[[], AbstractContextManager[str]], module_scratch: Path
) -> Iterator[httpx.Client]:
    """In a house of its own, whose board has a first column longer than a page shows."""
    with new_database() as url, opened(url, module_scratch) as house:
        for n in range(DEALS):
            house.open_deal("north", title=f"{n} boilers for 宁波 {n * 7919 % 1000}")
        found = house.browser("north-manager")
        found.params = httpx.QueryParams({"after": str(house.position)})
        yield found


def compressed(content: bytes) -> int:
    return len(gzip.compress(content))


@pytest.mark.parametrize("path", ["/desk/board", "/desk/today", "/desk/team", "/desk/deals"])
def test_html_is_small_with_hundreds_of_deals(manager: httpx.Client, path: str) -> None:
    answer = manager.get(path)
    assert answer.status_code == 200
    assert compressed(answer.content) < MOST


def test_a_board_of_hundreds_shows_cards(manager: httpx.Client) -> None:
    """What is weighed above is no empty page."""
    shown = manager.get("/desk/board").text
    assert shown.count('<article class="deal"') >= CARDS


def test_all_script_is_small(manager: httpx.Client) -> None:
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', manager.get("/desk/board").text)
    assert len(scripts) == 2, scripts
    total = sum(compressed(manager.get(script).content) for script in scripts)
    assert 0 < total < MOST
