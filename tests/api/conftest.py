"""tests/api: one house for the session; a deal of its own for each test that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from uuid import UUID

import pytest

from tests.house import House, opened


@pytest.fixture(scope="session")
def house(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with new_database() as url, opened(url, tmp_path_factory.mktemp("data")) as made:
        yield made


@pytest.fixture(scope="module")
def house_of_the_module(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """For modules that leave behind what others would stumble over: `house` is this one there."""
    with new_database() as url, opened(url, tmp_path_factory.mktemp("data")) as made:
        yield made


@pytest.fixture
def deal(house: House) -> UUID:
    """A fresh deal of the rep `north`."""
    return house.open_deal()
