"""What a person chooses of notices on the desk, and where it is seen who was told."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID

import httpx
import pytest

from tests.house import House
from tests.noticing import mark_failed, put_notice
from tests.pages.conftest import hidden

PLACE = "/desk/settings/notifications"
TIMES = {"quiet_from": "", "quiet_until": "", "daily_time": "08:00"}


def choose(client: httpx.Client, **typed: str) -> httpx.Response:
    csrf = hidden(client.get("/desk/settings").text, "csrf")
    return client.post(PLACE, data={"csrf": csrf, **TIMES, **typed})


def chosen(client: httpx.Client) -> dict[str, str]:
    """The choices that the page shows, but those that are none."""
    page = client.get("/desk/settings").text
    found = re.findall(r'<select name="(\w+:[^"]+)".*?</select>', page, re.DOTALL)
    texts = re.findall(r'(<select name="\w+:[^"]+".*?</select>)', page, re.DOTALL)
    shown = (re.search(r'value="([^"]+)" selected', text) for text in texts)
    return {name: unescape(one[1]) for name, one in zip(found, shown, strict=True) if one}


def test_what_is_chosen_is_shown_again_and_counts(house: House) -> None:
    client = house.browser("south")
    assert chosen(client) == {"mail:*": "at-once", "chat:*": "off"}
    typed = {
        "mail:*": "daily",
        "chat:*": "off",
        "mail:promise": "hourly",
        "mail:promise.missed": "at-once",
        "mail:deal": "",
    }
    typed |= {"quiet_from": "21:00", "quiet_until": "07:30", "working_days": "on"}
    answer = choose(client, **typed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/settings?saved=1#notifications")
    assert chosen(client) == {
        "mail:*": "daily",
        "chat:*": "off",
        "mail:promise": "hourly",
        "mail:promise.missed": "at-once",
    }
    found = house.admin.get("/accounts/desk-south/notifications").json()
    told = {one["what"]: one["mail"] for one in found["told"]}
    assert (told["promise.missed"], told["promise.reminded"], told["deal.given"]) == (
        "at-once",
        "hourly",
        "daily",
    )
    assert (found["quiet_from"], found["quiet_until"], found["working_days"]) == ("21:00", "07:30", True)
    assert choose(client, **{"mail:promise": "", "mail:promise.missed": ""}).status_code == 303
    assert chosen(client) == {"mail:*": "daily", "chat:*": "off"}
    found = house.admin.get("/accounts/desk-south/notifications").json()
    assert (found["quiet_from"], found["working_days"]) == (None, False)


def test_what_is_refused_is_said_beside_it_and_stays_as_it_was_typed(house: House) -> None:
    client = house.browser("south-manager")
    before = house.admin.get("/accounts/desk-south-manager/notifications").json()
    answer = choose(client, quiet_from="21:00", **{"mail:promise": "daily"})
    assert answer.status_code == 422
    assert "say when it ends, too" in answer.text
    assert 'value="21:00"' in answer.text
    assert re.search(r'<select name="mail:promise".*?value="daily" selected', answer.text, re.DOTALL)
    assert "must begin with one of" in choose(client, chat_url="ftp://example.com/x").text
    assert house.admin.get("/accounts/desk-south-manager/notifications").json() == before


def test_an_address_of_a_chat_is_never_shown_in_full_and_stays_until_it_is_taken_away(house: House) -> None:
    client = house.browser("north2")
    assert choose(client, chat_url="slack://T0KENAAAA/T0KENBBBB/T0KENCCCCwxyz").status_code == 303
    for _ in range(2):
        page = client.get("/desk/settings").text
        assert "slack://…wxyz" in page
        assert "T0KEN" not in page
        assert choose(client).status_code == 303
    assert choose(client, no_chat="on").status_code == 303
    assert "wxyz" not in client.get("/desk/settings").text


def test_another_ones_form_changes_nothing(house: House, rep: httpx.Client) -> None:
    csrf = hidden(house.browser("south").get("/desk/settings").text, "csrf")
    answer = rep.post(PLACE, data={"csrf": csrf, **TIMES, "mail:*": "off"})
    assert answer.status_code == 403
    assert chosen(rep)["mail:*"] == "at-once"


def test_an_auditor_chooses_too_and_only_administrators_are_offered_what_is_theirs(
    auditor: httpx.Client, admin: httpx.Client
) -> None:
    assert choose(auditor, **{"mail:*": "hourly"}).status_code == 303
    assert chosen(auditor)["mail:*"] == "hourly"
    assert 'name="mail:read-model"' in admin.get("/desk/settings").text
    assert 'name="mail:read-model"' not in auditor.get("/desk/settings").text


def test_a_deal_shows_who_was_told(house: House, rep: httpx.Client, deal: UUID) -> None:
    page = f"/desk/deals/{deal}?after={house.position}"
    assert 'id="notices"' not in rep.get(page).text, "nobody was"
    put_notice(house, house.accounts["north"], house.position, deal_id=deal)
    put_notice(house, house.accounts["north"], house.position, deal_id=deal, channel="chat", state="dropped", reason="no-longer-true")  # fmt: skip
    shown = rep.get(page).text.partition('id="notices"')[2].partition("</section>")[0]
    for said in ("Rep north", "mail", "chat", "sent", "dropped", "no longer true", f"#{house.position}"):
        assert said in shown, said
    chinese = rep.get(page, headers={"Accept-Language": "zh"}).text.partition('id="notices"')[2]
    assert "已不再成立" in chinese.partition("</section>")[0]
    assert house.browser("south").get(page).status_code == 404


@pytest.mark.parametrize("language", ["en", "zh"])
def test_administrators_see_what_failed_first(house: House, admin: httpx.Client, language: str) -> None:
    house.browser("north2")
    account = house.accounts["north2"]
    put_notice(house, account, 1 if language == "en" else 2, state="failed", reason="smtp-550", tries=1)
    put_notice(house, account, 3 if language == "en" else 4)
    spoken = {"Accept-Language": language}
    page = admin.get("/desk/admin/notices", headers=spoken).text
    assert "smtp 550" in page
    sent = {"en": ">sent<", "zh": ">已发送<"}[language]
    assert sent not in page.partition("<tbody>")[2]
    page = admin.get(
        "/desk/admin/notices", params={"state": "all", "login": "desk-north2"}, headers=spoken
    ).text
    assert sent in page.partition("<tbody>")[2]


def test_notices_of_everybody_are_shown_to_administrators_alone(
    rep: httpx.Client, auditor: httpx.Client
) -> None:
    assert rep.get("/desk/admin/notices").status_code == 403
    assert auditor.get("/desk/admin/notices").status_code == 403


def test_an_address_that_takes_nothing_is_shown_to_both_and_tried_again(
    house: House, admin: httpx.Client
) -> None:
    client = house.browser("south-manager")
    login, account = "desk-south-manager", house.accounts["south-manager"]
    assert house.admin.post(f"/accounts/{login}/address-failed", json={}).status_code == 200
    mark_failed(house, account)
    assert "takes nothing any more" in client.get("/desk/settings").text
    page = admin.get("/desk/admin/notices").text
    assert "bounced" in page.partition('id="failing"')[2].partition("</section>")[0]
    sent = admin.post(f"/desk/admin/notices/{login}/restore/mail", data={"csrf": hidden(page, "csrf")})
    assert sent.status_code == 303
    assert 'id="failing"' not in admin.get("/desk/admin/notices").text
    assert "takes nothing any more" not in client.get("/desk/settings").text
