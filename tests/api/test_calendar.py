"""Whose calendar is at an address: who gets it, for how long, and what becomes of those who guess."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from api.engine.accounts import NewAccount
from api.engine.calendar_addresses import BURST
from api.engine.roles import Role
from projections.engine.wait import Waiter
from runtime.bounds import Bounds
from tests.api.test_ical import events
from tests.conftest import PATIENCE
from tests.house import FROM_OUR_PAGE, House, make_account, serving, settings_for
from tests.pages.conftest import hidden

_made = count()


# -- who gets it ----------------------------------------------------------------------------------


@pytest.fixture
def login(house: House) -> str:
    """Of a fresh account of the rep `north`."""
    return account(house, Role.REP, rep_id=house.reps["north"])


def account(house: House, role: Role, **whose: Any) -> str:
    name = f"dated-{next(_made)}"
    new = NewAccount(name, role, timezone="Asia/Shanghai", **whose)
    house.accounts[name] = asyncio.run(make_account(house.settings.database_url, new))
    return name


def address(house: House, login: str) -> str:
    answer = house.admin.post(f"/accounts/{login}/calendar")
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    path: str = answer.json()["path"]
    return path


def fetch(house: House, path: str, **headers: str) -> httpx.Response:
    """As a calendar program does: without a key."""
    return httpx.get(house.base + path, headers=headers, timeout=2 * PATIENCE)


def reach(house: House, *models: str) -> None:
    """The read models know all that was opened here."""

    async def until() -> None:
        async with Waiter(house.settings.database_url) as waiter:
            for model in models:
                await waiter.until(model, house.position, PATIENCE)

    asyncio.run(until())


def of_deal(content: bytes, deal: UUID) -> list[Any]:
    return [one for one in events(content) if str(deal) in str(one.get("URL"))]


def test_whoever_has_the_address_reads_what_the_person_owes_and_nobody_else_s(
    house: House, login: str
) -> None:
    due = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    step = {"what": "send the offer", "due_at": due}
    mine, theirs = house.open_deal(next_step=step), house.open_deal("north2", next_step=step)
    reach(house, "agenda", "handed_over")
    answer = fetch(house, address(house, login))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == (
        "private, no-cache",
        "no-referrer",
    )
    (event,) = of_deal(answer.content, mine)
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert of_deal(answer.content, theirs) == []


def test_it_is_fetched_again_only_when_it_changed(house: House, login: str) -> None:
    path = address(house, login)
    first = fetch(house, path)
    tag, since = first.headers["etag"], first.headers["last-modified"]
    for asked in (
        {"If-None-Match": tag},
        {"If-None-Match": f'"other", W/{tag}'},
        {"If-Modified-Since": since},
    ):
        again = fetch(house, path, **asked)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert fetch(house, path, **{"If-None-Match": '"other"', "If-Modified-Since": since}).status_code == 200
    for said in ("yesterday", f"Mon, 30 Nov {'9' * 30} 00:00:00 GMT"):
        assert fetch(house, path, **{"If-Modified-Since": said}).status_code == 200
    house.open_deal()
    reach(house, "agenda")
    changed = fetch(house, path, **{"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] == tag) == (200, False)
    assert changed.headers["last-modified"] != since, "in the same second as well"
    assert fetch(house, path, **{"If-Modified-Since": since}).status_code == 200


def test_a_new_address_ends_the_old_one_and_a_revoked_one_is_nobody_s(house: House, login: str) -> None:
    first = address(house, login)
    second = address(house, login)
    assert [fetch(house, path).status_code for path in (first, second)] == [404, 200]
    told = house.admin.get(f"/accounts/{login}/calendar").json()
    assert (told["made_by"], told["made_at"] is None, told["read_at"] is None) == ("ops", False, False)
    for _ in range(2):
        assert house.admin.post(f"/accounts/{login}/calendar/revoke").status_code == 204
    gone = fetch(house, second)
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")
    assert house.admin.get(f"/accounts/{login}/calendar").json() == {
        "made_at": None,
        "made_by": None,
        "read_at": None,
    }
    changes = house.admin.get(f"/accounts/{login}/changes").json()["changes"]
    assert [(one["what"], one["detail"]) for one in changes][:3] == [
        ("calendar", "revoked"),
        ("calendar", "made"),
        ("calendar", "made"),
    ]


def test_of_a_disabled_account_there_is_none_and_enabling_brings_none_back(house: House, login: str) -> None:
    path = address(house, login)
    assert house.admin.post(f"/accounts/{login}/disable").status_code == 204
    assert fetch(house, path).status_code == 404
    refused = house.admin.post(f"/accounts/{login}/calendar")
    assert (refused.status_code, "has no calendar" in refused.json()["detail"]) == (403, True)
    assert house.admin.post(f"/accounts/{login}/enable").status_code == 204
    assert fetch(house, path).status_code == 404


def test_of_a_rep_who_left_there_is_none(house: House) -> None:
    rep = house.admin.post("/reps", json={"name": "Rep going", "team_id": str(house.teams["south"])}).json()
    login = account(house, Role.REP, rep_id=UUID(rep["answer"]["rep_id"]))
    path = address(house, login)
    assert fetch(house, path).status_code == 200
    left = house.admin.post(f"/reps/{rep['answer']['rep_id']}/leave", json={})
    assert left.status_code == 200, left.text
    assert fetch(house, path).status_code == 404


def test_who_owes_nobody_anything_has_none(house: House) -> None:
    login = account(house, Role.AUDITOR)
    assert house.admin.post(f"/accounts/{login}/calendar").status_code == 403
    path = address(house, manager := account(house, Role.MANAGER, team_id=house.teams["north"]))
    assert events(fetch(house, path).content) == [], "nobody manages the team"
    assert house.admin.post(f"/accounts/{manager}/role", json={"role": "auditor"}).status_code == 204
    assert fetch(house, path).status_code == 404


def test_nothing_but_its_hash_is_kept(house: House, login: str) -> None:
    token = address(house, login).removeprefix("/calendars/").removesuffix(".ics")
    assert len(token) == 43
    with psycopg.connect(house.settings.database_url) as connection:
        kept = connection.execute("SELECT row_to_json(c)::text FROM app.calendar_addresses c").fetchall()
        changes = connection.execute("SELECT row_to_json(c)::text FROM app.account_changes c").fetchall()
    assert token not in str([*kept, *changes])


@pytest.mark.parametrize(
    "path",
    [
        "/calendars/x.ics",
        f"/calendars/{'a' * 43}.ics",
        f"/calendars/{'a' * 43}",
        f"/calendars/{'é' * 43}.ics",
        f"/calendars/{'a' * 5000}.ics",
    ],
)
def test_what_is_nobody_s_address_is_not_there(house: House, path: str) -> None:
    answer = fetch(house, path)
    assert answer.status_code in (404, 422)
    assert (
        fetch(house, path, Authorization=f"Bearer {house.tokens['admin']}").status_code == answer.status_code
    )


# -- one's own ------------------------------------------------------------------------------------


def test_a_key_has_no_calendar_of_its_own(house: House) -> None:
    for name in ("north", "north-manager"):
        client = house.client(name)
        assert client.get("/account/calendar").status_code == 403
        assert client.post("/account/calendar").status_code == 403
        assert client.post("/account/calendar/revoke").status_code == 403
        assert client.post("/accounts/desk-north/calendar").status_code == 403


def test_on_the_desk_it_is_made_shown_once_and_revoked(house: House) -> None:
    browser = house.browser("south")
    page = browser.get("/desk/settings").text
    made = browser.post("/desk/settings/calendar", data={"csrf": hidden(page, "csrf")})
    assert made.status_code == 200
    assert "no-store" in made.headers["cache-control"]
    path = "/calendars/" + made.text.split("/calendars/")[1].split(".ics")[0] + ".ics"
    assert fetch(house, path).status_code == 200
    page = browser.get("/desk/settings").text
    assert "It was fetched last at" in page
    assert path not in page
    gone = browser.post("/desk/settings/calendar/revoke", data={"csrf": hidden(page, "csrf")})
    assert gone.status_code == 303
    assert "There is no address yet." in browser.get("/desk/settings").text
    assert fetch(house, path).status_code == 404


def test_another_page_s_form_makes_and_revokes_nothing(house: House) -> None:
    browser = house.browser("south")
    for path in ("/desk/settings/calendar", "/desk/settings/calendar/revoke"):
        assert browser.post(path, data={"csrf": "x"}, headers=FROM_OUR_PAGE).status_code == 403


def test_an_auditor_s_settings_offer_none(house: House) -> None:
    assert "/desk/settings/calendar" not in house.browser("auditor").get("/desk/settings").text


# -- who guesses ----------------------------------------------------------------------------------


@contextlib.contextmanager
def bounded(house: House, tmp_path: Path, bounds: Bounds) -> Iterator[str]:
    with serving(settings_for(house.settings.database_url, tmp_path, bounds)) as base:
        yield base


def test_guesses_are_throttled_and_who_was_right_before_is_answered_all_the_same(
    house: House, login: str, tmp_path: Path
) -> None:
    path, second = address(house, login), address(house, account(house, Role.REP, rep_id=house.reps["south"]))
    with bounded(house, tmp_path, Bounds(wrong_keys=3)) as base:
        assert httpx.get(base + path).status_code == 200
        guessed = [httpx.get(f"{base}/calendars/{n:043}.ics") for n in range(5)]
        assert [one.status_code for one in guessed] == [404] * 3 + [429] * 2
        assert int(guessed[-1].headers["retry-after"]) > 0
        assert httpx.get(base + path).status_code == 200
        assert httpx.get(base + second).status_code == 429, "right, but nobody knows yet"


def test_one_address_is_answered_so_often_and_no_more(house: House, login: str, tmp_path: Path) -> None:
    path = address(house, login)
    with bounded(house, tmp_path, Bounds()) as base:
        statuses = [httpx.get(base + path).status_code for _ in range(BURST)]
        # On a slow machine one more has been granted meanwhile.
        further = (httpx.get(base + path).status_code for _ in range(BURST))
        assert next((status for status in further if status != 200), None) == 429
    assert statuses == [200] * BURST


def test_metrics_have_no_address(house: House, login: str) -> None:
    path = address(house, login)
    wrong = f"/calendars/{'w' * 43}.ics"
    fetch(house, path)
    fetch(house, wrong)
    told = house.client("auditor").get("/metrics").text
    assert 'route="/calendars/{token}.ics",status="200"' in told
    assert not any(secret[11:54] in told for secret in (path, wrong))
