"""What several people look at is rendered once, and never for somebody of other rights."""

from __future__ import annotations

import httpx

from tests.house import House
from tests.pages.conftest import hidden

AGAIN = {"HX-Request": "true", "HX-Target": "main#main"}


def test_two_of_a_team_get_the_same_and_another_team_does_not(house: House) -> None:
    house.open_deal("north", title="Only for north")
    first, second, other = (
        house.browser(name) for name in ("north-manager", "north-manager", "south-manager")
    )
    after = {"Salesloop-After": str(house.position)}
    assert "Only for north" in first.get("/desk/board", headers=AGAIN | after).text
    assert "Only for north" in second.get("/desk/board", headers=AGAIN | after).text
    assert "Only for north" not in other.get("/desk/board", headers=AGAIN | after).text


def test_who_wrote_sees_it_whatever_was_rendered_just_now(house: House, rep: httpx.Client) -> None:
    for n in range(20):
        rep.get("/desk/board", headers=AGAIN)
        house.open_deal("north", title=f"Turn {n}")
        after = {"Salesloop-After": str(house.position)}
        assert f"Turn {n}" in rep.get("/desk/board?sort=-opened_at", headers=AGAIN | after).text


def test_a_form_in_it_has_the_token_of_who_gets_it(house: House) -> None:
    tokens = {
        hidden(house.browser("north").get("/desk/act/openDeal", headers=AGAIN).text, "csrf") for _ in range(2)
    }
    assert len(tokens) == 2, "each session has its own"
    assert "the-token-of-the-session" not in tokens
