"""A customer's page: all that is known of it and ever happened with it, and every form of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from tests.house import House
from tests.pages.test_deals import customer, forms, opened, recorded, seen

Post = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def known(house: House) -> str:
    """With an open deal of the rep's."""
    id = customer(house, "Quarry & Söhne")
    house.open_deal(title="Forty crushers", customer_id=id)
    return id


def contact_of(house: House, client: httpx.Client, id: str) -> str:
    page = opened(client, house, f"/customers/{id}")
    found = re.search(r'id="p-([0-9a-f-]{36})"', page)
    assert found
    return found[1]


def done(house: House, answer: httpx.Response) -> None:
    assert answer.status_code == 303, answer.text
    house.position = int(answer.headers["location"].partition("after=")[2].partition("#")[0])


def test_every_form_is_there_and_what_it_says_is_shown(
    house: House, rep: httpx.Client, known: str, post_act: Post
) -> None:
    about, who = {"customer_id": known}, contact_of(house, rep, known)
    person = about | {"contact_id": who}
    page = opened(rep, house, f"/customers/{known}")
    assert {
        "changeProfile",
        "setParent",
        "addContact",
        "correctContact",
        "setBuyingRole",
        "giveConsent",
        "addNote",
    } <= forms(page)
    done(house, post_act(rep, "setBuyingRole", person, role="decides"))
    done(house, post_act(rep, "giveConsent", person, purpose="mail", source="trade fair"))
    done(house, post_act(rep, "addNote", about, kind="competitor", text="Crushers & Sons"))
    done(house, post_act(rep, "addNote", about, kind="need", text="parts in a day", contact_id=who))
    said = seen(opened(rep, house, f"/customers/{known}"))
    assert "其他备注" in rep.get(f"/desk/customers/{known}", headers={"Accept-Language": "zh-CN"}).text
    for part in ("decides", "consents", "trade fair", "Crushers & Sons", "parts in a day", "Forty crushers"):
        assert part in said, part
    assert "noted a need: parts in a day, about Ms Zhao" in said
    told = seen(opened(rep, house, f"/customers/{known}", kind="promise"))
    assert "noted a need" not in told
    assert "the next step" in told or "promised" in told


def test_what_a_form_that_shows_the_whole_leaves_empty_is_emptied(
    house: House, rep: httpx.Client, known: str, post_act: Post
) -> None:
    about = {"customer_id": known}
    name = {"name": "Quarry & Söhne"}
    rows = {"other_names.0.name": "采石", "other_names.0.language": "zh", "addresses.0.kind": "billing"}
    whole = {**rows, "addresses.0.city": "Köln", "web": "quarry.example", "sector": "stone"}
    done(house, post_act(rep, "changeProfile", about, **name, **whole))
    said = seen(opened(rep, house, f"/customers/{known}"))
    for part in ("采石", "Köln", "quarry.example", "stone"):
        assert part in said, part
    form = rep.get("/desk/act/changeProfile", params={**about, "after": house.position}).text
    assert 'value="quarry.example"' in form
    assert 'value="采石"' in form
    done(house, post_act(rep, "changeProfile", about, **name, sector="stone"))
    said = seen(opened(rep, house, f"/customers/{known}"))
    assert "Köln" not in said
    assert "stone" in said
    phone = {"phone": "", "mail": "z@quarry.example", "role": "buyer"}
    person = about | {"contact_id": contact_of(house, rep, known)}
    done(house, post_act(rep, "correctContact", person, name="Ms Zhao", **phone))
    [held] = house.client("north").get(f"/customers/{known}?after={house.position}").json()["contacts"]
    assert (held["phone"], held["mail"], held["note"]) == ("", "z@quarry.example", "buyer")


def test_a_form_that_would_empty_what_it_does_not_show_is_not_shown(rep: httpx.Client, known: str) -> None:
    nobody = str(uuid4())
    for operation, about in (
        ("changeProfile", {"customer_id": nobody}),
        ("correctContact", {"customer_id": known, "contact_id": nobody}),
    ):
        assert rep.get(f"/desk/act/{operation}", params=about).status_code == 404, operation


