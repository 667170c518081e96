"""Who may call what. The public routes are listed here, by name: another one is a decision, not an accident."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.app import create_app
from api.engine import users
from api.engine.auth import authority_of
from api.engine.roles import Role
from api.engine.users import KeyStore, Unauthenticated
from runtime.ledger import open_ledger
from runtime.settings import Settings
from tests.house import House

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/"),
    ("GET", "/desk/static/{digest}/{name}"),
    ("GET", "/calendars/{token}.ics"),
}
SIGN_IN = {
    *(("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/sign-in/style.css"), ("POST", "/sign-out")),
    *(("GET", "/sign-in/link/{token}"), ("POST", "/sign-in/link/{token}")),
    *(("GET", "/sign-in/oidc/{provider}"), ("GET", "/sign-in/oidc/{provider}/callback")),
    *(("GET", "/desk/unsubscribe/{token}"), ("POST", "/desk/unsubscribe/{token}")),
    *((method, f"/survey/{{token}}{more}") for method in ("GET", "HEAD", "POST") for more in ("", "/stop")),
}
"""Pages that nobody is signed in on. Mails are stopped by whoever has the link, from a mail program as well (RFC 8058);
customers answer surveys by theirs.
"""


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(Settings("postgresql:///unused", "postgresql:///unused", Path("unused")))


OF_ONESELF = {
    *(("POST", "/desk/settings"), ("POST", "/account")),
    *(("POST", "/desk/settings/notifications"), ("POST", "/account/notifications")),
}
"""Language, time zone, what one is told of: no one else's, and nothing of the ledger."""


def calls(app: FastAPI) -> list[tuple[str, APIRoute]]:
    return [(method, r) for r in app.routes if isinstance(r, APIRoute) for method in sorted(r.methods or ())]


def test_every_route_is_one_of_ours_and_only_the_listed_ones_are_public(app: FastAPI) -> None:
    assert all(isinstance(route, APIRoute) for route in app.routes)
    assert {(method, r.path) for method, r in calls(app) if authority_of(r) is None} == PUBLIC | SIGN_IN


def test_an_auditor_is_let_into_no_route_that_writes(app: FastAPI) -> None:
    open_to_auditors = [
        (m, r.path) for m, r in calls(app) if (a := authority_of(r)) and Role.AUDITOR in a.roles
    ]
    assert open_to_auditors
    assert {(method, path) for method, path in open_to_auditors if method != "GET"} == OF_ONESELF


def test_without_a_key_every_other_route_says_401_before_it_looks_at_anything(
    app: FastAPI, house: House
) -> None:
    stranger = house.client("stranger")
    for method, route in calls(app):
        if (method, route.path) in PUBLIC | SIGN_IN:
            continue
        path = route.path.replace("{name}", "default")
        path = re.sub(r"\{\w+_id\}", lambda _: str(uuid4()), path)
        answer = stranger.request(
            method, path, content=b"{not json", headers={"content-type": "application/json"}
        )
        assert answer.status_code == 401, (method, path, answer.text)
        if not hasattr(authority_of(route), "signed_in"):  # pages are for people, who have no key
            assert answer.headers["www-authenticate"] == 'Bearer realm="salesloop"'
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Basic b3BzOm9wcw==",
        "Bearer sl_0000000000000000_nonsense",
        "Bearer sl__",
        "Bearer xx_0000000000000000_nonsense",
        "Bearer sl_" + "a" * 5000,
        "Bearer \xe9\xe9",
    ],
)
def test_a_wrong_key_is_401_and_the_answer_tells_nothing_of_it(house: House, header: str) -> None:
    answer = httpx.get(f"{house.base}/keys", headers=[(b"Authorization", header.encode("latin-1"))])
    assert answer.status_code == 401
    assert "nonsense" not in answer.text


def test_the_right_id_with_another_secret_is_401(house: House) -> None:
    id = house.tokens["admin"].split("_")[1]
    forged = f"sl_{id}_" + "A" * 43
    answer = httpx.get(f"{house.base}/keys", headers={"Authorization": f"Bearer {forged}"})
    assert answer.status_code == 401


