"""Collecting seldom ends with the last who asked for it, in whatever order they leave."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from runtime.garbage import SELDOM, seldom_collected


@pytest.fixture(autouse=True)
def _settings_of_its_own() -> Iterator[None]:
    """Whatever ran before in this process may have asked for others, a follower for one."""
    found = gc.get_threshold()
    gc.set_threshold(701, 9, 8)
    yield
    gc.set_threshold(*found)


def test_the_last_to_leave_restores_what_was_before() -> None:
    before = gc.get_threshold()
    first, second = ExitStack(), ExitStack()
    first.enter_context(seldom_collected())
    second.enter_context(seldom_collected())

    first.close()
    assert gc.get_threshold() == SELDOM

    second.close()
    assert gc.get_threshold() == before != SELDOM


def test_it_ends_with_an_exception_too() -> None:
    before = gc.get_threshold()
    try:
        with seldom_collected():
            raise KeyError
    except KeyError:
        pass
    assert gc.get_threshold() == before