def test_a_form_that_does_not_know_whom_it_is_about_asks_first(
    house: House, rep: httpx.Client, known: str
) -> None:
    for operation, wanted in (("changeProfile", "name"), ("correctContact", "mail")):
        asked = rep.get(f"/desk/act/{operation}").text
        assert 'name="customer_id.shown"' in asked
        assert f'name="{wanted}"' not in asked
    unknown = rep.get("/desk/act/changeProfile", params={"customer_id.shown": "Nobody & Daughters"}).text
    assert 'name="customer_id.shown" value="Nobody &amp; Daughters"' in unknown
    found = rep.get("/desk/act/changeProfile", params={"customer_id.shown": "Quarry & Söhne"}).text
    assert f'name="customer_id" value="{known}"' in found
    assert 'value="Quarry &amp; Söhne"' in found
    whose = rep.get("/desk/act/correctContact", params={"customer_id.shown": "Quarry & Söhne"}).text
    who = contact_of(house, rep, known)
    assert f'<option value="{who}">' in whose
    both = {"customer_id": known, "contact_id": who}
    assert 'name="mail"' in rep.get("/desk/act/correctContact", params=both).text


def test_what_custom_fields_say_of_a_contact_is_shown_and_filled_in(
    house: House, rep: httpx.Client, known: str, post_act: Post
) -> None:
    field = {"of": "contact", "name": "speaks", "label": "Speaks", "label_zh": "语言", "type": "text"}
    assert house.admin.post("/custom-fields", json=field).status_code == 201
    person = {"customer_id": known, "contact_id": contact_of(house, rep, known)}
    done(house, post_act(rep, "setContactFields", person, **{"custom.speaks": "Low Saxon"}))
    page = opened(rep, house, f"/customers/{known}")
    assert '<span class="faint">Speaks</span> Low Saxon' in page
    assert "setContactFields" in forms(page)
    form = rep.get("/desk/act/setContactFields", params=person).text
    assert re.search(r'name="custom\.speaks"[^>]*>Low Saxon</textarea>', form)
    assert 'name="custom.speaks"' in rep.get("/desk/act/addContact", params={"customer_id": known}).text


def test_it_is_said_where_it_could_not_be_looked_whether_one_is_here_already(
    rep: httpx.Client, known: str
) -> None:
    at = f"/desk/customers/{known}"
    assert "It could not be looked" in rep.get(at, params={"looked": "none"}).text
    assert "It was not looked among" in rep.get(at, params={"looked": "most"}).text
    assert 'class="problem"' not in rep.get(at, params={"looked": "all"}).text


def test_the_timeline_over_http_is_paged_and_scoped(house: House, known: str) -> None:
    at, client = f"/customers/{known}/timeline", house.client("north")
    first = client.get(at, params={"limit": 2, "after": house.position}).json()
    second = client.get(at, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    positions = [one["position"] for one in first["items"] + second["items"]]
    assert positions == sorted(positions, reverse=True)
    assert len(positions) == 4
    then = client.get(at, params={"known_at": positions[2]}).json()
    assert [one["position"] for one in then["items"]][:2] == positions[2:]
    [only, *_] = client.get(at, params={"kind": "deal"}).json()["items"]
    assert only["of"] == "deal"
    assert house.client("south").get(at).status_code == 404
    assert client.get(at, params={"kind": "x"}).status_code == 422


def test_the_file_as_it_was_then(house: House, auditor: httpx.Client) -> None:
    client = house.client("admin")
    id = recorded(house, "/customers", {"name": f"Then {uuid4().hex[:6]}", "sector": "S-1"})["customer_id"]
    before = house.position
    recorded(house, f"/customers/{id}/profile", {"sector": "S-2", "clear": ["country"]})
    asked = {"after": house.position}
    assert client.get(f"/customers/{id}", params=asked).json()["profile"]["sector"] == "S-2"
    assert client.get(f"/customers/{id}", params={"known_at": before}).json()["profile"]["sector"] == "S-1"
    assert client.get(f"/customers/{id}", params={"known_at": before - 1}).status_code == 404
