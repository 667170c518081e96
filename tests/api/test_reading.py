"""Reading: what was just written is there when asked for, pages neither skip nor repeat, and a team is all one sees."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.house import House


def written(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


# --- read your writes ------------------------------------------------------------------------------------------------


def test_who_names_the_position_of_a_write_reads_it(house: House) -> None:
    rep = house.client("north")
    for n in range(10):
        receipt = written(rep.post("/deals", json={"title": f"Deal {n}"}))
        place = f"/deals/{receipt['answer']['deal_id']}"
        read = rep.get(place, params={"after": receipt["position"]})
        assert (read.status_code, read.json()["title"]) == (200, f"Deal {n}")
        moved = written(rep.post(f"{place}/stage", json={"to": "contact"}))
        header = {"Salesloop-After": str(moved["position"])}
        assert rep.get(place, headers=header).json()["stage"] == "contact"


LISTS = ["/deals", "/agenda", "/agenda/ended", "/agenda/outcomes", "/funnel"]
CATALOGUES = ["/customers", "/products", "/teams", "/reps", "/reps/loads", "/policies", "/processes"]


@pytest.mark.parametrize("path", [*LISTS, *CATALOGUES])
def test_every_read_model_can_be_waited_for(house: House, path: str) -> None:
    position = written(house.admin.post("/teams", json={"name": f"Team {uuid4()}"}))["position"]
    assert house.admin.get(path, params={"after": position}).status_code == 200


def test_a_position_that_does_not_exist_is_not_waited_for_long(house: House) -> None:
    answer = house.admin.get("/deals", params={"after": 10**12, "wait": 0.05})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")


@pytest.mark.parametrize(("name", "value"), [("after", "-1"), ("after", "x"), ("wait", "11"), ("wait", "x")])
def test_nonsense_to_wait_for_is_refused(house: House, name: str, value: str) -> None:
    answer = house.admin.get("/deals", params={"after": "1", name: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"query.{name}")


# --- one deal --------------------------------------------------------------------------------------------------------


def test_the_etag_of_a_deal_holds_the_version_to_write_on(house: House, deal: UUID) -> None:
    read = house.admin.get(f"/deals/{deal}", params={"after": house.position})
    headers = {"If-Match": read.headers["etag"]}
    assert read.headers["etag"].startswith(f'"{read.json()["version"]}-')
    assert (
        house.admin.post(f"/deals/{deal}/stage", json={"to": "contact"}, headers=headers).status_code == 200
    )


def test_who_has_the_present_version_is_told_so(house: House, deal: UUID) -> None:
    first = house.admin.get(f"/deals/{deal}", params={"after": house.position})
    again = house.admin.get(f"/deals/{deal}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = house.admin.get(f"/deals/{deal}", headers={"If-None-Match": '"99"'})
    assert other.status_code == 200


def test_a_deal_shows_names_beside_its_ids(house: House) -> None:
    customer = written(house.admin.post("/customers", json={"name": "华东精密制造"}))["answer"]["customer_id"]
    deal = house.open_deal(customer_id=customer, amount={"amount": "1234567.89", "currency": "CNY"})
    read = house.admin.get(f"/deals/{deal}", params={"after": house.position}).json()
    assert (read["customer_name"], read["owner_name"], read["team_name"]) == (
        "华东精密制造",
        "Rep north",
        "north",
    )
    assert (read["amount"], read["currency"]) == ("1234567.89", "CNY")


# --- lists -----------------------------------------------------------------------------------------------------------


def pages(client: httpx.Client, path: str, key: str, **params: Any) -> list[str]:
    """The `key` of every item, over all pages."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(1_000):
        page = written(client.get(path, params={**params, **cursor}))
        found += [item[key] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("the pages never end")


@pytest.mark.parametrize(
    "sort", ["due_at", "-due_at", "amount", "-amount", "opened_at", "-opened_at", "expected_close"]
)
def test_pages_of_any_size_show_each_deal_once_in_the_same_order(house: House, sort: str) -> None:
    customer = written(house.admin.post("/customers", json={"name": sort}))["answer"]["customer_id"]
    amounts: list[dict[str, Any]] = [
        {"amount": {"amount": str(n % 3), "currency": "CNY"}} if n % 2 else {} for n in range(7)
    ]
    made = {str(house.open_deal(customer_id=customer, title=f"D{n}", **a)) for n, a in enumerate(amounts)}
    filters = {"customer_id": customer, "sort": sort, "after": house.position}
    whole = pages(house.admin, "/deals", "deal_id", **filters, limit=200)
    assert set(whole) == made
    for size in (1, 2, 3, 7):
        assert pages(house.admin, "/deals", "deal_id", **filters, limit=size) == whole


def test_deals_whose_override_waits_are_listed_until_it_is_decided(house: House) -> None:
    deal, quiet = house.open_deal("north"), house.open_deal("north")
    place, client = f"/deals/{deal}/overrides", house.client("north-manager")
    ask = {"to": "solution", "reason": "the tender closes"}
    asked = written(house.client("north").post(place, json=ask))

    def waiting(reader: httpx.Client, **query: Any) -> dict[str, Any]:
        page = written(reader.get("/deals", params={"override": "asked", "limit": 200, **query}))
        return {one["deal_id"]: one for one in page["items"]}

    found = waiting(client, after=asked["position"])
    assert str(quiet) not in found
    (one,) = found[str(deal)]["overrides_asked"]
    assert (one["override_id"], one["to"], one["reason"]) == (
        asked["answer"]["override_id"],
        "solution",
        "the tender closes",
    )
    assert one["asked_at"] == found[str(deal)]["override_asked_at"]
    assert one["requested_by"].startswith("user:")
    assert one["missing"]
    assert "override_requests" not in found[str(deal)]
    assert str(deal) not in waiting(house.client("south-manager"), after=asked["position"])
    decided = written(client.post(f"{place}/{one['override_id']}/decision", json={"approved": False}))
    assert str(deal) not in waiting(client, after=decided["position"])


def test_an_override_is_decided_by_somebody_else_than_who_asked(house: House) -> None:
    deal = house.open_deal("north")
    asking = house.client("north-manager")
    asked = written(asking.post(f"/deals/{deal}/overrides", json={"to": "solution", "reason": "it closes"}))

    def theirs(reader: httpx.Client) -> list[bool]:
        """By the deal's own acts, by its details, and by the list."""
        after = {"after": asked["position"]}
        acts = written(reader.get(f"/deals/{deal}/acts"))["acts"]
        (detailed,) = written(reader.get(f"/deals/{deal}/details", params=after))["overrides"]
        listed = written(reader.get("/deals", params={"override": "asked", "limit": 200, **after}))["items"]
        (one,) = next(item for item in listed if item["deal_id"] == str(deal))["overrides_asked"]
        shown = written(reader.get(f"/deals/{deal}", params=after))["overrides_asked"][0]
        return [
            "decideOverride" in acts,
            *(each["acts"] == ["decideOverride"] for each in (detailed, one, shown)),
        ]

    assert theirs(asking) == theirs(house.client("north")) == theirs(house.client("auditor")) == [False] * 4
    assert theirs(house.admin) == [True] * 4
    place = f"/deals/{deal}/overrides/{asked['answer']['override_id']}/decision"
    assert asking.post(place, json={"approved": True}).status_code == 409
    written(house.admin.post(place, json={"approved": True}))
    assert "decideOverride" not in written(house.admin.get(f"/deals/{deal}/acts"))["acts"]


def test_only_asked_overrides_are_looked_for(house: House) -> None:
    answer = house.admin.get("/deals", params={"override": "approved"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.override")


def test_filters_narrow_down(house: House) -> None:
    word = f"w{uuid4().hex[:10]}"
    one, two = house.open_deal(title=f"{word} one"), house.open_deal("south", title=f"{word} two")
    position = written(house.admin.post(f"/deals/{two}/lose", json={"loss_reason": "price"}))["position"]
    found = {
        (name, value): set(
            pages(house.admin, "/deals", "deal_id", text=word, after=position, **{name: value})
        )
        for name, value in (
            ("status", "open"),
            ("status", "lost"),
            ("owner_id", str(house.reps["south"])),
            ("team_id", str(house.teams["north"])),
            ("stage", "identify"),
        )
    }
    assert list(found.values()) == [{str(one)}, {str(two)}, {str(two)}, {str(one)}, {str(one)}]


@pytest.mark.parametrize("cursor", ["x", "e30=", "WyJhIiwxXQ==", "A" * 400])
def test_a_cursor_that_is_none_is_refused(house: House, cursor: str) -> None:
    answer = house.admin.get("/deals", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


def test_a_cursor_of_another_sort_is_refused(house: House) -> None:
    house.open_deal()
    house.open_deal()
    page = written(house.admin.get("/deals", params={"limit": 1, "after": house.position}))
    answer = house.admin.get("/deals", params={"cursor": page["next_cursor"], "sort": "-amount"})
    assert answer.status_code == 422


# --- a team is all one sees ------------------------------------------------------------------------------------------


def test_lists_hold_the_own_team_only(house: House) -> None:
    word = f"w{uuid4().hex[:10]}"
    deals = {name: str(house.open_deal(name, title=word)) for name in ("north", "north2", "south")}
    seen = {
        name: set(pages(house.client(name), "/deals", "deal_id", text=word, after=house.position))
        for name in ("north", "north-manager", "south", "south-manager", "auditor", "admin")
    }
    north, south = {deals["north"], deals["north2"]}, {deals["south"]}
    assert seen == {
        "north": north,
        "north-manager": north,
        "south": south,
        "south-manager": south,
        "auditor": north | south,
        "admin": north | south,
    }


@pytest.mark.parametrize("path", [*LISTS, "/reps/loads"])
def test_asking_for_another_team_is_forbidden(house: House, path: str) -> None:
    other = {"team_id": str(house.teams["south"])}
    assert house.client("north").get(path, params=other).status_code == 403
    assert house.client("north-manager").get(path, params=other).status_code == 403
    assert house.client("auditor").get(path, params=other).status_code == 200


def test_another_teams_deal_and_its_history_are_not_there(house: House, deal: UUID) -> None:
    after = {"after": house.position}
    for path, name in itertools.product(
        (f"/deals/{deal}", f"/deals/{deal}/history"), ("south", "south-manager")
    ):
        assert house.client(name).get(path, params=after).status_code == 404
    for path, name in itertools.product((f"/deals/{deal}", f"/deals/{deal}/history"), ("north2", "auditor")):
        assert house.client(name).get(path, params=after).status_code == 200


def test_the_agenda_holds_the_own_teams_promises_only(house: House) -> None:
    house.open_deal("south")
    house.open_deal("north")

    def teams(name: str) -> set[str]:
        return set(pages(house.client(name), "/agenda", "team_id", limit=200, after=house.position))

    north, south = (str(house.teams[t]) for t in ("north", "south"))
    assert (teams("north"), teams("south-manager")) == ({north}, {south})
    assert teams("admin") >= {north, south}


def test_the_agenda_can_begin_at_a_time(house: House) -> None:
    at = [datetime.now(UTC) + timedelta(days=n) for n in (2, 3, 4)]
    deals = [
        str(house.open_deal("south", next_step={"what": "call", "due_at": due.isoformat()})) for due in at
    ]

    def found(**between: datetime) -> list[str]:
        asked = {name: time.isoformat() for name, time in between.items()}
        read = pages(house.client("south"), "/agenda", "deal_id", after=house.position, **asked)
        return [id for id in read if id in deals]

    assert found(due_from=at[1]) == deals[1:]
    assert found(due_from=at[1], due_before=at[2]) == [deals[1]]
    backwards = {"due_from": at[2].isoformat(), "due_before": at[1].isoformat()}
    assert house.client("south").get("/agenda", params=backwards).json()["errors"][0]["field"] == "due_before"


def test_deals_can_be_those_of_one_process(house: House) -> None:
    stages = [{"name": name} for name in ("first", "won", "lost", "after-sales")]
    probabilities = zip(stages, ("0.1", "1", "0", "1"), strict=True)
    body = {"name": "short", "stages": [{**stage, "probability": p} for stage, p in probabilities]}
    written(house.admin.post("/processes", json=body))
    short, usual = house.open_deal(process="short"), house.open_deal()
    for process, deal in (("short", short), ("default", usual)):
        read = pages(house.admin, "/deals", "deal_id", process=process, after=house.position, limit=200)
        assert {str(short), str(usual)} & set(read) == {str(deal)}


def test_the_funnel_counts_the_own_team_only(house: House) -> None:
    house.open_deal("south")
    house.open_deal("north")
    after = {"after": house.position}

    def standing(name: str, **params: Any) -> int:
        stages = written(house.client(name).get("/funnel", params={**after, **params}))["stages"]
        return sum(stage["deals"] for stage in stages)

    parts = [standing("north"), standing("south")]
    assert parts == [standing("auditor", team_id=str(house.teams[t])) for t in ("north", "south")]
    assert all(parts)
    every_team = pages(house.admin, "/teams", "id", limit=200)
    assert standing("auditor") == sum(standing("auditor", team_id=team) for team in every_team)


def test_another_teams_rep_is_not_asked_about(house: House) -> None:
    answer = house.client("north").get("/funnel", params={"owner_id": str(house.reps["south"])})
    assert answer.status_code == 404
    own = house.client("north").get("/funnel", params={"owner_id": str(house.reps["north2"])})
    assert own.status_code == 200


# --- history ---------------------------------------------------------------------------------------------------------


def test_history_says_who_what_when_why_and_through_which_door(house: House, deal: UUID) -> None:
    body = {"to": "contact", "reason": "they called back", "occurred_at": "2026-03-02T09:00:00+08:00"}
    position = written(house.client("north").post(f"/deals/{deal}/stage", json=body))["position"]
    items = written(house.admin.get(f"/deals/{deal}/history", params={"after": position}))["items"]
    moved = next(item for item in items if item["topic"] == "deal.stage-moved")
    assert [item["version"] for item in items] == list(range(1, len(items) + 1))
    assert (moved["who"], moved["channel"], moved["reason"]) == ("u-north", "api", "they called back")
    assert moved["changes"][0]["before"] == "identify"
    assert moved["changes"][0]["after"] == "contact"
    assert moved["occurred_at"] == "2026-03-02T01:00:00Z"
    assert moved["recorded_at"] > "2026-03-02"


def test_history_is_told_in_two_languages(house: House, deal: UUID) -> None:
    after = {"after": house.position}
    told = {
        lang: [
            i["sentence"]
            for i in house.admin.get(f"/deals/{deal}/history", params={**after, "lang": lang}).json()["items"]
        ]
        for lang in ("en", "zh")
    }
    assert told["en"][0].startswith("opened")
    assert told["zh"][0].startswith("新建商机")
    assert house.admin.get(f"/deals/{deal}/history", params={"lang": "fr"}).status_code == 422


def test_history_comes_in_pages_from_either_end(house: House, deal: UUID) -> None:
    for _ in range(5):
        position = written(
            house.admin.post(f"/deals/{deal}/activities", json={"activity": {"kind": "call"}})
        )["position"]
    place = f"/deals/{deal}/history"
    whole = pages(house.admin, place, "version", after=position, limit=200)
    assert pages(house.admin, place, "version", limit=2) == whole
    assert pages(house.admin, place, "version", limit=3, order="newest") == whole[::-1]


# --- the feed --------------------------------------------------------------------------------------------------------


def test_the_feed_replays_every_event_in_order_without_gaps(house: House, deal: UUID) -> None:
    auditor, at, seen = house.client("auditor"), 0, []
    while page := written(auditor.get("/events", params={"after": at, "limit": 50}))["events"]:
        seen += [event["position"] for event in page]
        at = page[-1]["position"]
    assert seen == list(range(1, len(seen) + 1))
    last = written(auditor.get("/events", params={"after": house.position - 2, "limit": 2}))
    assert [e["topic"] for e in last["events"]] == ["deal.opened", "promise.made"]
    assert {e["stream_id"] for e in last["events"]} == {str(deal)}
    assert last["next"] == house.position


# --- search ----------------------------------------------------------------------------------------------------------


def test_search_finds_by_any_part_of_a_name_what_the_own_team_sees(house: House) -> None:
    word = uuid4().hex[:10]
    house.open_deal("north", title=f"A{word}锅炉")
    house.open_deal("south", title=f"B{word}锅炉")
    asked: dict[str, Any] = {"text": f"{word[2:]} 炉", "after": house.position}
    found = {
        name: [
            hit["name"][0]
            for group in written(house.client(name).get("/search", params=asked))["groups"]
            for hit in group["items"]
        ]
        for name in ("north", "north-manager", "south", "auditor")
    }
    assert found == {"north": ["A"], "north-manager": ["A"], "south": ["B"], "auditor": ["B", "A"]}


@pytest.mark.parametrize("query", [{"text": ""}, {"text": "a", "kind": "rep"}, {"text": "a", "limit": 51}])
def test_what_cannot_be_searched_for_is_refused(house: House, query: dict[str, Any]) -> None:
    assert house.client("north").get("/search", params=query).status_code == 422


def test_customers_are_narrowed_down_by_part_of_a_name(house: House) -> None:
    word = uuid4().hex[:10]
    receipt = written(house.admin.post("/customers", json={"name": f"钢铁{word}集团"}))
    asked = {"text": f"铁{word[:3]}", "after": receipt["position"]}
    page = written(house.client("north").get("/customers", params=asked))
    assert [one["name"] for one in page["items"]] == [f"钢铁{word}集团"]
