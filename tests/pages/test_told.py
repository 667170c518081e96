"""Whoever's page may show what happened is told of it, and nobody else. Each test hears one page until something that concerns everybody."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from api.engine.moves import ALIVE, ENDED, LATELY, QUIET, Moves
from api.engine.roles import Role
from api.engine.streams import Streams
from api.engine.users import User
from api.pages import live
from api.pages.engine.page import Page
from projections.deal import concerned
from projections.deal.concerned import EVERYBODY, Concerned
from projections.engine import positions
from projections.engine.signals import Watermarks
from tests.house import House
from tests.pages.conftest import Listening


@pytest.fixture(autouse=True)
def known_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In which team somebody is: no page hears everything for a second after the house was furnished."""
    monkeypatch.setattr(live, "CACHED_SECONDS", 0.0)
    monkeypatch.setattr(live, "SPREAD", 0.0)


class Heard:
    """One page that is open, and what it was told of each read model so far."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.positions: dict[str, int] = {}
        self.event = ""

    def next(self) -> int:
        """Hears the next thing; the highest position in it."""
        for line in self._lines:
            if line.startswith("event:"):
                self.event = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                told = json.loads(line.removeprefix("data:"))
                self.positions |= told
                return max(told.values(), default=0)
        raise AssertionError("the stream ended")

    def until(self, position: int) -> int:
        """The first thing that goes as far as this position: how far it goes."""
        while (told := self.next()) < position:
            pass
        return told

    def all_until(self, position: int) -> None:
        while min(self.positions.values()) < position:
            self.next()


@contextmanager
def hearing(browser: httpx.Client, whose: str, since: int | None = None) -> Iterator[Heard]:
    headers = {"Accept": "text/event-stream"} | ({} if since is None else {"Last-Event-ID": str(since)})
    with browser.stream("GET", f"/desk/live?whose={whose}", headers=headers) as stream:
        heard = Heard(stream.iter_lines())
        heard.next()
        yield heard


@contextmanager
def all_hearing(house: House, **pages: str) -> Iterator[list[Heard]]:
    """Pages of these people, by name, once all of what was before has been told."""
    with ExitStack() as opened:
        heard = [
            opened.enter_context(hearing(house.browser(name.replace("_", "-")), whose))
            for name, whose in pages.items()
        ]
        tell_everybody(house, *heard)
        yield heard


def tell_everybody(house: House, *heard: Heard) -> int:
    """Of what is no deal's; the position of it. All of them hear it."""
    answer = house.admin.post("/customers", json={"name": f"Customer {uuid4().hex}"})
    assert answer.status_code == 201, answer.text
    position = int(answer.json()["position"])
    for one in heard:
        one.all_until(position)
    return position


def write(house: House, path: str, **body: Any) -> int:
    answer = house.admin.post(path, json=body)
    assert answer.is_success, answer.text
    return int(answer.json()["position"])


def log_call(house: House, deal: UUID, **more: str) -> int:
    call = {"kind": "call", "outcome": "reached", "summary": "Boilers."} | more
    return write(house, f"/deals/{deal}/activities", activity=call)


def hand_over(house: House, deal: UUID, rep: str) -> int:
    return write(house, f"/deals/{deal}/handover", to=str(house.reps[rep]), handover_note="They moved.")


def test_who_has_a_deal_is_told_of_it_and_another_team_is_not(house: House) -> None:
    deal = house.open_deal("north")
    with all_hearing(house, north="own", north_manager="team", auditor="all", south="team") as heard:
        written = log_call(house, deal)
        *told, other = heard
        for one in told:
            assert one.until(written) >= written
        last = tell_everybody(house, *told)
        assert other.until(written) >= last, "of the first it was not told"


def test_a_page_of_one_s_own_is_not_told_of_a_colleague_s_and_the_team_s_is(house: House) -> None:
    deal = house.open_deal("north")
    with all_hearing(house, north_manager="team", north2="own") as (team, colleague):
        written = log_call(house, deal)
        team.until(written)
        last = tell_everybody(house, team)
        assert colleague.until(written) >= last, "of the first it was not told"


def test_who_gave_a_deal_away_is_told_and_who_got_it(house: House) -> None:
    deal = house.open_deal("north")
    with all_hearing(house, north="own", south="own") as (before, after):
        written = hand_over(house, deal, "south")
        before.until(written)
        after.until(written)


def test_who_was_away_is_told_that_something_moved(house: House) -> None:
    with all_hearing(house, south="own") as (heard,):
        since = tell_everybody(house, heard)
    house.open_deal("north")
    with hearing(house.browser("south"), "own", since) as again:
        assert again.event == "moved", "whatever it was"


def test_a_page_says_whose_deals_it_shows(house: House) -> None:
    """Of targets, Today shows what the rep answers for: where that is a team's, its deals count, too."""
    owned = (
        house.client("north")
        .get("/attainment", params={"owner_id": str(house.reps["north"])})
        .json()["items"]
    )
    rep, manager = house.browser("north"), house.browser("north-manager")
    said = {
        (name, path): re.search('data-whose="([a-z]*)"', client.get(f"/desk/{path}").text)
        for name, client in (("rep", rep), ("manager", manager))
        for path in ("today", "board", "board?owner_id=all", "deals", "funnel")
    }
    assert {place: found and found[1] for place, found in said.items()} == {
        ("rep", "today"): "own" if all(one["scope"]["kind"] == "rep" for one in owned) else "team",
        ("rep", "board"): "own",
        ("rep", "board?owner_id=all"): "team",
        ("rep", "deals"): "own",
        ("rep", "funnel"): "all",
        ("manager", "today"): "team",
        ("manager", "board"): "team",
        ("manager", "board?owner_id=all"): "team",
        ("manager", "deals"): "team",
        ("manager", "funnel"): "all",
    }


