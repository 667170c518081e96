"""Accounts over HTTP: an administrator's business, within the limits of the operator's."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from api.engine.accounts import Accounts, NewAccount
from api.engine.roles import Role
from api.engine.users import KeyStore, NewKey
from domain.engine.errors import AlreadyExists
from runtime.ledger import open_ledger
from tests.api.sign_in.conftest import PASSWORD, with_password
from tests.house import House, make_account


def test_whoever_opens_the_link_first_signs_in_as_what_was_said(house: House, browser: httpx.Client) -> None:
    rep = str(house.reps["north"])
    made = house.admin.post("/accounts", json={"login": "li", "role": "rep", "rep_id": rep, "name": "李伟"})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert (
        browser.post(made.json()["path"], data={"password": PASSWORD, "again": PASSWORD}).status_code == 303
    )
    (li,) = [one for one in house.admin.get("/accounts").json()["accounts"] if one["login"] == "li"]
    assert (li["name"], li["has_password"], li["sessions"]) == ("李伟", True, 1)
    assert "hash" not in str(li)


def test_an_account_that_is_disabled_is_signed_out_and_stays_out(house: House, browser: httpx.Client) -> None:
    with_password(house, browser, "wang")
    typed = {"login": "wang", "password": PASSWORD, "next": ""}
    assert browser.post("/sign-in", data=typed).status_code == 303
    assert house.admin.post("/accounts/wang/disable").status_code == 204
    assert browser.get("/sign-in").status_code == 200, "signed out"
    assert browser.post("/sign-in", data=typed).status_code == 403
    assert house.admin.post("/accounts/wang/link").status_code == 403
    assert house.admin.post("/accounts/wang/enable").status_code == 204
    assert browser.post("/sign-in", data=typed).status_code == 303
    assert house.admin.post("/accounts/wang/sign-out").json() == {"ended": 1}
    assert browser.get("/sign-in").status_code == 200, "signed out"
    whats = [one["what"] for one in house.admin.get("/accounts/wang/changes").json()["changes"]]
    assert whats == ["signed out", "enabled", "signed out", "disabled", "password", "link", "created"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"login": "x", "role": "rep"}, 422, "needs rep_id"),
        ({"login": "x", "role": "manager"}, 422, "needs team_id"),
        ({"login": "x y", "role": "auditor"}, 422, "login"),
        ({"login": "x", "role": "auditor", "email": "x"}, 422, "email"),
        ({"login": "x", "role": "auditor", "language": "fr"}, 422, "one of en, zh"),
        ({"login": "x", "role": "auditor", "timezone": "../etc"}, 422, "IANA"),
        ({"login": "x", "role": "rep", "rep_id": "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"}, 422, "rep_id"),
        ({"login": "x", "role": "auditor", "password": "x"}, 422, "password"),
    ],
)
def test_a_wrong_account_is_named(house: House, body: dict[str, str], status: int, said: str) -> None:
    answer = house.admin.post("/accounts", json=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text


def test_a_login_that_is_taken_is_refused(house: House) -> None:
    body = {"login": "taken", "role": "auditor"}
    assert house.admin.post("/accounts", json=body).status_code == 201
    assert house.admin.post("/accounts", json=body | {"login": "Taken"}).status_code == 409


def test_a_repeat_makes_no_second_account_and_shows_no_second_link(house: House) -> None:
    key, body = {"Idempotency-Key": "once"}, {"login": "once", "role": "auditor"}
    first, again = (house.admin.post("/accounts", json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {"login": "once", "path": None}
    assert again.headers["idempotency-replayed"] == "true"
    assert house.admin.post("/accounts", json=body, headers={"Idempotency-Key": "twice"}).status_code == 409
    other = body | {"login": "Wholly-other"}
    assert house.admin.post("/accounts", json=other, headers=key).json()["code"] == "idempotency-key-reused"


def test_nobody_but_an_administrator_sees_or_makes_any(house: House) -> None:
    for name in ("north", "north-manager", "auditor"):
        client = house.client(name)
        assert client.get("/accounts").status_code == 403
        assert client.post("/accounts", json={"login": "me", "role": "auditor"}).status_code == 403
        assert client.post("/accounts/u-x/disable").status_code == 403
        assert client.post("/accounts/u-x/email", json={"email": "me@example.com"}).status_code == 403


def test_nothing_of_a_person_reaches_the_log(
    house: House, browser: httpx.Client, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Nor what opens a session: the access log names routes, not addresses."""
    from runtime import logging as logs

    logs.configure("DEBUG", json_lines=True)
    try:
        body = {"login": "quiet", "role": "auditor", "name": "Silent Person", "email": "silent@example.com"}
        path = house.admin.post("/accounts", json=body).json()["path"]
        browser.get(path)
        browser.post(path, data={"password": PASSWORD, "again": PASSWORD})
        browser.post("/sign-in", data={"login": "quiet", "password": "wrong password", "next": ""})
    finally:
        logs.configure("WARNING")
    told = "".join(capfd.readouterr()) + caplog.text
    for secret in (
        path.rpartition("/")[2],
        PASSWORD,
        "wrong password",
        "Silent",
        "silent@",
        browser.cookies["salesloop"],
    ):
        assert secret not in told


