"""A read model that is behind says by how much, and when asking again makes sense."""

from __future__ import annotations

import pytest

from api.engine.reading import APPLIED_A_SECOND, LONGEST_RETRY, _behind
from projections.engine.wait import NotReached


@pytest.mark.parametrize(
    ("behind", "seconds"),
    [(1, 1), (APPLIED_A_SECOND, 1), (APPLIED_A_SECOND + 1, 2), (10**9, LONGEST_RETRY)],
)
def test_it_is_told_when_to_ask_again(behind: int, seconds: int) -> None:
    problem = _behind(NotReached("deal_board", 10**10, 10**10 - behind))
    assert problem.headers["Retry-After"] == str(seconds)
    assert problem.more["behind"] == behind
