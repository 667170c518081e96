"""Signing in with a password or a link, and out; what strangers try instead."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from api.engine import admission, passwords
from api.engine.rates import Rate
from api.engine.users import TooManyTries
from runtime.bounds import Bounds
from runtime.ledger import open_ledger
from runtime.sign_in import SignIn
from tests.api.sign_in.conftest import PASSWORD, account_for, link_for, with_password
from tests.house import FROM_OUR_PAGE, House, serving, settings_for

WRONG = {"login": "nobody", "password": "not the password"}


def signs_in(browser: httpx.Client, login: str, **more: Any) -> httpx.Response:
    return browser.post("/sign-in", data={"login": login, "password": PASSWORD, "next": "", **more})


def csrf_of(house: House, browser: httpx.Client) -> str:
    from api.engine.sessions import csrf

    return csrf(browser.cookies["salesloop"])


class TestALink:
    def test_sets_a_password_once_and_signs_in(self, house: House, browser: httpx.Client) -> None:
        place = f"/sign-in/link/{link_for(house, account_for(house, 'first'))}"
        assert "first" in browser.get(place).text
        assert browser.get(place).status_code == 200, "looking spends nothing"
        answer = browser.post(place, data={"password": PASSWORD, "again": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
        assert browser.get("/sign-in").status_code == 303, "signed in"
        again = browser.post(place, data={"password": "another password", "again": "another password"})
        assert again.status_code == 410
        browser.cookies.clear()
        assert signs_in(browser, "first").status_code == 303

    @pytest.mark.parametrize(
        ("password", "again", "said"),
        [
            ("short", "short", "characters"),
            (PASSWORD, "something else", "not the same"),
            ("", "", "characters"),
        ],
    )
    def test_asks_for_a_password_that_will_do(
        self, house: House, browser: httpx.Client, password: str, again: str, said: str
    ) -> None:
        place = f"/sign-in/link/{link_for(house, account_for(house, f'typing{len(password)}'))}"
        answer = browser.post(place, data={"password": password, "again": again})
        assert answer.status_code == 422
        assert said in answer.text
        assert browser.post(place, data={"password": PASSWORD, "again": PASSWORD}).status_code == 303

    def test_that_ran_out_was_replaced_or_never_was_is_gone(
        self, house: House, browser: httpx.Client
    ) -> None:
        account = account_for(house, "late")
        out = link_for(house, account, lasts=timedelta(seconds=-1))
        replaced, _ = link_for(house, account), link_for(house, account)
        for token in (out, replaced, "x" * 43):
            answer = browser.get(f"/sign-in/link/{token}")
            assert answer.status_code == 410
            assert "ask for a new one" in answer.text
        assert browser.get("/sign-in/link/short").status_code == 400

    def test_ends_the_sessions_of_before(self, house: House, browser: httpx.Client) -> None:
        account = with_password(house, browser, "twice")
        signs_in(browser, "twice")
        with httpx.Client(base_url=house.base, headers=FROM_OUR_PAGE) as other:
            place = f"/sign-in/link/{link_for(house, account)}"
            assert other.post(place, data={"password": PASSWORD, "again": PASSWORD}).status_code == 303
        assert browser.get("/sign-in").status_code == 200, "signed out"

    def test_of_a_demonstration_opens_again_and_again(self, house: House, browser: httpx.Client) -> None:
        place = f"/sign-in/link/{link_for(house, account_for(house, 'shown'), once=False)}"
        for _ in range(2):
            browser.cookies.clear()
            assert browser.get(place).headers["location"] == "/desk"
            assert browser.get("/sign-in").status_code == 303, "signed in"


class TestTheCookie:
    def test_on_this_machine(self, house: House, browser: httpx.Client) -> None:
        with_password(house, browser, "plain")
        said = signs_in(browser, "plain").headers["set-cookie"]
        assert re.fullmatch(r"salesloop=[\w-]{43}; HttpOnly; Path=/; SameSite=lax", said)

    def test_behind_https(self, house: House, tmp_path: Any) -> None:
        account = account_for(house, "safely")
        settings = settings_for(house.settings.database_url, tmp_path)
        object.__setattr__(settings, "sign_in", SignIn(public_url="https://sales.example.com"))
        with serving(settings) as base, httpx.Client(base_url=base, headers=FROM_OUR_PAGE) as browser:
            place = f"/sign-in/link/{link_for(house, account)}"
            said = browser.post(place, data={"password": PASSWORD, "again": PASSWORD}).headers["set-cookie"]
            assert re.fullmatch(r"__Host-salesloop=[\w-]{43}; HttpOnly; Path=/; SameSite=lax; Secure", said)
            cookie = said.partition(";")[0]
            assert browser.get("/sign-in", headers={"Cookie": cookie}).status_code == 303
            plain = cookie.removeprefix("__Host-")
            assert browser.get("/sign-in", headers={"Cookie": plain}).status_code == 200, "no cookie of ours"

    def test_travels_nowhere_in_the_open(self, house: House, browser: httpx.Client) -> None:
        there = {"Host": "sales.example.com"}
        assert "HTTPS" in browser.get("/sign-in", headers=there).text
        answer = browser.post("/sign-in", data=WRONG, headers=there)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        place = f"/sign-in/link/{link_for(house, account_for(house, 'open'))}"
        asked = browser.get(place, headers=there)
        assert (asked.status_code, "<form" in asked.text) == (403, False), "nobody types a password there"

    def test_is_a_new_one_each_time_and_the_one_of_before_ends(
        self, house: House, browser: httpx.Client
    ) -> None:
        """Whoever made a browser take a cookie of theirs has nothing of it."""
        with_password(house, browser, "fixed")
        browser.cookies.set("salesloop", "a" * 43, domain="127.0.0.1")
        signs_in(browser, "fixed")
        first = browser.cookies["salesloop"]
        assert first != "a" * 43
        assert browser.get("/sign-in", headers={"Cookie": "salesloop=" + "a" * 43}).status_code == 200
        signs_in(browser, "fixed")
        assert browser.cookies["salesloop"] != first
        with httpx.Client(base_url=house.base, cookies={"salesloop": first}) as old:
            assert old.get("/sign-in").status_code == 200

    def test_opens_nothing_of_the_api(self, house: House) -> None:
        answer = house.browser("auditor").get("/deals")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


class TestWhereOneGoes:
    @pytest.mark.parametrize(
        ("next", "to"),
        [
            ("/desk/deals/1?tab=2", "/desk/deals/1?tab=2"),
            ("", "/desk"),
            ("https://evil.example/desk", "/desk"),
            ("//evil.example", "/desk"),
            ("/\\evil.example", "/desk"),
            ("/desk\\..\\..", "/desk"),
            ("/\t/evil.example", "/desk"),
            ("/desk\r\nSet-Cookie: a=b", "/desk"),
            ("javascript:alert(1)", "/desk"),
            ("desk", "/desk"),
            ("/sign-in/link/x", "/desk"),
        ],
    )
    def test_is_a_place_of_ours(self, house: House, browser: httpx.Client, next: str, to: str) -> None:
        browser.cookies = house.browser("auditor").cookies
        assert browser.get("/sign-in", params={"next": next}).headers["location"] == to

    def test_after_the_form_too(self, house: House, browser: httpx.Client) -> None:
        with_password(house, browser, "going")
        assert signs_in(browser, "going", next="/desk/team").headers["location"] == "/desk/team"
        assert signs_in(browser, "going", next="//evil.example").headers["location"] == "/desk"


class TestAWrongPassword:
    def test_is_told_like_an_unknown_login_and_one_without_a_password(
        self, house: House, browser: httpx.Client
    ) -> None:
        with_password(house, browser, "known")
        account_for(house, "never-set")
        answers = [
            browser.post("/sign-in", data={"login": login, "password": "x" * 12, "next": ""})
            for login in ("known", "unknown", "never-set")
        ]
        assert {answer.status_code for answer in answers} == {403}
        assert len({re.sub('value="[a-z-]*"', "", answer.text) for answer in answers}) == 1

    def test_is_hashed_for_unknown_logins_too(
        self, house: House, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed: list[str] = []
        verify = passwords.Passwords._verify

        def noted(self: Any, hash: str | None, password: str) -> bool:
            hashed.append(password)
            return verify(self, hash, password)

        monkeypatch.setattr(passwords.Passwords, "_verify", noted)
        browser.post("/sign-in", data=WRONG)
        assert hashed == [WRONG["password"]]

    def test_of_nobody_costs_what_any_other_does(self) -> None:
        hasher = PasswordHasher()
        assert not hasher.check_needs_rehash(passwords.NOBODYS)
        assert hasher.check_needs_rehash(passwords.NOBODYS.replace("t=3", "t=2")), "or the test sees nothing"

    def test_counts_and_then_waits(self, house: House, tmp_path: Any) -> None:
        settings = settings_for(house.settings.database_url, tmp_path, Bounds(wrong_keys=3))
        with serving(settings) as base, httpx.Client(base_url=base, headers=FROM_OUR_PAGE) as stranger:
            met = [stranger.post("/sign-in", data=WRONG).status_code for _ in range(3)]
            assert met == [403] * 3
            answer = stranger.post("/sign-in", data=WRONG | {"login": "another"})
            assert answer.status_code == 429
            assert 1 <= int(answer.headers["retry-after"]) <= 20
            assert "wait" in answer.text

    def test_counts_for_its_login_whatever_address_it_came_from(
        self, house: House, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, browser: httpx.Client
    ) -> None:
        with_password(house, browser, "tried")
        monkeypatch.setattr(passwords, "OF_ONE_LOGIN", 2)
        bounds = Bounds(trusted_proxies="127.0.0.1")
        settings = settings_for(house.settings.database_url, tmp_path, bounds)
        with serving(settings) as base, httpx.Client(base_url=base, headers=FROM_OUR_PAGE) as stranger:
            typed = {"login": "Tried", "password": "x" * 12}
            met = [
                stranger.post(
                    "/sign-in", data=typed, headers={"X-Forwarded-For": f"203.0.113.{n}"}
                ).status_code
                for n in range(3)
            ]
            assert met == [403, 403, 429]
            other = stranger.post("/sign-in", data=WRONG, headers={"X-Forwarded-For": "203.0.113.9"})
            assert other.status_code == 403

    def test_of_one_stranger_alone_locks_nobody_out(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords.Passwords, "_verify", lambda *_: False)
        now = [0.0]
        monkeypatch.setattr(passwords, "Rate", partial(Rate, now=lambda: now[0]))

        async def tries() -> None:
            async with open_ledger(house.settings.database_url, min_size=1, max_size=2) as ledger:
                tried = passwords.Passwords(ledger, Bounds())
                for _ in range(24 * 60):
                    now[0] += 60
                    with suppress(TooManyTries):
                        await tried.account("wang", "x" * 12, "203.0.113.1")
                assert await tried.account("wang", "x" * 12, "203.0.113.2") is None, "looked at"

        asyncio.run(tries())


class TestAFormOfAnotherSite:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {},
        ],
    )
    def test_neither_signs_in_nor_out_nor_sets_a_password(
        self, house: House, browser: httpx.Client, headers: dict[str, str]
    ) -> None:
        place = f"/sign-in/link/{link_for(house, account_for(house, f'forged{abs(hash(str(headers)))}'))}"
        signed_in = house.browser("auditor")
        del browser.headers["Sec-Fetch-Site"], signed_in.headers["Sec-Fetch-Site"]
        answers = [
            browser.post("/sign-in", data=WRONG, headers=headers),
            browser.post(place, data={"password": PASSWORD, "again": PASSWORD}, headers=headers),
            signed_in.post("/sign-out", data={"csrf": csrf_of(house, signed_in)}, headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [403] * 3
        assert signed_in.get("/sign-in").status_code == 303, "still signed in"

    def test_an_older_browser_that_names_only_our_origin_is_let_in(
        self, house: House, browser: httpx.Client
    ) -> None:
        with_password(house, browser, "older")
        del browser.headers["Sec-Fetch-Site"]
        browser.headers["Origin"] = house.base
        assert signs_in(browser, "older").status_code == 303

    @pytest.mark.parametrize("token", [None, "", "x" * 43])
    def test_needs_the_token_of_the_session(self, house: House, token: str | None) -> None:
        browser, other = house.browser("auditor"), house.browser("auditor")
        data = {} if token is None else {"csrf": token}
        assert browser.post("/sign-out", data=data).status_code == 403
        assert browser.post("/sign-out", data={"csrf": csrf_of(house, other)}).status_code == 403
        assert browser.get("/sign-in").status_code == 303, "still signed in"


class TestSigningOut:
    def test_ends_the_session_and_takes_the_cookie(self, house: House) -> None:
        browser = house.browser("auditor")
        cookie = browser.cookies["salesloop"]
        answer = browser.post("/sign-out", data={"csrf": csrf_of(house, browser)})
        assert answer.status_code == 200
        assert "salesloop" not in browser.cookies
        assert browser.get("/sign-in", headers={"Cookie": f"salesloop={cookie}"}).status_code == 200

    def test_by_the_header_too_and_again_is_no_error(self, house: House) -> None:
        browser = house.browser("auditor")
        assert browser.post("/sign-out", headers={"X-CSRF-Token": csrf_of(house, browser)}).status_code == 200
        assert browser.post("/sign-out").status_code == 200


def test_an_address_looks_at_so_many_pages_a_second(
    house: House, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "STRANGERS", 1)
    monkeypatch.setattr(admission, "BURST", 3)
    settings = settings_for(house.settings.database_url, tmp_path)
    with serving(settings) as base, httpx.Client(base_url=base) as stranger:
        answers = [stranger.get("/sign-in") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["retry-after"] == "1"
        assert stranger.get("/healthz").status_code == 200


def test_a_session_asks_no_more_than_a_key_may(house: House, tmp_path: Any) -> None:
    settings = settings_for(house.settings.database_url, tmp_path, Bounds(requests_per_key=1))
    cookies = house.browser("auditor").cookies
    with serving(settings) as base, httpx.Client(base_url=base, cookies=cookies) as busy:
        codes: list[int] = []
        while len(codes) < 40 and (not codes or codes[-1] != 429):
            answer = busy.get("/desk", headers={"Accept": "text/html"})
            codes.append(answer.status_code)
        assert codes[0] == 303
        assert codes[-1] == 429
        assert int(answer.headers["retry-after"]) >= 1


def test_pages_are_strict_and_kept_by_nobody(browser: httpx.Client) -> None:
    answer = browser.get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert {"form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy.split("; "))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert browser.get("/sign-in/style.css").headers["content-type"].startswith("text/css")


def test_what_was_typed_is_escaped(browser: httpx.Client) -> None:
    answer = browser.post("/sign-in", data={"login": '"><script>', "password": "x" * 12, "next": "/desk"})
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_a_chinese_page_is_chinese(browser: httpx.Client) -> None:
    zh = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
    for answer in (
        browser.get("/sign-in", headers=zh),
        browser.post("/sign-in", data=WRONG, headers=zh),
        browser.post("/sign-in", data=WRONG, headers=zh | {"Sec-Fetch-Site": "cross-site"}),
        browser.get("/sign-in/link/" + "x" * 43, headers=zh),
        browser.get("/sign-in/link/x", headers=zh),
        browser.post("/sign-out", headers=zh),
    ):
        shown = re.sub(r"<[^>]*>|http://\S+|HTTPS", " ", answer.text)
        assert re.findall("[A-Za-z]{2,}", shown.replace("salesloop", "")) == [], answer.text
        assert '<html lang="zh-CN">' in answer.text


def test_where_people_come_by_https_browsers_ask_in_no_other_way(house: House) -> None:
    assert "strict-transport-security" not in httpx.get(f"{house.base}/sign-in").headers
    settings = replace(house.settings, sign_in=SignIn(public_url="https://sales.example.com"))
    with serving(settings) as base:
        for path in ("/sign-in", "/healthz"):
            assert httpx.get(base + path).headers["strict-transport-security"] == "max-age=31536000"
