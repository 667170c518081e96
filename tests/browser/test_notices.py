"""A rep is told by mail of a deal that was given to them, chooses otherwise, and stops the mails by the link that stands in each."""

from __future__ import annotations

import email
import re
import time
from email.message import EmailMessage
from email.policy import default
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Company, SignIn
from tests.conftest import PATIENCE

TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
WHO, LOGIN, ADDRESS = "Qian Xue", "qian-xue", "qian@example.com"


@pytest.fixture
def told(company: Company) -> Company:
    """With a rep who can be sent mails; the company is there for all files that run in this process, in any order."""
    if WHO in company.reps:
        return company
    rep = company.post("/reps", {"name": WHO, "team_id": str(company.teams["South"])})["rep_id"]
    company.reps[WHO] = UUID(rep)
    headers = {"Authorization": f"Bearer {company.token}"}
    body = {"login": LOGIN, "role": "rep", "rep_id": rep, "name": WHO, "email": ADDRESS}
    httpx.post(f"{company.url}/accounts", json=body, headers=headers).raise_for_status()
    accounts = httpx.get(f"{company.url}/accounts", headers=headers).json()["accounts"]
    company.accounts[WHO] = UUID(next(one["id"] for one in accounts if one["login"] == LOGIN))
    company.said |= {LOGIN, ADDRESS}
    return company


def mails(company: Company) -> list[EmailMessage]:
    """As files, in the order that they were sent."""
    found = [
        email.message_from_bytes(file.read_bytes(), policy=default)
        for file in sorted((company.system.data_dir / "mail").glob("*.eml"))
    ]
    return [one for one in found if ADDRESS in str(one["To"])]


def until_mailed(company: Company, title: str) -> EmailMessage:
    deadline = time.monotonic() + PATIENCE
    while not (found := [one for one in mails(company) if title in text_of(one)]):
        assert time.monotonic() < deadline, f"no mail of {title}"
        time.sleep(0.1)
    return found[0]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def path_of(link: str) -> str:
    return urlsplit(link).path


def test_a_mail_leads_to_the_deal_and_its_link_stops_mails(told: Company, sign_in: SignIn) -> None:
    deal = told.open_deal(WHO, "Twelve furnaces")
    mail = until_mailed(told, "Twelve furnaces")
    page = sign_in(WHO)
    page.goto(next(path_of(link) for link in re.findall(r"https?://\S+", text_of(mail)) if str(deal) in link))
    expect(page.get_by_role("heading", name="Twelve furnaces")).to_be_visible()
    notices = page.locator("#notices")
    expect(notices).to_contain_text(WHO)
    expect(notices).to_contain_text("sent")

    choose_daily(page)
    found = page.locator("select[name='mail:deal']")
    expect(found).to_have_value("daily")

    link = path_of(str(mail["List-Unsubscribe"]).strip("<>"))
    stranger = sign_in(width=390, script=False)
    stranger.goto(link)
    stranger.get_by_role("button", name="Send me no more mails").click()
    expect(stranger.get_by_role("status")).to_contain_text("no more mails")
    page.goto("/desk/settings")
    expect(page.locator("select[name='mail:*']")).to_have_value("off")
    expect(page.locator("select[name='mail:deal']")).to_have_value("")


def choose_daily(page: Page) -> None:
    page.goto("/desk/settings")
    page.locator("select[name='mail:deal']").select_option("daily")
    page.get_by_label("Quiet from").fill("21:00")
    page.locator("#quiet_until").fill("07:30")
    page.locator("#notifications").get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_without_a_script_it_is_chosen_on_a_phone(told: Company, sign_in: SignIn, language: str) -> None:
    page = sign_in(WHO, language=language, width=390, script=False)
    page.goto("/desk/settings")
    assert page.evaluate(TOO_WIDE) <= 0
    page.locator("select[name='chat:promise']").select_option("hourly")
    page.locator("#notifications button.primary").click()
    page.wait_for_url(re.compile("saved=1"))
    expect(page.locator("select[name='chat:promise']")).to_have_value("hourly")
    page.locator("#chat_url").fill("ftp://example.com/somewhere")
    page.locator("#notifications button.primary").click()
    expect(page.locator("#notifications .field.wrong .error")).to_be_visible()