def test_a_revoked_key_counts_no_more(house: House) -> None:
    made = house.admin.post("/keys", json={"user_id": "u-brief", "role": "auditor"}).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert httpx.get(f"{house.base}/policies/default", headers=headers).status_code == 200
    assert house.admin.delete(f"/keys/{made['id']}").status_code == 204
    assert httpx.get(f"{house.base}/policies/default", headers=headers).status_code == 401
    assert house.admin.delete(f"/keys/{made['id']}").status_code == 204, "revoking again changes nothing"
    assert house.admin.delete("/keys/0123456789abcdef").status_code == 404


async def test_a_key_that_another_process_revoked_counts_no_more_three_seconds_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looked it up remembers it for a while: never longer than is promised, however often it is used meanwhile."""
    clock: Any = SimpleNamespace(now=1_000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(users, "time", clock)
    made = house.admin.post("/keys", json={"user_id": "u-elsewhere", "role": "auditor"}).json()
    async with open_ledger(house.settings.database_url, min_size=1, max_size=2) as ledger:
        elsewhere = KeyStore(ledger)
        assert (await elsewhere.user(made["token"])).user_id == "u-elsewhere"
        assert house.admin.delete(f"/keys/{made['id']}").status_code == 204
        for clock.now in (1_000.5, 1_001.0, 1_001.5):
            assert (await elsewhere.user(made["token"])).user_id == "u-elsewhere", "or the test sees nothing"
        clock.now = 1_003.0
        with pytest.raises(Unauthenticated):
            await elsewhere.user(made["token"])
        with pytest.raises(Unauthenticated):
            await elsewhere.user(made["token"])


def test_an_expired_key_counts_no_more(house: House) -> None:
    body = {"user_id": "u-past", "role": "auditor", "expires_at": "2020-01-01T00:00:00Z"}
    token = house.admin.post("/keys", json=body).json()["token"]
    answer = httpx.get(f"{house.base}/policies/default", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["detail"]) == (401, "the API key has expired")


def test_secrets_are_kept_as_hashes_only_and_never_listed(house: House) -> None:
    listed = house.admin.get("/keys").text
    secrets = [token.split("_", 2)[2] for token in house.tokens.values()]
    assert all(secret not in listed for secret in secrets)


def test_only_an_admin_makes_keys(house: House) -> None:
    for name in ("north", "north-manager", "auditor"):
        answer = house.client(name).post("/keys", json={"user_id": "u-x", "role": "admin"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_an_auditor_reads_and_writes_nothing(house: House, deal: UUID) -> None:
    auditor = house.client("auditor")
    assert auditor.get("/events").status_code == 200
    answer = auditor.post(f"/deals/{deal}/stage", json={"to": "contact"})
    assert answer.status_code == 403
    assert answer.json()["role"] == "auditor"


def test_a_rep_writes_own_deals_only(house: House, deal: UUID) -> None:
    own = house.client("north").post(f"/deals/{deal}/stage", json={"to": "contact"})
    colleague = house.client("north2").post(f"/deals/{deal}/stage", json={"to": "identify"})
    stranger = house.client("south").post(f"/deals/{deal}/stage", json={"to": "identify"})
    assert (own.status_code, colleague.status_code, stranger.status_code) == (200, 403, 404)
    assert stranger.json()["detail"] == f"no deal has the id {deal}", "another team's deal is not there"


def test_a_refused_writer_learns_nothing_about_the_deal(house: House, deal: UUID) -> None:
    """The gate would name what is missing; who may not write is not told."""
    answer = house.client("north2").post(f"/deals/{deal}/stage", json={"to": "negotiation"})
    assert answer.status_code == 403
    assert "missing" not in answer.json()


def test_a_manager_writes_the_teams_deals_only(house: House, deal: UUID) -> None:
    assert (
        house.client("north-manager").post(f"/deals/{deal}/stage", json={"to": "contact"}).status_code == 200
    )
    assert (
        house.client("south-manager").post(f"/deals/{deal}/stage", json={"to": "contact"}).status_code == 404
    )


def test_nobody_opens_a_deal_for_others(house: House) -> None:
    body = {"title": "x", "owner_id": str(house.reps["south"])}
    assert house.client("north").post("/deals", json=body).status_code == 403
    assert house.client("north-manager").post("/deals", json=body).status_code == 403
    assert house.client("north").post("/deals", json={"title": "mine"}).status_code == 201
    assert house.client("south-manager").post("/deals", json=body).status_code == 201


def test_a_rep_who_hands_a_deal_over_may_not_write_it_any_more(house: House, deal: UUID) -> None:
    rep = house.client("north")
    given = {"to": str(house.reps["north2"]), "handover_note": "on parental leave from Monday"}
    assert rep.post(f"/deals/{deal}/handover", json=given).status_code == 200
    assert rep.post(f"/deals/{deal}/stage", json={"to": "contact"}).status_code == 403
    assert house.client("north2").post(f"/deals/{deal}/stage", json={"to": "contact"}).status_code == 200


def test_only_leaders_publish_policies_and_decide_overrides(house: House, deal: UUID) -> None:
    rep = house.client("north")
    asked = rep.post(f"/deals/{deal}/overrides", json={"to": "solution", "reason": "the CEO knows them"})
    assert asked.status_code == 201, asked.text
    place = f"/deals/{deal}/overrides/{asked.json()['answer']['override_id']}/decision"
    assert rep.post(place, json={"approved": True}).status_code == 403
    assert house.client("south-manager").post(place, json={"approved": True}).status_code == 404
    assert house.client("north-manager").post(place, json={"approved": True}).status_code == 200
    policy = {"name": "mine", "calendar": {"timezone": "UTC"}, "due_after": "1bd"}
    assert rep.post("/policies", json=policy).status_code == 403


def test_a_manager_hires_into_and_lets_go_from_the_own_team_only(house: House) -> None:
    north, south = str(house.teams["north"]), str(house.teams["south"])
    manager = house.client("north-manager")
    assert manager.post("/reps", json={"name": "New", "team_id": south}).status_code == 403
    made = manager.post("/reps", json={"name": "New", "team_id": north})
    assert made.status_code == 201
    rep_id = made.json()["answer"]["rep_id"]
    assert house.client("south-manager").post(f"/reps/{rep_id}/leave", json={}).status_code == 404
    assert manager.post(f"/reps/{rep_id}/leave", json={}).status_code == 200


def test_the_key_of_a_rep_who_left_counts_no_more(house: House) -> None:
    team = str(house.teams["north"])
    rep_id = house.admin.post("/reps", json={"name": "Short", "team_id": team}).json()["answer"]["rep_id"]
    body = {"user_id": "u-short", "role": "rep", "rep_id": rep_id}
    headers = {"Authorization": f"Bearer {house.admin.post('/keys', json=body).json()['token']}"}
    assert house.admin.post(f"/reps/{rep_id}/leave", json={}).status_code == 200
    answer = httpx.get(f"{house.base}/policies/default", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (401, "the rep this API key is bound to has left")


def test_an_id_in_a_body_is_refused_by_its_field_where_it_is_not_there_or_not_ones_own(
    house: House, deal: UUID
) -> None:
    rep, place = house.client("north"), f"/deals/{deal}/activities"
    made_up = rep.post(place, json={"activity": {"kind": "call", "rep_id": str(uuid4())}})
    assert (made_up.status_code, made_up.json()["code"]) == (422, "unknown-reference")
    assert made_up.json()["field"] == "activity.rep_id"
    for other in ("north2", "south"):
        theirs = {"activity": {"kind": "call", "rep_id": str(house.reps[other])}}
        assert rep.post(place, json=theirs).status_code == 403
    mate = {"activity": {"kind": "call", "rep_id": str(house.reps["north2"])}}
    assert house.client("north-manager").post(place, json=mate).status_code == 201
    assert rep.post(place, json={"activity": {"kind": "call", "contact_id": str(uuid4())}}).status_code == 422


def test_a_customer_is_seen_and_changed_by_who_deals_with_it(house: House) -> None:
    north, north2, south = (house.client(name) for name in ("north", "north2", "south"))
    manager, other_manager = house.client("north-manager"), house.client("south-manager")
    made = north.post("/customers", json={"name": "Harbin Heating"}).json()["answer"]["customer_id"]
    place = f"/customers/{made}"
    assert south.get(place).status_code == 200, "nobody's: whoever would sell to it finds it"
    assert south.post("/customers", json={"name": "Mine", "customer_id": made}).status_code == 403
    opened = north.post("/deals", json={"title": "Boilers", "customer_id": made})
    assert opened.status_code == 201, opened.text
    after = {"after": opened.json()["position"]}
    for reader in (north, north2, manager, house.admin, house.client("auditor")):
        assert reader.get(place, params=after).json()["profile"]["name"] == "Harbin Heating"
        assert made in {
            one["id"] for one in reader.get("/customers", params={**after, "limit": 200}).json()["items"]
        }
    for stranger in (south, other_manager):
        assert stranger.get(place, params=after).status_code == 404
        assert stranger.get(f"{place}/contacts", params=after).status_code == 404
        listed = stranger.get("/customers", params={**after, "limit": 200}).json()["items"]
        assert made not in {one["id"] for one in listed}
        assert stranger.post("/customers", json={"name": "Mine", "customer_id": made}).status_code == 404
        assert stranger.post(f"{place}/contacts", json={"name": "Sun Li"}).status_code == 404
    assert south.post("/deals", json={"title": "Theirs", "customer_id": made}).status_code == 422
    assert north2.post(f"{place}/contacts", json={"name": "Sun Li"}).status_code == 403, "a colleague's"
    for writer in (north, manager, house.admin):
        assert writer.post(f"{place}/contacts", json={"name": "Sun Li"}).status_code == 201


def test_rules_for_the_whole_company_are_published_by_admins(house: House) -> None:
    bodies = {
        "/policies": {"name": "mine", "calendar": {"timezone": "UTC"}, "due_after": "1bd"},
        "/processes": {"name": "mine", "stages": []},
        "/cycle-policies": {"name": "mine"},
        "/scorecard-definitions": {"name": "mine", "measures": []},
        "/products": {"name": "Boiler"},
    }
    for path, body in bodies.items():
        for name in ("north", "north-manager", "auditor"):
            assert house.client(name).post(path, json=body).status_code == 403, (name, path)
    assert house.admin.post("/products", json={"name": "Boiler"}).status_code == 201


def test_an_owner_excuses_and_puts_off_within_the_policys_limits(house: House, deal: UUID) -> None:
    rep, manager = house.client("north"), house.client("north-manager")
    far = {"next_step": {"what": "call", "due_at": "2036-01-01T09:00:00Z"}}
    refused = rep.post(f"/deals/{deal}/promise", json=far)
    assert (refused.status_code, refused.json()["limit"]) == (403, "owner_ahead")
    assert "a manager of the team may" in refused.json()["detail"]
    promise = rep.post(f"/deals/{deal}/stage", json={"to": "contact"}).json()["answer"]["promise_id"]
    place, why = f"/deals/{deal}/promises/{promise}/excuse", {"reason": "the customer is away"}
    assert rep.post(place, json=why).json()["limit"] == "owner_excuses"
    assert manager.post(place, json=why).status_code == 200
    assert manager.post(f"/deals/{deal}/promise", json=far).status_code == 200


def test_a_rep_who_changed_teams_still_has_what_they_own(house: House) -> None:
    north, south = str(house.teams["north"]), str(house.teams["south"])
    hired = house.admin.post("/reps", json={"name": "Mover", "team_id": north}).json()["answer"]["rep_id"]
    body = {"user_id": "u-mover", "role": "rep", "rep_id": hired}
    headers = {"Authorization": f"Bearer {house.admin.post('/keys', json=body).json()['token']}"}
    with httpx.Client(base_url=house.base, headers=headers) as mover:
        deal = mover.post("/deals", json={"title": "Mine"}).json()["answer"]["deal_id"]
        due = {"what": "call", "due_at": "2038-01-01T00:00:00Z"}
        item = mover.post("/action-items", json=due).json()["answer"]["item_id"]
        moved = house.admin.post("/reps", json={"name": "Mover", "team_id": south, "rep_id": hired})
        after = {"after": moved.json()["position"]}
        for path in (f"/deals/{deal}", f"/deals/{deal}/history", f"/action-items/{item}"):
            assert mover.get(path, params=after).status_code == 200, path
        assert mover.post(f"/deals/{deal}/stage", json={"to": "contact"}).status_code == 200
        assert mover.post(f"/action-items/{item}/finish", json={}).status_code == 200
    assert house.client("south").get(f"/deals/{deal}", params=after).status_code == 404
    assert house.client("north").get(f"/deals/{deal}", params=after).status_code == 200


def test_who_is_asked_for_a_decision_in_another_team_reads_what_it_is_about(house: House) -> None:
    north, south = str(house.reps["north"]), str(house.reps["south"])
    item = {"what": "lend a demonstrator", "due_at": "2038-01-01T00:00:00Z", "owner_id": south}
    lent = house.client("north-manager").post("/action-items", json={**item, "manager_id": north})
    assert lent.status_code == 403, "a manager opens items for the team"
    made = house.admin.post("/action-items", json={**item, "manager_id": north}).json()
    place, after = f"/action-items/{made['answer']['item_id']}", {"after": made["position"]}
    assert house.client("north").get(place, params=after).status_code == 200
    assert house.client("north2").get(place, params=after).status_code == 404
    listed = house.client("north").get("/action-items", params={**after, "manager_id": north}).json()
    assert [one["owner_id"] for one in listed["items"]] == [south]


def test_a_key_is_bound_to_a_rep_and_a_team_that_are_there(house: House) -> None:
    team = str(house.teams["north"])
    gone = house.admin.post("/reps", json={"name": "Gone", "team_id": team}).json()["answer"]["rep_id"]
    house.admin.post(f"/reps/{gone}/leave", json={})
    nobody = str(uuid4())
    for body, field in (
        ({"role": "rep", "rep_id": nobody}, "rep_id"),
        ({"role": "rep", "rep_id": gone}, "rep_id"),
        ({"role": "rep", "rep_id": team}, "rep_id"),
        ({"role": "manager", "team_id": nobody}, "team_id"),
        ({"role": "auditor", "rep_id": nobody}, "rep_id"),
    ):
        answer = house.admin.post("/keys", json={"user_id": "u-nobody", **body})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown-reference"), body
        assert answer.json()["field"] == field
    listed = house.admin.get("/keys").json()["keys"]
    assert "u-nobody" not in {key["user_id"] for key in listed}


def test_a_repeated_request_for_a_key_is_the_same_key_and_its_token_is_not_shown_again(house: House) -> None:
    who = f"u-once-{uuid4().hex[:8]}"  # the house is shared with other files
    headers = {"Idempotency-Key": f"key-{uuid4()}"}
    body = {"user_id": who, "role": "auditor", "expires_at": "2038-01-01T00:00:00Z"}
    first, again = (house.admin.post("/keys", json=body, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["token"].startswith("sl_")
    assert again.json()["token"] is None
    assert again.headers["idempotency-replayed"] == "true"
    other = house.admin.post("/keys", json={**body, "user_id": "u-other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    made = [key for key in house.admin.get("/keys").json()["keys"] if key["user_id"] == who]
    assert [key["expires_at"] for key in made] == ["2038-01-01T00:00:00Z"]
