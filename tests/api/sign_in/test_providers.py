"""Coming in by a provider, all the way through a browser's steps, with a real provider at the other end."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from argon2 import PasswordHasher

from api.engine.accounts import NewAccount
from api.engine.roles import Role
from runtime.oidc import Provider, Rule
from runtime.sign_in import SignIn
from tests.api.sign_in.conftest import PASSWORD
from tests.conftest import PATIENCE
from tests.house import FROM_OUR_PAGE, House, make_account, opened, serving

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it is made with
    from oidc_provider_mock import run_server_in_thread

RULES = (
    Rule("groups", "sales-audit", "auditor"),
    Rule("groups", "north-leads", "manager", team="north"),
    Rule("groups", "nowhere-leads", "manager", team="nowhere"),
    Rule("department", "sales", "rep"),
)


@dataclass
class Corp:
    """The provider, and a house that takes its word."""

    issuer: str
    base: str
    house: House

    def person(self, subject: str, **claims: Any) -> None:
        httpx.put(f"{self.issuer}/users/{subject}", json=claims).raise_for_status()

    def browser(self, **headers: str) -> httpx.Client:
        return httpx.Client(
            base_url=self.base,
            headers={**FROM_OUR_PAGE, "Accept": "text/html", **headers},
            timeout=2 * PATIENCE,
        )

    def come_in(
        self, browser: httpx.Client, subject: str, next: str = "", name: str = "corp"
    ) -> httpx.Response:
        """Our answer to the way back."""
        return browser.get(self.way_back(browser, subject, next, name))

    def way_back(self, browser: httpx.Client, subject: str, next: str = "", name: str = "corp") -> str:
        begun = browser.get(f"/sign-in/oidc/{name}", params={"next": next})
        assert begun.status_code == 303, begun.text
        agreed = httpx.post(begun.headers["location"], data={"sub": subject})
        assert agreed.status_code == 302, agreed.text
        return str(agreed.headers["location"])

    def as_operator(self, statement: str, login: str) -> None:
        with psycopg.connect(self.house.settings.database_url) as connection:
            connection.execute(f"{statement} WHERE login = %s".encode(), [login])

    def set_password(self, login: str) -> None:
        """As an earlier release let one be set."""
        hashed = PasswordHasher().hash(PASSWORD)
        self.as_operator(f"UPDATE app.accounts SET password_hash = '{hashed}'", login)

    def accounts(self) -> dict[str, dict[str, Any]]:
        return {one["login"]: one for one in self.house.admin.get("/accounts").json()["accounts"]}


@pytest.fixture(scope="module")
def corp(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Corp]:
    with (
        new_database() as url,
        opened(url, tmp_path_factory.mktemp("data")) as house,
        run_server_in_thread() as server,
    ):
        issuer = f"http://localhost:{server.server_port}"
        provider = Provider(
            "corp",
            "Corp & Sons",
            issuer,
            "desk",
            "secret",
            rules=RULES,
            login_claim="login",
            rep_claim="staff",
        )
        trusting = replace(provider, name="trusting", title="Trusting", trusts_email=True, rules=())
        settings = replace(house.settings, sign_in=SignIn(providers=(provider, trusting)))
        with serving(settings) as base:
            yield Corp(issuer, base, house)


def signed_in(browser: httpx.Client) -> bool:
    return browser.get("/sign-in").status_code == 303


def test_the_page_lists_the_providers(corp: Corp) -> None:
    with corp.browser() as browser:
        shown = browser.get("/sign-in", params={"next": "/desk/team?a=b&c"}).text
        assert "Sign in with Corp &amp; Sons" in shown
        assert 'href="/sign-in/oidc/corp?next=/desk/team%3Fa%3Db%26c"' in shown
        assert browser.get("/sign-in/oidc/nobody").status_code == 404


class TestByARule:
    def test_a_group_makes_an_auditor(self, corp: Corp) -> None:
        corp.person(
            "a1", groups=["x", "sales-audit"], name="Ada Auditor", login="ada", email="ada@example.com"
        )
        with corp.browser() as browser:
            answer = corp.come_in(browser, "a1", "/desk/history")
            assert (answer.status_code, answer.headers["location"]) == (303, "/desk/history"), answer.text
            assert signed_in(browser)
        made = corp.accounts()["ada"]
        assert (made["role"], made["name"], made["created_by"]) == ("auditor", "Ada Auditor", "oidc:corp")
        assert made["email"] is None, "nobody has seen that it is hers"

    def test_and_again_it_is_the_same_account(self, corp: Corp) -> None:
        corp.person("a2", groups=["sales-audit"], login="again")
        for _ in range(2):
            with corp.browser() as browser:
                assert corp.come_in(browser, "a2").status_code == 303
        assert corp.accounts()["again"]["sessions"] == 2

    def test_a_group_makes_a_manager_of_its_team(self, corp: Corp) -> None:
        corp.person("m1", groups=["nowhere-leads", "north-leads"], login="maria")
        with corp.browser() as browser:
            assert corp.come_in(browser, "m1").status_code == 303
        made = corp.accounts()["maria"]
        assert (made["role"], made["team_id"]) == ("manager", str(corp.house.teams["north"]))

    def test_a_claim_names_the_rep(self, corp: Corp) -> None:
        team = str(corp.house.teams["north"])
        rep = corp.house.admin.post("/reps", json={"name": "Rosa", "team_id": team, "user_id": "rosa"}).json()
        corp.person("r1", department="sales", staff="rosa")
        with corp.browser() as browser:
            assert corp.come_in(browser, "r1").status_code == 303
        made = corp.accounts()["rosa"]
        assert (made["role"], made["rep_id"]) == ("rep", rep["answer"]["rep_id"])

    def test_a_rep_who_is_not_there_comes_in_as_nobody(self, corp: Corp) -> None:
        corp.person("r2", department="sales", staff="u-gone")
        with corp.browser() as browser:
            answer = corp.come_in(browser, "r2")
            assert answer.status_code == 403
            assert "ask an administrator to add you" in answer.text
            assert "Corp &amp; Sons" in answer.text
            assert not signed_in(browser)

    def test_an_address_is_no_login(self, corp: Corp) -> None:
        corp.person("a3", groups=["sales-audit"], login="a3@example.com")
        with corp.browser() as browser:
            assert corp.come_in(browser, "a3").status_code == 303
        assert not any("@" in login for login in corp.accounts())

    def test_nobody_is_called_as_a_key_is(self, corp: Corp) -> None:
        assert corp.house.admin.post("/keys", json={"user_id": "robot", "role": "auditor"}).status_code == 201
        corp.person("a4", groups=["sales-audit"], login="Robot")
        with corp.browser() as browser:
            assert corp.come_in(browser, "a4").status_code == 303
        assert "Robot" not in corp.accounts()

    def test_who_lost_the_group_does_not_come_in_by_a_password(self, corp: Corp) -> None:
        """Nor has ever one: only the provider knows whether the rules still fit."""
        corp.person("p1", groups=["sales-audit"], login="paul")
        with corp.browser() as browser:
            assert corp.come_in(browser, "p1").status_code == 303
        refused = corp.house.admin.post("/accounts/paul/link")
        assert (refused.status_code, "by the provider alone" in refused.json()["detail"]) == (403, True)
        corp.set_password("paul")
        corp.person("p1", groups=[], login="paul")
        with corp.browser() as browser:
            typed = {"login": "paul", "password": PASSWORD, "next": ""}
            assert browser.post("/sign-in", data=typed).status_code == 403

    def test_whom_the_operator_made_an_administrator_is_the_operator_s(self, corp: Corp) -> None:
        corp.person("up", groups=["sales-audit"], login="ursula")
        with corp.browser() as first, corp.browser() as second:
            assert corp.come_in(first, "up").status_code == 303
            corp.as_operator(
                "SELECT app.set_role(id, 'admin', NULL, NULL, 'ops') FROM app.accounts", "ursula"
            )
            corp.set_password("ursula")
            assert corp.come_in(second, "up").status_code == 303
            assert corp.accounts()["ursula"]["role"] == "admin"
            typed = {"login": "ursula", "password": PASSWORD, "next": ""}
            assert first.post("/sign-in", data=typed).status_code == 303
            corp.as_operator(
                "SELECT app.set_role(id, 'auditor', NULL, NULL, 'ops') FROM app.accounts", "ursula"
            )
            corp.person("up", groups=[], login="ursula")
            assert corp.come_in(second, "up").status_code == 403, "the rules have the account again"

    def test_who_changes_the_group_changes_the_role_and_who_leaves_it_stays_out(self, corp: Corp) -> None:
        corp.person("c1", groups=["sales-audit"], login="carl")
        with corp.browser() as first, corp.browser() as second:
            corp.come_in(first, "c1")
            corp.person("c1", groups=["north-leads"], login="carl")
            corp.come_in(second, "c1")
            assert corp.accounts()["carl"]["role"] == "manager"
            assert not signed_in(first), "it was opened for an auditor"
            corp.person("c1", groups=[], login="carl")
            assert corp.come_in(first, "c1").status_code == 403
            assert not signed_in(second)

    def test_the_rules_bind_whatever_the_provider_is_called(self, corp: Corp) -> None:
        new = NewAccount("renamed", Role.AUDITOR)
        asyncio.run(
            make_account(corp.house.settings.database_url, new, "oidc:of-before", (corp.issuer, "n1"))
        )
        corp.person("n1", groups=[])
        with corp.browser() as browser:
            assert corp.come_in(browser, "n1").status_code == 403

    def test_nobody_comes_by_another_provider_into_an_account_that_rules_made(self, corp: Corp) -> None:
        new = NewAccount("ruled", Role.AUDITOR, email="ruled@example.com")
        asyncio.run(make_account(corp.house.settings.database_url, new, "oidc:of-before"))
        corp.person("n2", email="ruled@example.com", email_verified=True)
        with corp.browser() as browser:
            assert corp.come_in(browser, "n2", name="trusting").status_code == 403


class TestByAnAdministratorsEntry:
    def enter(self, corp: Corp, login: str, role: Role = Role.AUDITOR) -> None:
        new = NewAccount(login, role, email=f"{login}@Example.com")
        asyncio.run(make_account(corp.house.settings.database_url, new))

    def test_who_has_the_address_comes_in(self, corp: Corp) -> None:
        self.enter(corp, "zoe")
        corp.person("z1", email="zoe@example.com", email_verified=True)
        with corp.browser() as browser:
            assert corp.come_in(browser, "z1").status_code == 303
        corp.person("z1", email="zoe.new@example.com", email_verified=True)
        with corp.browser() as browser:
            assert corp.come_in(browser, "z1").status_code == 303, "known by the identity from now on"
        assert corp.accounts()["zoe"]["role"] == "auditor"

    def test_an_administrator_comes_in_who_was_entered_by_the_operator(self, corp: Corp) -> None:
        self.enter(corp, "root", Role.ADMIN)
        corp.person("root", email="root@example.com", email_verified=True)
        with corp.browser() as browser:
            assert corp.come_in(browser, "root").status_code == 303

    def test_who_only_says_to_have_it_does_not(self, corp: Corp) -> None:
        self.enter(corp, "victim")
        corp.person("thief", email="victim@example.com", email_verified=False)
        with corp.browser() as browser:
            assert corp.come_in(browser, "thief").status_code == 403
            assert corp.come_in(browser, "thief", name="trusting").status_code == 303, "it is trusted to know"

    def test_nobody_takes_over_an_account_by_its_address(self, corp: Corp) -> None:
        """Addresses are given to others in time; a provider's name for somebody is not."""
        self.enter(corp, "first")
        corp.person("f1", email="first@example.com", email_verified=True)
        corp.person("f2", email="first@example.com", email_verified=True)
        with corp.browser() as browser:
            assert corp.come_in(browser, "f1").status_code == 303
        with corp.browser() as browser:
            assert corp.come_in(browser, "f2").status_code == 403

    def test_a_disabled_account_stays_closed(self, corp: Corp) -> None:
        self.enter(corp, "closed")
        corp.person("d1", email="closed@example.com", email_verified=True)
        corp.house.admin.post("/accounts/closed/disable")
        with corp.browser() as browser:
            answer = corp.come_in(browser, "d1")
            assert (answer.status_code, "disabled" in answer.text) == (403, True)


