"""One meaning each: what can be read in two ways, or only by a library's leniency, is refused, and the field is named."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.house import House

Json = dict[str, Any]
BODY = {"content-type": "application/json"}


def refused(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid"
    return [error["field"] for error in answer.json()["errors"]]


def post(house: House, path: str, body: str, **headers: str) -> httpx.Response:
    return house.admin.post(path, content=body.encode(), headers={**BODY, **headers})


# --- bodies ----------------------------------------------------------------------------------------------------------

AMOUNTS = [
    '"1_0"',
    '"١٢"',
    '"1e3"',
    '"+1"',
    '" 1"',
    '"0x1F"',
    '"NaN"',
    "true",
    "null",
    '".5"',
    "1e400",
    "[1]",
]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_amount_is_plain_digits(house: House, amount: str) -> None:
    given = f'{{"title": "x", "amount": {{"amount": {amount}, "currency": "CNY"}}}}'
    assert refused(post(house, "/deals", given)) == ["amount.amount", "owner_id"][:1]


@pytest.mark.parametrize(
    "written", ["100000000000000.01", '"100000000000000.01"', "1000000.0100", "1e2", "0.01"]
)
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
def test_every_digit_of_a_number_is_kept(house: House, written: str, kind: str) -> None:
    from decimal import Decimal

    owner = house.reps["north"]
    given = f'{{"title": "x", "owner_id": "{owner}", "amount": {{"amount": {written}, "currency": "CNY"}}}}'
    done = post(house, "/deals", given, **{"content-type": kind})
    assert done.status_code == 201, done.text
    read = house.admin.get(done.headers["location"], params={"after": done.json()["position"]})
    assert Decimal(read.json()["amount"]) == Decimal(written.strip('"'))


@pytest.mark.parametrize(
    "at", ['"1764460800"', "1764460800", "1764460800.5", '"2026-01-01"', '"2026-01-01T09:00:00"', "true"]
)
def test_a_time_is_text_with_an_offset(house: House, deal: UUID, at: str) -> None:
    given = f'{{"to": "contact", "occurred_at": {at}}}'
    assert refused(post(house, f"/deals/{deal}/stage", given)) == ["occurred_at"]


@pytest.mark.parametrize(
    "day", ['"1764460800"', "1764460800", '"2026-12-31T00:00:00-12:00"', '"20261231"', '"2026-W53-4"', "true"]
)
def test_a_day_is_text_without_a_time(house: House, deal: UUID, day: str) -> None:
    given = f'{{"expected_close": {day}}}'
    assert refused(post(house, f"/deals/{deal}/expected-close", given)) == ["expected_close"]


@pytest.mark.parametrize("number", ['"3"', "3.0", "true", "1e0"])
def test_a_whole_number_in_a_body_is_a_number(house: House, number: str) -> None:
    plan = f'{{"scope": {{"kind": "company"}}, "cadence": "weekly", "at": "09:30", "day": {number}}}'
    assert refused(post(house, "/meeting-schedules", plan)) == ["day"]


def test_a_field_that_is_named_twice_is_refused(house: House, deal: UUID) -> None:
    assert refused(post(house, f"/deals/{deal}/stage", '{"to": "contact", "to": "needs"}')) == ["to"]
    nested = '{"title": "x", "amount": {"amount": "1", "currency": "EUR", "amount": "2"}}'
    assert refused(post(house, "/deals", nested)) == ["amount"]


@pytest.mark.parametrize("body", ['{"to": NaN}', '{"to": "contact"'])
@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"]
)
def test_what_is_no_json_is_400_however_it_is_called(house: House, deal: UUID, body: str, kind: str) -> None:
    answer = post(house, f"/deals/{deal}/stage", body, **{"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


# --- queries ---------------------------------------------------------------------------------------------------------

LENIENT = [
    ("/deals", {"limit": "1_0"}),
    ("/deals", {"limit": "+5"}),
    ("/deals", {"limit": " 5"}),
    ("/deals", {"limit": "5.0"}),
    ("/deals", {"amount_from": "1_0"}),
    ("/deals", {"amount_from": "1e3"}),
    ("/deals", {"amount_to": "١٢"}),
    ("/deals", {"closing_before": "1764460800"}),
    ("/deals", {"closing_before": "2026-12-31T00:00:00"}),
    ("/deals", {"due_before": "1764460800"}),
    ("/deals", {"due_before": "2026-12-31T00:00:00"}),
    ("/agenda", {"overdue": "yes"}),
    ("/agenda", {"overdue": "1"}),
    ("/leads", {"owned": "on"}),
    ("/meetings", {"over": "t"}),
    ("/cycles", {"behind": "True"}),
    ("/reps/loads", {"active": "y"}),
    ("/funnel", {"since": "1764460800"}),
    ("/funnel", {"since": "2026-01-01T00:00:00-12:00"}),
    ("/agenda/outcomes", {"until": "20261231"}),
    ("/events", {"after": "1_0"}),
    ("/events", {"after": "+1"}),
    ("/events", {"limit": "1_0"}),
    ("/imports", {"limit": "1_0"}),
    ("/deals", {"after": ""}),
    ("/deals", {"after": "١"}),
    ("/deals", {"after": "1", "wait": "1_0"}),
    ("/deals", {"after": "1", "wait": "1e0"}),
    ("/deals", {"after": "1", "wait": " 1"}),
]


@pytest.mark.parametrize(("path", "params"), LENIENT)
def test_a_parameter_is_read_in_one_way(house: House, path: str, params: dict[str, str]) -> None:
    assert refused(house.admin.get(path, params=params)) == [f"query.{list(params)[-1]}"]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/deals", "stage=needs&stage=contact"),
        ("/deals", "limit=5&limit=5"),
        ("/deals", "after=1&after=1"),
        ("/deals", "after=1&wait=1&wait=2"),
        ("/events", "after=0&after=1"),
        ("/figures", "metric=deals-won&period=2026&period=2027"),
        ("/imports", "limit=1&limit=2"),
        ("/policies", "after=1&after=1"),
    ],
)
def test_a_parameter_that_came_twice_is_refused(house: House, path: str, asked: str) -> None:
    twice = next(p.split("=")[0] for p in asked.split("&") if asked.count(p.split("=")[0] + "=") > 1)
    assert refused(house.admin.get(f"{path}?{asked}")) == [f"query.{twice}"]


@pytest.mark.parametrize(
    "path", ["/funnel", "/agenda/outcomes", "/figures?metric=deals-won", "/figures/events?metric=deals-won"]
)
def test_a_stretch_does_not_end_before_it_begins(house: House, path: str) -> None:
    asked = f"{path}{'&' if '?' in path else '?'}since=2026-02-01&until=2026-01-31"
    assert refused(house.admin.get(asked)) == ["until"]
    assert house.admin.get(asked.replace("01-31", "02-01")).status_code == 200


@pytest.mark.parametrize("asked", ["text=%FF", "text=caf%E9", "stage=%C3%28"])
def test_a_query_is_utf_8(house: House, asked: str) -> None:
    assert refused(house.admin.get(f"/deals?{asked}")) == ["query"]


def test_amounts_to_look_between_are_in_order(house: House) -> None:
    assert refused(house.admin.get("/deals", params={"amount_from": "2", "amount_to": "1"})) == ["amount_to"]


def test_the_feed_does_not_begin_beyond_the_head(house: House, deal: UUID) -> None:
    head = house.admin.get("/events", params={"after": house.position - 1, "limit": 200}).json()["next"]
    assert house.admin.get("/events", params={"after": head}).json() == {
        "events": [],
        "next": head,
        "more": False,
    }
    assert refused(house.admin.get("/events", params={"after": head + 10_000})) == ["query.after"]


# --- headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["If-Match", "Idempotency-Key", "X-Correlation-Id"])
def test_a_header_that_came_twice_is_refused(house: House, deal: UUID, name: str) -> None:
    value = {"If-Match": '"2"', "Idempotency-Key": str(uuid4()), "X-Correlation-Id": str(uuid4())}[name]
    headers = [("content-type", "application/json"), (name, value), (name, value)]
    answer = house.admin.post(f"/deals/{deal}/stage", content=b'{"to": "contact"}', headers=headers)
    assert refused(answer) == [f"header.{name}"]


def test_a_body_is_of_one_kind(house: House, deal: UUID) -> None:
    kinds = [("content-type", "application/json"), ("content-type", "text/plain")]
    answer = house.admin.post(f"/deals/{deal}/stage", content=b'{"to": "contact"}', headers=kinds)
    assert refused(answer) == ["header.Content-Type"]


def test_a_position_comes_once_as_header_or_parameter(house: House) -> None:
    twice = [("Salesloop-After", "1"), ("Salesloop-After", "1")]
    assert refused(house.admin.get("/deals", headers=twice)) == ["header.Salesloop-After"]
    assert refused(house.admin.get("/deals?after=1", headers=twice[:1])) == ["query.after"]
    assert refused(house.admin.get("/deals", headers={"Salesloop-After": "1_0"})) == [
        "header.Salesloop-After"
    ]


@pytest.mark.parametrize(
    "id",
    [
        "6c2d8c1e52a74d4c9d0a0a4f0b6c7d11",
        "{6c2d8c1e-52a7-4d4c-9d0a-0a4f0b6c7d11}",
        "6_2d8c1e52a74d4c9d0a0a4f0b6c7d11",
    ],
)
def test_a_correlation_id_is_written_in_one_way(house: House, deal: UUID, id: str) -> None:
    answer = house.admin.post(
        f"/deals/{deal}/stage", json={"to": "contact"}, headers={"X-Correlation-Id": id}
    )
    assert refused(answer) == ["header.X-Correlation-Id"]


@pytest.mark.parametrize("tag", ['"02"', '"2-"', '"2-xyz"', 'W/"2"', '"٢"', '"3"', '"2 "', ""])
def test_another_tag_than_the_present_one_is_stale(house: House, deal: UUID, tag: str) -> None:
    answer = house.admin.post(
        f"/deals/{deal}/stage", json={"to": "contact"}, headers=[(b"If-Match", tag.encode())]
    )
    assert (answer.status_code, answer.json()["code"]) in ((412, "stale"), (422, "invalid"))
    assert house.admin.get(f"/deals/{deal}", params={"after": house.position}).json()["version"] == 2


@pytest.mark.parametrize("path", ["/keys", "/imports", "/projections/deal_board/resume"])
def test_if_match_is_refused_where_nothing_has_a_version(house: House, path: str) -> None:
    body = {"user_id": "u-x", "role": "auditor"}
    assert refused(house.admin.post(path, json=body, headers={"If-Match": '"1"'})) == ["header.If-Match"]


# --- tags ------------------------------------------------------------------------------------------------------------


def test_a_tag_covers_the_whole_answer(house: House) -> None:
    customer = str(uuid4())
    house.admin.post("/customers", json={"customer_id": customer, "name": "Before"})
    deal = house.open_deal(customer_id=customer)
    read = house.admin.get(f"/deals/{deal}", params={"after": house.position})
    renamed = house.admin.post("/customers", json={"customer_id": customer, "name": "After"}).json()
    have = {"If-None-Match": read.headers["etag"]}
    again = house.admin.get(f"/deals/{deal}", params={"after": renamed["position"]}, headers=have)
    assert (again.status_code, again.json()["customer_name"]) == (200, "After")
    now = house.admin.get(f"/deals/{deal}", headers={"If-None-Match": again.headers["etag"]})
    assert (now.status_code, now.content, now.headers["etag"]) == (304, b"", again.headers["etag"])


def test_the_tag_of_a_read_or_of_a_receipt_is_taken_by_the_next_write(house: House, deal: UUID) -> None:
    read = house.admin.get(f"/deals/{deal}", params={"after": house.position})
    place = f"/deals/{deal}/stage"
    moved = house.admin.post(place, json={"to": "contact"}, headers={"If-Match": read.headers["etag"]})
    assert moved.status_code == 200, moved.text
    stale = house.admin.post(place, json={"to": "needs"}, headers={"If-Match": read.headers["etag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    next_ = house.admin.post(place, json={"to": "needs"}, headers={"If-Match": moved.headers["etag"]})
    assert next_.status_code == 200, next_.text


def test_if_none_match_is_a_list_weak_or_anything(house: House, deal: UUID) -> None:
    place, after = f"/deals/{deal}", {"after": house.position}
    tag = house.admin.get(place, params=after).headers["etag"]

    def answered(*given: str) -> int:
        return house.admin.get(place, headers=[("If-None-Match", one) for one in given]).status_code

    taken = [tag, f"W/{tag}", f'"a", {tag}', f'"a",W/{tag} ,"b"', "*"]
    assert [answered(one) for one in taken] == [304] * len(taken)
    assert answered('"a"', tag) == 304, "two lines are one list"
    other = ['"2"', '""', tag.strip('"'), f"{tag}x", f'"x{tag[1:]}', f"{tag};", f'"a {tag}', f"*, {tag}"]
    assert [answered(one) for one in other] == [200] * len(other)


# --- cursors ---------------------------------------------------------------------------------------------------------

LISTS = [
    *[
        f"/deals?sort={sort}"
        for sort in ("due_at", "-amount", "-last_activity_at", "opened_at", "expected_close")
    ],
    *[
        "/customers",
        "/products",
        "/teams",
        "/reps",
        "/agenda",
        "/agenda/ended",
        "/leads",
        "/targets?sort=metric",
    ],
    *[
        "/targets",
        "/cycles",
        "/cycles?sort=starts",
        "/scorecards",
        "/action-items",
        "/adjustments",
        "/meetings",
    ],
    *["/meetings?sort=waits_until", "/meeting-schedules", "/attainment", "/deals/{deal}/history"],
    *["/figures/events?metric=deals-won&period=2026", "/customers/{deal}/contacts"],
]
KEYS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(
        ["\x00", "1e999999", "NaN", "-0", "٣", "0001-01-01", "0001-01-01T00:00:00+14:00", "9" * 400, "\ud800"]
    ),
    st.dates().map(str),
    st.datetimes().map(lambda at: at.isoformat() + "+00:00"),
)
PLACES = st.one_of(
    KEYS,
    st.lists(KEYS, max_size=4),
    st.tuples(
        st.sampled_from(["due_at", "-amount", "-ended_at", "name", "starts"]), KEYS, st.uuids().map(str)
    ).map(list),
)


def sealed(place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


@pytest.fixture(scope="module")
def some_deal(house: House) -> UUID:
    return house.open_deal()


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(place=PLACES)
def test_a_cursor_made_by_hand_is_refused_or_a_place(house: House, some_deal: UUID, place: Any) -> None:
    for path in LISTS:
        where = path.format(deal=some_deal)
        asked = f"{where}{'&' if '?' in where else '?'}cursor={sealed(place)[:500]}"
        answer = house.admin.get(asked)
        assert answer.status_code in (200, 422), f"{asked}: {answer.text}"
        if answer.status_code == 422:
            assert {e["field"] for e in answer.json()["errors"]} <= {"cursor", "query.cursor"}


@pytest.mark.parametrize("key", ["\x00", "1e999999", "9" * 400, "0001-01-01T00:00:00+14:00"])
@pytest.mark.parametrize("path", LISTS)
def test_a_key_that_no_row_could_have_is_no_place(house: House, some_deal: UUID, path: str, key: str) -> None:
    sort = path.partition("sort=")[2] or {"/agenda": "due_at", "/agenda/ended": "-ended_at"}.get(path, "name")
    where = path.format(deal=some_deal)
    cursor = sealed([sort, key, str(uuid4())])
    asked = f"{where}{'&' if '?' in where else '?'}cursor={cursor}"
    if len(cursor) <= 500:
        assert refused(house.admin.get(asked)) == ["cursor"]


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "asked"),
    [("Ge\u0301ant", "G\u00e9ant"), ("G\u00e9ant", "Ge\u0301ant"), ("\uff21\uff22C", "abc")],
)
def test_a_word_is_found_however_its_letters_are_composed(house: House, stored: str, asked: str) -> None:
    mark = f"m{uuid4().hex[:8]}"
    deal = house.open_deal(title=f"{stored} {mark}")
    found = house.admin.get("/deals", params={"text": f"{asked} {mark}", "after": house.position}).json()
    assert [one["deal_id"] for one in found["items"]] == [str(deal)]


# --- figures of what there is not, and as known when -----------------------------------------------------------------

FIGURE = {"metric": "deals-won", "period": "2026-10"}


@pytest.mark.parametrize("path", ["/figures", "/figures/events"])
def test_a_figure_is_of_what_there_is(house: House, path: str) -> None:
    nobody, customer = str(uuid4()), str(uuid4())
    product = house.admin.post("/products", json={"name": "Boiler"}).json()
    sector = f"sector {customer[:8]}"
    made = house.admin.post(
        "/customers", json={"customer_id": customer, "name": "A", "sector": sector}
    ).json()
    assert house.admin.get("/customers", params={"after": made["position"]}).status_code == 200

    def asked(**more: str) -> httpx.Response:
        return house.admin.get(path, params={**FIGURE, **more})

    assert refused(asked(product_id=nobody, segment="Erdbau")) == ["product_id", "segment"]
    assert refused(asked(product_id=customer)) == ["product_id"]
    assert refused(asked(scope="rep", scope_id=nobody)) == ["scope_id"]
    assert refused(asked(scope="team", scope_id=str(house.reps["north"]))) == ["scope_id"]
    rep, id = str(house.reps["north"]), product["answer"]["product_id"]
    assert asked(scope="rep", scope_id=rep, product_id=id, segment=sector).status_code == 200


def test_known_at_takes_a_position_a_day_or_a_time_and_says_which_position_it_was(house: House) -> None:
    deal = house.open_deal()
    event = house.admin.get("/events", params={"after": house.position - 1, "limit": 1}).json()["events"][0]
    later = house.admin.post(f"/deals/{deal}/activities", json={"activity": {"kind": "call"}}).json()
    target = str(uuid4())
    day = str(
        datetime.now(ZoneInfo("Asia/Shanghai")).date()
    )  # asked now: of what came before it may be the next one
    for path in ("/figures", "/figures/events", "/attainment"):
        asked = {} if path == "/attainment" else FIGURE
        answer = house.admin.get(path, params={**asked, "known_at": event["recorded_at"]})
        assert answer.headers["salesloop-known-at"] == str(house.position), answer.text
        now = house.admin.get(path, params={**asked, "known_at": day})
        assert int(now.headers["salesloop-known-at"]) >= later["position"]
        assert refused(house.admin.get(path, params={**asked, "known_at": "2100-01-01"})) == ["known_at"]
        assert refused(house.admin.get(path, params={**asked, "known_at": "1_0"})) == ["query.known_at"]
        assert refused(house.admin.get(path, params={**asked, "known_at": "-1"})) == ["query.known_at"]
    figure = house.admin.get("/figures", params={**FIGURE, "known_at": event["recorded_at"]}).json()
    assert figure["known_at"] == house.position
    assert (
        house.admin.get(f"/targets/{target}/attainment", params={"known_at": "2026-01-01"}).status_code == 404
    )
    assert house.admin.get("/figures", params={**FIGURE, "known_at": "2000-01-01"}).json()["known_at"] == 0


# --- amounts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ("1200", "CNY", "1200.00"),
        ("1200.5", "EUR", "1200.50"),
        ("1200", "JPY", "1200"),
        ("1.234", "KWD", "1.234"),
    ],
)
def test_an_amount_is_told_with_the_decimals_of_its_currency(
    house: House, given: str, code: str, told: str
) -> None:
    deal = house.open_deal("north2", amount={"amount": given, "currency": code}, title=f"x {uuid4().hex}")
    one = house.admin.get(f"/deals/{deal}", params={"after": house.position}).json()
    (listed,) = house.admin.get("/deals", params={"text": one["title"]}).json()["items"]
    loads = house.admin.get("/reps/loads", params={"after": house.position}).json()["reps"]
    load = next(load for load in loads if load["rep_id"] == str(house.reps["north2"]))["open_amounts"][code]
    stages = house.admin.get("/funnel", params={"after": house.position}).json()["stages"]
    stood = next(stage for stage in stages if stage["stage"] == one["stage"])["amounts"][code]
    assert (one["amount"], listed["amount"]) == (told, told)
    decimals = told.partition(".")[2]
    assert [len(text.partition(".")[2]) for text in (load, stood)] == [len(decimals)] * 2


# --- what a key stands for -------------------------------------------------------------------------------------------


def test_a_repeat_of_what_is_worked_out_from_what_there_is_gets_its_first_answer(house: House) -> None:
    """The team is another one by then, and would be divided otherwise."""
    team = house.admin.post("/teams", json={"name": f"team {uuid4().hex[:6]}"}).json()["answer"]["team_id"]

    def hired() -> int:
        made = house.admin.post("/reps", json={"name": "Zhao", "team_id": team}).json()
        assert house.admin.get("/reps", params={"after": made["position"]}).status_code == 200
        return int(made["position"])

    hired()
    why = {"achievable": "as last year", "relevant": "the plan"}
    target: Json = {"metric": "deals-won", "number": "8", "unit": "count", "period": "2029", **why}
    target |= {"scope": {"kind": "team", "id": team}, "owner_id": str(house.reps["north"])}
    id = house.admin.post("/targets", json=target).json()["answer"]["target_id"]

    def divided(key: str, into: str = "rep") -> httpx.Response:
        return house.admin.post(
            f"/targets/{id}/divide", json={"into": into}, headers={"Idempotency-Key": key}
        )

    key = str(uuid4())
    first = divided(key)
    assert first.status_code == 200, first.text
    hired()
    again = divided(key)
    assert (again.status_code, again.json()["replayed"]) == (200, True), again.text
    assert again.json()["answer"] == first.json()["answer"]
    other = divided(key, "month")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_a_place_among_notices_has_no_text_that_a_database_cannot_hold(house: House) -> None:
    for n in range(3):
        words = ["mail", "promise.missed", ""]
        words[n] += "\x00"
        answer = house.admin.get("/notices", params={"cursor": sealed_tight([1, str(uuid4()), *words])})
        assert refused(answer) == ["cursor"]


def sealed_tight(place: Any) -> str:
    """As ours are, without blanks."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode()