# --- whom a stretch of the ledger concerns ---------------------------------------------------------------------------


async def _by(house: House, write: Callable[[], int]) -> Concerned:
    """Whom it concerns what is written so."""
    async with await psycopg.AsyncConnection.connect(house.settings.database_url) as connection:
        low = await positions.head(connection)
        write()
        return await concerned.between(connection, low, await positions.head(connection))


async def test_a_deal_concerns_its_owner_and_team(house: House) -> None:
    deal = house.open_deal("south")
    found = await _by(house, lambda: log_call(house, deal))
    assert found == Concerned(frozenset({house.reps["south"]}), frozenset({house.teams["south"]}))


async def test_a_touch_concerns_who_did_it_and_their_team(house: House) -> None:
    deal = house.open_deal("south")
    found = await _by(house, lambda: log_call(house, deal, rep_id=str(house.reps["north2"])))
    assert found.people == {house.reps["south"], house.reps["north2"]}
    assert found.teams == {house.teams["south"], house.teams["north"]}


async def test_who_had_it_before_is_concerned_for_good(house: House) -> None:
    deal = house.open_deal("north")
    hand_over(house, deal, "south")
    found = await _by(house, lambda: log_call(house, deal))
    assert found.people == {house.reps["north"], house.reps["south"]}
    assert found.teams == {house.teams["north"], house.teams["south"]}


async def test_what_is_no_deal_s_concerns_everybody(house: House) -> None:
    found = await _by(house, lambda: write(house, "/customers", name="Boilers and sons"))
    assert (found.everybody, found.people_moved) == (True, False)
    assert (await _by(house, lambda: write(house, "/teams", name="east"))).people_moved


async def test_more_than_is_looked_at_concerns_everybody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concerned, "MOST", 1)
    deal = house.open_deal("north")
    assert await _by(house, lambda: log_call(house, deal) + log_call(house, deal)) == EVERYBODY


async def test_where_it_cannot_be_asked_everybody_is_told() -> None:
    async def away(_low: int, _high: int) -> Concerned:
        raise psycopg.OperationalError("away")

    moves, watermarks = Moves(), Watermarks()
    watermarks.set("deal_board", 1)
    async with moves.watching(watermarks, away):
        heard = Listening(lambda found: found.everybody)
        with moves.telling(heard, 1):
            assert b"event: ready" in await heard.handed.get()
            watermarks.set("deal_board", 2)
            assert b"event: moved" in await heard.handed.get()


async def test_what_was_told_since_a_page_was_made_is_told_to_its_stream() -> None:
    async def whom(_low: int, high: int) -> Concerned:
        return Concerned(everybody=high != 2)

    moves, watermarks = Moves(), Watermarks()
    watermarks.set("deal_board", 1)
    async with moves.watching(watermarks, whom):
        made, others = moves.turn, Listening()
        with moves.telling(others, None):
            assert b"event: ready" in await others.handed.get()
            for position in (2, 3):
                watermarks.set("deal_board", position)
                assert b"event: moved" in await others.handed.get()
        late, elsewhere = Listening(lambda found: found.everybody), Listening(lambda _: False)
        with moves.telling(late, None, made), moves.telling(elsewhere, None, "of another process"):
            assert b"event: ready" in late.handed.get_nowait()
            assert b'"deal_board":3' in late.handed.get_nowait(), "and nothing of what does not concern it"
            assert b"event: moved" in elsewhere.handed.get_nowait()
            assert late.handed.empty()


async def test_who_was_told_nothing_for_a_while_hears_that_the_stream_is_there() -> None:
    moves, quiet, told = Moves(), Listening(), Listening()
    with moves.telling(quiet, None), moves.telling(told, None):
        for one in (quiet, told):
            assert b"event: ready" in one.handed.get_nowait()
        quiet.heard_at -= QUIET
        moves._say_alive()
        assert quiet.handed.get_nowait() == ALIVE
        moves._say_alive()
        assert quiet.handed.empty()
        assert told.handed.empty()


async def test_who_takes_nothing_is_told_of_all_at_once_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long that lasts, no more is kept for it."""
    monkeypatch.setattr(live, "CACHED_SECONDS", 3_600.0)  # nobody is looked up here
    moves, takes, all = Moves(), asyncio.Event(), Concerned(everybody=True)
    sent: asyncio.Queue[Any] = asyncio.Queue()

    async def send(message: Any) -> None:
        sent.put_nowait(message["body"])
        await takes.wait()

    app = SimpleNamespace(state=SimpleNamespace(streams=Streams(1)))
    request: Any = SimpleNamespace(app=app, query_params={})
    session: Any = SimpleNamespace(user=User("k", "u", Role.AUDITOR))
    async with asyncio.timeout(60), live.Subscription(Page(request, session), moves).sent_by(send, None):
        assert b"event: ready" in await sent.get()
        for n in range(LATELY + 1):
            moves._tell(b"%d " % n, all)
        takes.set()
        assert await sent.get() == moves.everything()
        moves._end()
        assert [await sent.get(), await sent.get()] == [ENDED, b""]