def test_an_administrator_is_made_by_the_operator_alone(house: House) -> None:
    asyncio.run(make_account(house.settings.database_url, NewAccount("chief", Role.ADMIN)))
    house.admin.post("/accounts", json={"login": "climber", "role": "auditor"})
    admin = {"role": "admin"}
    for path, body in (
        ("/accounts", {"login": "me", **admin}),
        ("/accounts/climber/role", admin),
        ("/accounts/chief/role", {"role": "auditor"}),
        ("/accounts/chief/email", {"email": "me@example.com"}),
        ("/accounts/chief/link", None),
        ("/accounts/chief/enable", None),
    ):
        answer = house.admin.post(path, json=body)
        assert (answer.status_code, "operator" in answer.json()["detail"]) == (403, True), path
    assert house.admin.post("/accounts/chief/disable").status_code == 204


class TestAnAddress:
    def test_is_changed_and_taken_away_and_the_history_says_when_and_not_which(self, house: House) -> None:
        body = {"login": "moves", "role": "auditor", "email": "old@example.com"}
        assert house.admin.post("/accounts", json=body).status_code == 201
        for email in ("new@example.com", "new@example.com", None):
            answer = house.admin.post("/accounts/MOVES/email", json={"email": email})
            assert answer.status_code == 204, answer.text
            assert email_of(house, "moves") == email
        changes = house.admin.get("/accounts/moves/changes").json()["changes"]
        assert [one["what"] for one in changes] == ["e-mail", "e-mail", "link", "created"], (
            "what changed nothing is none"
        )
        assert "example.com" not in str(changes)

    def test_of_another_account_is_refused_whatever_its_case(self, house: House) -> None:
        for login in ("first", "second"):
            body = {"login": login, "role": "auditor", "email": f"{login}@example.com"}
            assert house.admin.post("/accounts", json=body).status_code == 201
        answer = house.admin.post("/accounts/second/email", json={"email": "First@example.com"})
        assert answer.status_code == 409
        assert answer.json()["detail"] == "email: there is an account with it already"
        assert email_of(house, "second") == "second@example.com"

    @pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": ""}, {"email": "a@b", "login": "x"}])
    def test_that_is_wrong_is_named(self, house: House, body: dict[str, str]) -> None:
        answer = house.admin.post("/accounts/nobody/email", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"] in {"email", "login"}) == (422, True)

    def test_of_nobody_is_not_found(self, house: House) -> None:
        assert house.admin.post("/accounts/nobody-here/email", json={"email": None}).status_code == 404


def email_of(house: House, login: str) -> str | None:
    (found,) = [one for one in house.admin.get("/accounts").json()["accounts"] if one["login"] == login]
    email: str | None = found["email"]
    return email


class TestAName:
    def test_of_a_key_is_no_login_whatever_its_case_also_after_it_was_revoked(self, house: House) -> None:
        made = house.admin.post("/keys", json={"user_id": "li-key", "role": "auditor"})
        assert house.admin.delete(f"/keys/{made.json()['id']}").status_code == 204
        body = {"login": "LI-key", "role": "auditor"}
        for headers in ({}, {"Idempotency-Key": "of a key"}):
            answer = house.admin.post("/accounts", json=body, headers=headers)
            assert (answer.status_code, "an API key" in answer.json()["detail"]) == (409, True), answer.text

    def test_of_an_account_is_no_key_s(self, house: House) -> None:
        assert house.admin.post("/accounts", json={"login": "fang", "role": "auditor"}).status_code == 201
        body = {"user_id": "Fang", "role": "auditor"}
        for headers in ({}, {"Idempotency-Key": "of an account"}):
            answer = house.admin.post("/keys", json=body, headers=headers)
            assert (answer.status_code, "an account has" in answer.json()["detail"]) == (409, True), (
                answer.text
            )
        assert house.admin.post("/keys", json=body | {"user_id": "fang-laptop"}).status_code == 201

    async def test_is_taken_by_one_of_two_at_once(self, house: House) -> None:
        async with open_ledger(house.settings.database_url, min_size=2, max_size=2) as ledger:
            for n in range(20):
                met = await asyncio.gather(
                    Accounts(ledger).create(NewAccount(f"both-{n}", Role.AUDITOR), "tests"),
                    KeyStore(ledger).create(NewKey(f"both-{n}", Role.AUDITOR), "tests"),
                    return_exceptions=True,
                )
                assert sum(isinstance(one, AlreadyExists) for one in met) == 1, met


@pytest.mark.parametrize("name", ["north", "north-manager", "auditor", "admin"])
def test_a_key_has_no_account_to_read_or_choose_for(house: House, name: str) -> None:
    client = house.client(name)
    for answer in (client.get("/account"), client.post("/account", json={"language": "zh"})):
        assert (answer.status_code, "a key has no account" in answer.json()["detail"]) == (403, True), name
    said = client.get("/account", headers={"Accept-Language": "zh"}).json()["detail"]
    assert said == "密钥没有账号：在页面上登录的人才有账号"


def test_a_cookie_opens_no_account_over_http(house: House) -> None:
    """The pages ask within the process: a browser cannot be made to."""
    assert house.browser("north").post("/account", json={"language": "zh"}).status_code == 401


def test_an_account_tells_its_owner_what_was_chosen(house: House) -> None:
    made = asyncio.run(_own(house))
    assert made["login"] == "own"
    assert (made["language"], made["timezone"]) == ("zh", None), "what is left out stays"


async def _own(house: House) -> dict[str, object]:
    async with open_ledger(house.settings.database_url, min_size=1, max_size=2) as ledger:
        accounts = Accounts(ledger)
        id = await accounts.create(NewAccount("own", Role.AUDITOR, language="en"), "tests")
        await accounts.prefer(id, "zh", None)
        return await accounts.own(id)
