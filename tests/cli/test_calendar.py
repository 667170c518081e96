"""Addresses of calendars in the terminal: made and shown once, looked at, revoked."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Terminal


@pytest.fixture(scope="module")
def login(terminal: Terminal) -> str:
    team = terminal.json("team", "form", "Dated")["answer"]["team_id"]
    rep = terminal.json("rep", "hire", "Wang Dated", "--team", team)["answer"]["rep_id"]
    done = terminal.run("user", "add", "dated", "--role", "rep", "--rep", rep)
    assert done.returncode == 0, done.stderr
    return "dated"


def test_an_address_is_made_shown_once_and_revoked(terminal: Terminal, login: str) -> None:
    assert "no address" in terminal.run("calendar", "show", login).stdout
    made = terminal.run("calendar", "create", login)
    address = made.stdout.splitlines()[-1]
    assert address.startswith("http")
    assert address.endswith(".ics")
    shown = terminal.run("calendar", "show", login).stdout
    assert ("never" in shown, address in shown) == (True, False)
    assert terminal.json("calendar", "create", login)["address"] != address
    assert terminal.json("calendar", "show", login)["made_by"]
    for _ in range(2):
        assert terminal.json("calendar", "revoke", login) == {"login": login, "revoked": True}
    assert terminal.json("calendar", "show", login)["made_at"] is None


def test_chinese(terminal: Terminal, login: str) -> None:
    assert "日历" in terminal.run("calendar", "create", login, "--lang", "zh").stdout
    shown = terminal.run("calendar", "show", login, "--lang", "zh").stdout
    assert "最近读取" in shown


def test_who_is_nobody_or_owes_nobody_anything_has_none(terminal: Terminal) -> None:
    assert "no account has the login nobody-here" in terminal.run("calendar", "create", "nobody-here").stderr
    assert terminal.run("user", "add", "dated-auditor", "--role", "auditor").returncode == 0
    refused = terminal.run("calendar", "create", "dated-auditor")
    assert (refused.returncode, "has no calendar" in refused.stderr) == (1, True)
