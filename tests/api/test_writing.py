"""Writing: one command a request, at most once, on the version the writer saw."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain.engine.recorded import Recorded
from runtime.ledger import open_ledger
from tests.house import House


def stream(house: House, id: UUID) -> list[Recorded]:
    """What the ledger holds of a stream."""

    async def read() -> list[Recorded]:
        async with open_ledger(house.settings.database_url, min_size=1, max_size=2) as ledger:
            return await ledger.stream(id)

    return asyncio.run(read())


def test_a_receipt_says_where_the_write_went(house: House) -> None:
    given = {"title": "Forty boilers", "owner_id": str(house.reps["north"])}
    answer = house.admin.post("/deals", json=given)
    told = answer.json()
    deal_id = UUID(told["answer"]["deal_id"])
    recorded = stream(house, deal_id)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/deals/{deal_id}"
    assert answer.headers["salesloop-position"] == str(told["position"]) == str(recorded[-1].position)
    assert answer.headers["etag"] == f'"{told["version"]}"' == f'"{recorded[-1].originator_version}"'
    assert (told["recorded"], told["replayed"]) == (len(recorded), False)


def test_the_envelope_reaches_the_ledger(house: House, deal: UUID) -> None:
    correlation, yesterday = uuid4(), datetime.now(UTC) - timedelta(days=1)
    body = {"to": "contact", "reason": "they called back", "occurred_at": yesterday.isoformat()}
    headers = {"X-Correlation-Id": str(correlation)}
    assert house.client("north").post(f"/deals/{deal}/stage", json=body, headers=headers).status_code == 200
    moved = next(r for r in stream(house, deal) if r.fact.TOPIC == "deal.stage-moved")
    assert (str(moved.meta.actor), moved.meta.channel, moved.meta.reason) == (
        "user:u-north",
        "api",
        "they called back",
    )
    assert (moved.meta.correlation_id, moved.occurred_at) == (correlation, yesterday)


def test_the_trace_of_a_traceparent_is_the_correlation(house: House, deal: UUID) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    house.admin.post(f"/deals/{deal}/stage", json={"to": "contact"}, headers=headers)
    assert stream(house, deal)[-1].meta.correlation_id == UUID(trace)


@pytest.mark.parametrize(
    "at",
    [
        pytest.param((datetime.now(UTC) + timedelta(days=1)).isoformat(), id="tomorrow"),
        "1989-12-31T23:59:59Z",
        "2026-01-01T00:00:00",
        "yesterday",
        1_700_000_000,
    ],
)
def test_a_late_entry_is_neither_in_the_future_nor_of_another_age_nor_without_a_zone(
    house: House, deal: UUID, at: Any
) -> None:
    answer = house.admin.post(f"/deals/{deal}/stage", json={"to": "contact", "occurred_at": at})
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == ["occurred_at"]


# --- at most once ----------------------------------------------------------------------------------------------------


def test_a_repeat_gets_the_first_answer_and_records_nothing(house: House) -> None:
    given = {"title": "Once", "owner_id": str(house.reps["north"])}
    headers = {"Idempotency-Key": f"open {uuid4()}"}
    first, again = (house.admin.post("/deals", json=given, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {**first.json(), "recorded": 0, "replayed": True}
    assert again.headers["idempotency-replayed"] == "true"
    assert len(stream(house, UUID(first.json()["answer"]["deal_id"]))) == first.json()["recorded"]


def test_a_repeat_is_answered_even_when_it_would_be_refused_now(house: House, deal: UUID) -> None:
    rep, headers = house.client("north"), {"Idempotency-Key": f"give {uuid4()}"}
    given = {"to": str(house.reps["north2"]), "handover_note": "swapped"}
    first = rep.post(f"/deals/{deal}/handover", json=given, headers=headers)
    again = rep.post(f"/deals/{deal}/handover", json=given, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["position"] == first.json()["position"]


def test_duplicates_at_the_same_moment_record_once(house: House) -> None:
    given = {"title": "Clicked eight times", "owner_id": str(house.reps["north"])}
    headers = {"Idempotency-Key": f"clicks {uuid4()}"}

    def click(_: int) -> httpx.Response:
        return house.admin.post("/deals", json=given, headers=headers)

    with ThreadPoolExecutor(8) as fingers:
        answers = list(fingers.map(click, range(8)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["answer"]["deal_id"] for a in answers}) == 1
    assert sorted(a.json()["replayed"] for a in answers) == [False] + [True] * 7
    deal_id = UUID(answers[0].json()["answer"]["deal_id"])
    assert [r.fact.TOPIC for r in stream(house, deal_id)] == ["deal.opened", "promise.made"]


def test_a_key_with_another_body_is_refused(house: House) -> None:
    headers = {"Idempotency-Key": f"reused {uuid4()}"}
    house.open_deal()
    owner = str(house.reps["north"])
    assert (
        house.admin.post("/deals", json={"title": "A", "owner_id": owner}, headers=headers).status_code == 201
    )
    answer = house.admin.post("/deals", json={"title": "B", "owner_id": owner}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert "api/" not in answer.text, "the name the key is kept under is nobody's business"


@pytest.mark.parametrize(
    "other",
    [{"reason": "Tuesday"}, {"occurred_at": "2026-02-02T09:00:00Z", "reason": "Monday"}, {}],
    ids=["another reason", "another time", "no reason"],
)
def test_the_reason_and_the_time_are_part_of_the_body_that_a_key_stands_for(
    house: House, deal: UUID, other: dict[str, str]
) -> None:
    headers = {"Idempotency-Key": f"said {uuid4()}"}
    path, touch = f"/deals/{deal}/activities", {"activity": {"kind": "call"}}
    said = {**touch, "reason": "Monday"}
    first, again = (house.admin.post(path, json=said, headers=headers) for _ in range(2))
    assert (first.status_code, again.json()["replayed"]) == (201, True)
    answer = house.admin.post(path, json={**touch, **other}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")


def test_keys_of_different_users_never_meet(house: House) -> None:
    headers = {"Idempotency-Key": "monday"}
    answers = [house.client(n).post("/deals", json={"title": n}, headers=headers) for n in ("north", "south")]
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["answer"]["deal_id"] for a in answers}) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "caf\xe9"])
def test_an_idempotency_key_is_short_and_printable(house: House, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode("latin-1"))]
    answer = house.admin.post("/teams", json={"name": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "header.Idempotency-Key")


# --- on the version that was seen ------------------------------------------------------------------------------------


def test_a_write_on_the_version_seen_passes_and_on_a_stale_one_is_412(house: House, deal: UUID) -> None:
    seen = house.admin.post(f"/deals/{deal}/stage", json={"to": "contact"}).headers["etag"]
    place, amount = f"/deals/{deal}/amount", {"amount": {"amount": "10.00", "currency": "CNY"}}
    passed = house.admin.post(place, json=amount, headers={"If-Match": seen})
    stale = house.admin.post(place, json={"amount": None}, headers={"If-Match": seen})
    assert (passed.status_code, stale.status_code) == (200, 412)
    told = stale.json()
    assert (told["code"], told["retryable"]) == ("stale", True)
    assert told["actual"] == told["expected"] + 1
    assert stream(house, deal)[-1].fact.TOPIC == "deal.amount-changed"


def test_of_two_writers_who_saw_the_same_version_one_passes(house: House, deal: UUID) -> None:
    seen = house.admin.post(f"/deals/{deal}/stage", json={"to": "contact"}).headers["etag"]

    def write(n: int) -> int:
        body = {"amount": {"amount": f"{n + 1}.00", "currency": "CNY"}}
        return house.admin.post(f"/deals/{deal}/amount", json=body, headers={"If-Match": seen}).status_code

    with ThreadPoolExecutor(6) as writers:
        statuses = sorted(writers.map(write, range(6)))
    assert statuses == [200] + [412] * 5


@pytest.mark.parametrize(
    ("tag", "status"), [('W/"7"', 412), ('"x"', 412), ('""', 412), ("7", 422), ('"1", "2"', 422)]
)
def test_an_etag_that_is_none_of_ours_never_matches(house: House, deal: UUID, tag: str, status: int) -> None:
    answer = house.admin.post(f"/deals/{deal}/stage", json={"to": "contact"}, headers={"If-Match": tag})
    assert answer.status_code == status


def test_any_version_matches_a_star(house: House, deal: UUID) -> None:
    answer = house.admin.post(f"/deals/{deal}/stage", json={"to": "contact"}, headers={"If-Match": "*"})
    assert answer.status_code == 200


def test_writers_without_a_version_all_get_through(house: House, deal: UUID) -> None:
    def write(n: int) -> int:
        body = {"activity": {"kind": "call", "summary": f"call {n}"}}
        return house.client("north").post(f"/deals/{deal}/activities", json=body).status_code

    with ThreadPoolExecutor(6) as writers:
        assert set(writers.map(write, range(12))) == {201}
    logged = [r for r in stream(house, deal) if r.fact.TOPIC == "deal.activity-logged"]
    assert len(logged) == 12
