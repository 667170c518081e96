"""Collecting seldom ends with the last who asked for it, in whatever order they leave. What survived is looked at no more, and
what becomes garbage out of sight does not stay for ever.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from runtime.garbage import SELDOM, Survivors, seldom_collected


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


class Ring:
    """Refers to itself: only the collector can free it."""

    def __init__(self) -> None:
        self.itself: Ring | None = self


def looked_at(thing: object) -> bool:
    return any(one is thing for one in gc.get_objects())


def test_what_survived_is_looked_at_no_more_and_freed_as_ever() -> None:
    stays, goes = [object()], Ring()
    gone = weakref.ref(goes)
    with Survivors():
        assert not looked_at(stays), "what was there before"
        later, left = [object()], Ring()
        left_over = weakref.ref(left)
        del left
        assert looked_at(later)
        gc.collect()
        assert not looked_at(later)
        assert left_over() is None, "garbage that was never out of sight is found at once"
        goes.itself = None
        del goes
        assert gone() is None, "no collector was needed"
    assert looked_at(later)
    assert gc.get_threshold() == (701, 9, 8)


def test_rings_that_were_out_of_sight_are_found_when_there_is_twice_as_much() -> None:
    with Survivors(count_every=1):
        lost = Ring()
        gone = weakref.ref(lost)
        gc.collect()
        del lost
        gc.collect()
        assert gone() is not None, "it stays for a while"
        most = 2 * gc.get_freeze_count()  # some of what was there at the start may be gone by now
        more: list[list[int]] = [[] for _ in range(most + 1)]
        gc.collect()
        gc.collect()
        assert gone() is None
        assert not looked_at(more[-1])
