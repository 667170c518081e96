"""Coming in by the certified provider of npm: PKCE demanded, claims told at its userinfo, keys new after a restart."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from api.engine.sessions import csrf
from runtime.oidc import Provider, Rule
from runtime.sign_in import SignIn
from tests.conftest import PATIENCE
from tests.house import FROM_OUR_PAGE, House, opened, serving

PACKAGE = "oidc-provider@9.13.3"
SCRIPT = Path(__file__).with_name("certified_provider.mjs")
SECRET = "a secret of the client"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it was installed; skips where it cannot be."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("the certified provider needs npm and node: install them to run these tests")
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text("{}")
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", PACKAGE]
    done = subprocess.run(npm, cwd=folder, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm could not install {PACKAGE}: {done.stderr.strip()[:200]}")
    return folder


@contextmanager
def running(package: Path, port: int = 0) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Its issuer, and what runs."""
    command = ["node", str(SCRIPT), str(port), str(package)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        issuer = next((line.strip() for line in process.stdout if line.startswith("http://")), "")
        assert issuer, "the provider did not start"
        yield issuer, process
    finally:
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()


@pytest.fixture(scope="module")
def house(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with new_database() as url, opened(url, tmp_path_factory.mktemp("data")) as made:
        yield made


def settings(house: House, issuer: str, secret: str = SECRET) -> SignIn:
    rules = (Rule("groups", "audit", "auditor"), Rule("groups", "north", "manager", team="north"))
    return SignIn(
        providers=(Provider("npm", "Certified", issuer, "desk", secret, rules=rules, login_claim="sub"),)
    )


def browser_at(base: str) -> httpx.Client:
    headers = {**FROM_OUR_PAGE, "Accept": "text/html"}
    return httpx.Client(base_url=base, headers=headers, timeout=2 * PATIENCE)


def come_in(browser: httpx.Client, login: str) -> httpx.Response:
    """Through the provider's own pages; our answer to the way back."""
    answer = browser.get("/sign-in/oidc/npm", params={"next": "/desk/team"})
    forms = [{"prompt": "login", "login": login, "password": "any"}, {"prompt": "consent"}]
    while True:
        while answer.is_redirect:
            place = urljoin(str(answer.url), answer.headers["location"])
            answer = browser.get(place)
            if place.startswith(str(browser.base_url)):
                return answer
        found = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
        assert found, answer.text[:500]
        answer = browser.post(urljoin(str(answer.url), found[1]), data=forms.pop(0))


def test_who_agrees_there_comes_in_here_and_leaves_both(house: House, package: Path) -> None:
    with (
        running(package) as (issuer, _),
        serving(replace(house.settings, sign_in=settings(house, issuer))) as base,
        browser_at(base) as browser,
    ):
        answer = come_in(browser, "audit.x")
        assert (answer.status_code, answer.headers.get("location")) == (303, "/desk/team"), answer.text
        made = {one["login"]: one for one in house.admin.get("/accounts").json()["accounts"]}["audit.x"]
        assert (made["role"], made["name"], made["email"]) == (
            "auditor",
            "Person audit.x",
            "audit.x@example.com",
        )
        cookie = browser.cookies.get("salesloop", domain="127.0.0.1") or ""
        left = browser.post("/sign-out", data={"csrf": csrf(cookie)})
        place = re.search(r'content="0; url=([^"]+)"', left.text)
        assert place, left.text
        query = parse_qs(urlsplit(place[1].replace("&amp;", "&")).query)
        assert query["post_logout_redirect_uri"] == [f"{base}/sign-in"]
        confirm = browser.get(place[1].replace("&amp;", "&"))
        assert confirm.status_code == 200, "it takes our token and our address"
        assert "op.logoutForm" in confirm.text


def test_who_has_no_part_here_is_told_so(house: House, package: Path) -> None:
    with (
        running(package) as (issuer, _),
        serving(replace(house.settings, sign_in=settings(house, issuer))) as base,
        browser_at(base) as browser,
    ):
        answer = come_in(browser, "nobody")
        assert (answer.status_code, "ask an administrator" in answer.text) == (403, True)


def test_after_a_restart_its_new_keys_count_at_once(house: House, package: Path) -> None:
    with running(package) as (issuer, first):
        port = urlsplit(issuer).port or 0
        with serving(replace(house.settings, sign_in=settings(house, issuer))) as base:
            with browser_at(base) as browser:
                assert come_in(browser, "north.one").status_code == 303
            first.kill()
            first.wait(PATIENCE)
            with running(package, port), browser_at(base) as browser:
                assert come_in(browser, "north.two").status_code == 303


def test_a_wrong_secret_lets_nobody_in(house: House, package: Path) -> None:
    with running(package) as (issuer, _):
        wrong = replace(house.settings, sign_in=settings(house, issuer, "another secret"))
        with serving(wrong) as base, browser_at(base) as browser:
            assert come_in(browser, "audit.y").status_code == 403
