"""What every page has in common: who may open it, what protects it, how it says what went wrong, and that it hears of changes."""

from __future__ import annotations

from contextlib import ExitStack

import httpx
import psycopg
import pytest
from starlette.requests import ClientDisconnect

from api.engine.moves import Moves
from api.engine.roles import Role
from api.engine.sessions import csrf
from api.engine.signed_in import COOKIE
from api.engine.users import digest
from api.pages import live
from api.pages.engine.failing import problem_of
from api.pages.navigation import ENTRIES, entries
from projections.engine.signals import Watermarks
from tests.house import House
from tests.pages.conftest import Listening

WHO = {Role.REP: "north", Role.MANAGER: "north-manager", Role.AUDITOR: "auditor", Role.ADMIN: "admin"}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_a_page_opens_for_its_roles_alone(house: House, entry: object, role: Role) -> None:
    answer = house.browser(WHO[role]).get(entry.address)  # type: ignore[attr-defined]
    assert answer.status_code == (200 if entry in entries(role) else 403), answer.text[:2000]


@pytest.mark.parametrize("place", ["targets", "scorecards", "action-items", "adjustments", "meetings"])
def test_what_belongs_to_cycles_is_marked_there(rep: httpx.Client, place: str) -> None:
    page = rep.get(f"/desk/{place}").text
    assert '<a href="/desk/cycles" aria-current="page">' in page
    assert page.count('aria-current="page"') == 3, "beside it, in what folds out on a phone, and the tab"


def test_a_page_is_protected_and_kept_by_nobody(rep: httpx.Client) -> None:
    headers = rep.get("/desk/board").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "private, no-store"


def test_a_stranger_is_sent_to_sign_in_and_back(house: House) -> None:
    answer = httpx.get(f"{house.base}/desk/board?text=a", headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/desk/board%3Ftext%3Da"


def test_the_address_alone_leads_to_the_desk(house: House, rep: httpx.Client) -> None:
    answer = httpx.get(house.base)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert rep.get("/").headers["location"] == "/desk"


def test_an_open_page_of_who_was_signed_out_keeps_what_is_on_it(house: House) -> None:
    answer = httpx.get(f"{house.base}/desk/board", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_what_is_not_there_is_a_page_that_says_so(rep: httpx.Client) -> None:
    answer = rep.get("/desk/act/nonsense")
    assert answer.status_code == 404
    assert "There is no such page for you" in answer.text


def test_the_middle_alone_is_answered_to_a_page_that_is_open(rep: httpx.Client) -> None:
    answer = rep.get("/desk/board", headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert 'class="kanban"' in answer.text


def test_an_open_page_hears_of_what_anybody_writes(house: House, rep: httpx.Client) -> None:
    with rep.stream("GET", "/desk/live", headers={"Accept": "text/event-stream"}) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: ready"
        house.open_deal()
        assert any(line.startswith("data:") and '"deal_board"' in line for line in _until_moved(lines))


def test_an_open_page_of_who_was_signed_out_is_told_so_however_much_moves(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "QUIET", 0.0)
    browser = house.browser("north")
    token = csrf(browser.cookies[COOKIE])
    with browser.stream("GET", "/desk/live", headers={"Accept": "text/event-stream"}) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: ready"
        browser.post("/sign-out", data={"csrf": token})
        house.open_deal()
        told = (line for line in lines if line.startswith("event:") and line != "event: moved")
        assert next(told) == "event: signed-out"


async def test_who_is_busy_meanwhile_misses_no_message() -> None:
    moves = Moves()
    async with moves.watching(Watermarks()):
        heard = Listening()
        with moves.telling(heard, None):
            heard.handed.get_nowait()
            moves._tell(b"one")
            moves._tell(b"two")
            assert [heard.handed.get_nowait() for _ in range(2)] == [b"one", b"two"]
    assert heard.ended is False, "it was no longer there"


@pytest.mark.parametrize(
    ("path", "headers", "used"),
    [
        ("/desk/board", {"HX-Request": "true", "HX-Target": "main#main"}, False),
        ("/desk/due", {}, False),
        ("/desk/board", {}, True),
    ],
)
def test_a_page_that_keeps_itself_up_to_date_keeps_nobody_signed_in(
    house: House, path: str, headers: dict[str, str], used: bool
) -> None:
    browser = house.browser("north")
    session = digest(browser.cookies[COOKIE])
    with psycopg.connect(house.settings.admin_database_url, autocommit=True) as operator:
        operator.execute(
            "UPDATE app.sessions SET seen_at = now() - interval '1 hour' WHERE id_hash = %s", [session]
        )
        assert browser.get(path, headers=headers).status_code == 200
        found = operator.execute(
            "SELECT seen_at > now() - interval '1 minute' FROM app.sessions WHERE id_hash = %s", [session]
        )
        assert found.fetchone() == (used,)


def _until_moved(lines: object) -> list[str]:
    found = []
    for line in lines:  # type: ignore[attr-defined]
        found.append(line)
        if '"deal_board"' in line:
            return found
    return found


def test_files_are_kept_for_good_and_found_by_their_content(rep: httpx.Client) -> None:
    page = rep.get("/desk/board").text
    for name in ("desk.css", "desk.js", "htmx.js"):
        address = next(part for part in page.split('"') if part.endswith(f"/{name}"))
        answer = rep.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert rep.get(address.replace("/static/", "/static/x")).status_code == 404


@pytest.mark.parametrize("tab", ["people", "accounts", "keys", "rules", "imports", "read-models"])
def test_the_middle_alone_of_a_page_that_two_templates_make(admin: httpx.Client, tab: str) -> None:
    answer = admin.get(f"/desk/admin/{tab}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Administration" in answer.text
    assert "<main" not in answer.text


def test_a_form_that_is_broken_off_is_no_error_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    status, problem = problem_of(ClientDisconnect())
    assert (status, problem["detail"]) == (400, "the body ended before it was whole")
    assert not caplog.records


def test_a_session_has_so_many_streams_and_no_more(house: House) -> None:
    client = house.browser("north2")
    with ExitStack() as streams:
        opened = [
            streams.enter_context(client.stream("GET", "/desk/live"))
            for _ in range(house.settings.bounds.streams_per_key)
        ]
        listening = [stream.iter_bytes() for stream in opened]  # whoever lets go of one closes its stream
        assert all(next(pieces) for pieces in listening)
        refused = client.get("/desk/live")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert house.browser("north2").get("/desk/board").status_code == 200