class TestTheWayBack:
    def test_counts_in_the_browser_that_went_alone(self, corp: Corp) -> None:
        corp.person("b1", groups=["sales-audit"])
        with corp.browser() as mine, corp.browser() as other, corp.browser() as fresh:
            back = corp.way_back(mine, "b1")
            corp.way_back(other, "b1")
            for stranger in (other, fresh):
                answer = stranger.get(back)
                assert (answer.status_code, "begin again" in answer.text) == (403, True)
                assert not signed_in(stranger)
            assert mine.get(back).status_code == 303

    def test_counts_once(self, corp: Corp) -> None:
        corp.person("b2", groups=["sales-audit"])
        with corp.browser() as browser:
            back = corp.way_back(browser, "b2")
            cookies = dict(browser.cookies)
            assert browser.get(back).status_code == 303
            assert "salesloop-way" not in browser.cookies
            with corp.browser() as again:
                again.cookies.update(cookies)
                assert again.get(back).status_code == 403

    def test_of_one_provider_is_none_of_another_s(self, corp: Corp) -> None:
        corp.person("b3", groups=["sales-audit"])
        with corp.browser() as browser:
            back = urlsplit(corp.way_back(browser, "b3"))
            assert browser.get(f"/sign-in/oidc/trusting/callback?{back.query}").status_code == 403

    def test_without_consent_leads_to_a_page(self, corp: Corp) -> None:
        with corp.browser() as browser:
            begun = browser.get("/sign-in/oidc/corp")
            denied = httpx.post(begun.headers["location"], data={"action": "deny"})
            answer = browser.get(denied.headers["location"])
            assert (answer.status_code, "agree there" in answer.text) == (403, True)

    def test_leads_nowhere_else(self, corp: Corp) -> None:
        corp.person("b4", groups=["sales-audit"])
        with corp.browser() as browser:
            assert corp.come_in(browser, "b4", "//evil.example").headers["location"] == "/desk"

    def test_is_refused_in_chinese(self, corp: Corp) -> None:
        corp.person("b5", groups=[])
        with corp.browser(**{"Accept-Language": "zh-CN"}) as browser:
            assert "请管理员" in corp.come_in(browser, "b5").text


def test_a_cookie_of_the_way_is_the_browser_s_own(corp: Corp) -> None:
    with corp.browser() as browser:
        said = browser.get("/sign-in/oidc/corp").headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=600"} <= set(said.split("; "))


def test_signing_out_goes_on_to_the_provider(corp: Corp) -> None:
    from api.engine.sessions import csrf

    corp.person("o1", groups=["sales-audit"])
    with corp.browser() as browser:
        corp.come_in(browser, "o1")
        answer = browser.post("/sign-out", data={"csrf": csrf(browser.cookies["salesloop"])})
        assert answer.status_code == 200
        assert f'content="0; url={corp.issuer}/oauth2/end_session?' in answer.text
        assert "id_token_hint=" in answer.text
        assert not signed_in(browser)


def test_a_provider_that_is_away_is_told_and_passwords_work_on(corp: Corp, tmp_path: Any) -> None:
    gone = Provider("gone", "Gone", "http://127.0.0.1:9", "desk")
    with serving(replace(corp.house.settings, data_dir=tmp_path, sign_in=SignIn(providers=(gone,)))) as base:
        answer = httpx.get(f"{base}/sign-in/oidc/gone", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert "try again" in answer.text
        assert httpx.get(f"{base}/sign-in").status_code == 200
