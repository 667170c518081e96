"""A customer entered on the desk that is likely here already: asked about in the form, told why, and found among the pairs."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4

import httpx

from tests.house import House
from tests.pages.sent import Sent


def pages(client: httpx.Client, position: int) -> str:
    """All that there are, one after the other: the house has customers of other tests."""
    address, shown = f"/desk/customers/duplicates?after={position}", ""
    while address:
        page = client.get(address)
        assert page.status_code == 200
        shown += unescape(page.text).partition("<main")[2]
        further = re.search(r'class="more"><a class="button" href="([^"]+)"', page.text)
        address = unescape(further[1]) if further else ""
    return shown


def test_the_form_asks_and_takes_a_reason(house: House, admin: httpx.Client) -> None:
    old = house.admin.post("/customers", json={"name": "Verdigris Copper GmbH"}).json()["answer"][
        "customer_id"
    ]
    fields = dict(Sent(admin.get("/desk/act/registerCustomer").text).fields)
    typed = {**fields, "name": "Verdigris Copper", "key": uuid4().hex}
    asked = admin.post("/desk/act/registerCustomer", data=typed)
    assert asked.status_code == 409
    assert f'href="/desk/customers/{old}"' in asked.text
    assert "92 %" in unescape(asked.text)
    assert asked.text.index('name="another_because"') < asked.text.index('<details class="further"')
    again = {**dict(Sent(asked.text).fields), "another_because": "another one in Graz"}
    taken = admin.post("/desk/act/registerCustomer", data=again, follow_redirects=False)
    assert taken.status_code == 303, taken.text
    assert old not in taken.headers["location"]


def test_pairs_are_listed_with_what_can_be_done(
    house: House, manager: httpx.Client, auditor: httpx.Client
) -> None:
    house.admin.post("/customers", json={"name": "Cinnabar Clinics"})
    last = house.admin.post("/customers", json={"name": "Cinnabar Clinic Ltd"}).json()
    shown = pages(manager, last["position"])
    assert "Cinnabar Clinics" in shown
    assert "/desk/act/tellCustomersApart" in shown
    assert "/merge?gone_id=" in shown
    looked_at = pages(auditor, last["position"])
    assert "Cinnabar Clinics" in looked_at
    assert "/desk/act/tellCustomersApart" not in looked_at
    beside = unescape(manager.get(f"/desk/customers/{last['answer']['customer_id']}").text)
    assert "Cinnabar Clinics" in beside
