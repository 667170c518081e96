"""What people choose for themselves."""

from __future__ import annotations

import httpx
import pytest

from tests.house import House
from tests.pages.conftest import hidden


def choose(client: httpx.Client, **typed: str) -> httpx.Response:
    csrf = hidden(client.get("/desk/settings").text, "csrf")
    return client.post("/desk/settings", data={"csrf": csrf, **typed})


def test_language_and_zone_are_kept_for_the_person(house: House) -> None:
    first, second = house.browser("south"), house.browser("south")
    try:
        assert choose(first, language="zh", timezone="Asia/Shanghai").status_code == 303
        for client in (first, second):  # whatever their browsers say
            page = client.get("/desk/settings", headers={"Accept-Language": "en"}).text
            assert "桌面通知" in page
            assert 'value="Asia/Shanghai"' in page
    finally:
        choose(first, language="en", timezone="UTC")


def test_a_zone_that_there_is_not_is_said_and_changes_nothing(house: House) -> None:
    client = house.browser("south-manager")
    answer = choose(client, language="zh", timezone="Mars/Olympus")
    assert answer.status_code == 422
    assert "There is no such time zone" in answer.text
    assert 'value="Mars/Olympus"' in answer.text
    assert "Settings" in client.get("/desk/settings").text


def test_another_ones_form_changes_nothing(house: House, rep: httpx.Client) -> None:
    csrf = hidden(house.browser("south").get("/desk/settings").text, "csrf")
    answer = rep.post("/desk/settings", data={"csrf": csrf, "language": "zh", "timezone": "UTC"})
    assert answer.status_code == 403
    assert "Settings" in rep.get("/desk/settings").text


def test_an_auditor_has_settings_but_nothing_that_falls_due(auditor: httpx.Client) -> None:
    assert auditor.get("/desk/settings").status_code == 200
    assert auditor.get("/desk/due").status_code == 403
    assert "data-owes" not in auditor.get("/desk/settings").text


@pytest.mark.parametrize("zone", ["Mars/Olympus", "GMT+99", "tzdata", "../etc/passwd", "America"])
def test_a_zone_of_the_browser_that_is_not_known_here_is_left_out(house: House, zone: str) -> None:
    client = house.browser("north-manager")
    client.cookies.set("zone", zone)
    assert 'value="UTC"' in client.get("/desk/settings").text
