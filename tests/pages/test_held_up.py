"""What cannot be done just now: a page says for how long, and nothing typed is lost; an open page hears that the database is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi import Response

from api.engine.errors import TOO_MANY_REQUESTS, too_many
from api.engine.moves import Moves
from api.pages.engine.failing import problem_of
from api.pages.engine.page import said_when
from projections.engine.signals import Watermarks
from runtime import database
from tests.house import House, opened
from tests.pages.conftest import Listening

Post = Callable[..., httpx.Response]
APPEND_LOCK = 7_205_003
"""Of who records something; see `ledger.append` in the migrations."""


@pytest.fixture
def hasty(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A house that waits a tenth of a second for a lock."""
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.1)
    with new_database() as url, opened(url, tmp_path) as made:
        yield made


def test_a_form_stays_as_it_was_typed_and_says_when_to_try_again(hasty: House, post_act: Post) -> None:
    rep = hasty.browser("north")
    with psycopg.connect(hasty.settings.database_url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [APPEND_LOCK])
        answer = post_act(rep, "openDeal", {}, title="Kept as typed")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert 'value="Kept as typed"' in answer.text
    assert "Try again in 5 seconds." in answer.text
    rep.headers["Accept-Language"] = "zh-CN"
    with psycopg.connect(hasty.settings.database_url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [APPEND_LOCK])
        assert "请在 5 秒后重试。" in post_act(rep, "openDeal", {}, title="x").text


def test_what_is_asked_too_often_says_when_it_is_taken_again() -> None:
    status, problem = problem_of(too_many(TOO_MANY_REQUESTS, "more than 5 a second", 6.2))
    assert (status, problem["retry_after"]) == (429, 7)
    assert said_when(Response(), problem).headers["retry-after"] == "7"


async def test_whoever_listens_hears_that_the_database_is_away_and_back() -> None:
    moves, watermarks = Moves(), Watermarks()
    watermarks.set("deal_board", 1)
    async with moves.watching(watermarks):
        heard, meanwhile, after = Listening(), Listening(), Listening()
        with moves.telling(heard, 1):
            assert b"event: away" not in await heard.handed.get()
            watermarks.say_away(True)
            assert b"event: away" in await heard.handed.get()
            with moves.telling(meanwhile, 1):
                assert b"event: away" in await meanwhile.handed.get(), "who comes meanwhile hears it at once"
            watermarks.say_away(False)
            assert b"event: back" in await heard.handed.get()
        with moves.telling(after, 1):
            assert b"event: away" not in await after.handed.get()
