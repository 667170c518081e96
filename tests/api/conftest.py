"""tests/api: one house for the session; a deal of its own for each test that asks."""

from __future__ import annotations

import pytest

from tests.house import deal, furnished

__all__ = ["deal"]

house = pytest.fixture(furnished, scope="session")
house_of_the_module = pytest.fixture(furnished, scope="module")
"""A module whose `house` is this one leaves the others' alone."""
