"""Coming in and leaving in a real browser: its cookies, its origins, and the policy that it holds our pages to."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace

import httpx
from playwright.sync_api import Page, expect

from runtime.oidc import Provider, Rule
from runtime.settings import Settings
from runtime.sign_in import SignIn as SignInSettings
from tests.browser.conftest import Company, SignIn
from tests.house import serving

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it is made with
    from oidc_provider_mock import run_server_in_thread

NOT_HERE = re.compile(r"https?://(?!localhost|127\.0\.0\.1)")
PASSWORD = "four words are enough"


def link_for(company: Company, login: str) -> str:
    headers = {"Authorization": f"Bearer {company.token}"}
    made = httpx.post(f"{company.url}/accounts", json={"login": login, "role": "auditor"}, headers=headers)
    assert made.status_code == 201, made.text
    return str(made.json()["path"])


def set_password(page: Page, path: str) -> None:
    page.goto(path)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set it and sign in").click()
    expect(page).to_have_url(re.compile("/desk"))


def sign_out(page: Page) -> None:
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out").click()


def test_from_the_first_link_to_the_next_morning(company: Company, sign_in: SignIn) -> None:
    page = sign_in()
    set_password(page, link_for(company, "fresh"))
    sign_out(page)
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.goto("/desk/board?status=open")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    page.get_by_label("Login").fill("fresh")
    page.get_by_label("Password").fill("not that one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/desk/board\?status=open$"))


def test_on_a_phone_by_keyboard_and_in_chinese(company: Company, sign_in: SignIn) -> None:
    set_password(sign_in(), link_for(company, "mobile"))
    page = sign_in(language="zh-CN", width=390)
    page.goto("/desk")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.type("mobile")  # the field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/desk"))


def test_a_page_of_another_site_signs_nobody_out(company: Company, sign_in: SignIn) -> None:
    """`localhost` is another site than `127.0.0.1`: the cookie stays away, and the form is refused besides."""
    page = sign_in("auditor")
    page.goto("/desk")
    elsewhere = company.url.replace("127.0.0.1", "localhost")
    other = page.context.new_page()
    other.goto(f"{elsewhere}/healthz")
    other.set_content(f'<form method="post" action="{company.url}/sign-out"><button>Win</button></form>')
    other.get_by_role("button", name="Win").click()
    expect(other).to_have_url(f"{company.url}/sign-out")
    page.reload()
    expect(page.get_by_label("Your account")).to_be_visible()


def test_by_a_provider_of_another_site_and_out_of_both(company: Company, sign_in: SignIn) -> None:
    with run_server_in_thread() as server:
        issuer = f"http://localhost:{server.server_port}"
        httpx.put(f"{issuer}/users/p1", json={"groups": ["audit"], "login": "provided"}).raise_for_status()
        rules = (Rule("groups", "audit", "auditor"),)
        corp = Provider("corp", "Corp", issuer, "desk", "secret", rules=rules, login_claim="login")
        found = Settings.from_env({**company.system.environment, "DATABASE_URL": company.database})
        with serving(replace(found, api_port=0, sign_in=SignInSettings(providers=(corp,)))) as base:
            page = sign_in()
            page.route(NOT_HERE, lambda route: route.fulfill(body=""))  # how the provider's pages look
            page.goto(f"{base}/desk/board")
            page.get_by_role("link", name="Sign in with Corp").click()
            page.locator("input[name=sub]").first.fill("p1")
            page.get_by_role(
                "button", name=re.compile("Authorize|Continue|Log in|Sign in", re.IGNORECASE)
            ).first.click()
            expect(page).to_have_url(f"{base}/desk/board")
            sign_out(page)
            expect(page).to_have_url(re.compile(re.escape(f"{issuer}/oauth2/end_session")))
