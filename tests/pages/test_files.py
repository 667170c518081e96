"""What a page lists, as a file: the same rows, in the person's language and zone, and nobody else's."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest

from tests.house import House

LINK = re.compile(r'href="(/desk/files/[^"]+)"')


def links(page: str) -> list[str]:
    return [unescape(one) for one in LINK.findall(page)]


@pytest.mark.parametrize(
    "name",
    [
        "deals",
        "leads",
        "customers",
        "targets",
        "cycles",
        "scorecards",
        "action-items",
        "adjustments",
        "meetings",
        "cases",
    ],
)
def test_each_list_has_a_link_to_all_of_it(house: House, name: str) -> None:
    browser = house.browser("admin")
    page = browser.get(f"/desk/{name}")
    if not links(page.text):  # nothing of the kind is there yet, and nothing to take away
        assert page.is_success
        return
    book, lines = links(page.text)
    assert browser.get(book).content.startswith(b"PK")
    assert browser.get(lines).content.startswith(b"\xef\xbb\xbf")


def test_a_file_has_the_filters_of_its_page_and_its_person(house: House) -> None:
    house.open_deal("north", title="Flanges for the north")
    house.open_deal("south", title="Flanges for the south")
    browser = house.browser("north")
    page = browser.get("/desk/deals", params={"text": "flanges", "after": house.position})
    _, lines = links(page.text)
    answer = browser.get(lines)
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["title"] for row in rows} == {"Flanges for the north"}
    assert answer.headers["Content-Disposition"] == 'attachment; filename="salesloop-deals.csv"'


def test_a_refusal_is_a_page_and_no_file(house: House) -> None:
    browser = house.browser("north")
    other = browser.get(f"/desk/files/deals?format=csv&team_id={house.teams['south']}")
    assert (other.status_code, other.headers["Content-Type"].partition(";")[0]) == (403, "text/html")
    assert browser.get("/desk/files/deals").status_code == 404
    assert browser.get("/desk/files/keys?format=csv").status_code in (403, 404, 422)
    assert "Content-Disposition" not in browser.get("/desk/files/nothing?format=csv").headers
