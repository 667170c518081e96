"""Receipts of allocations as earlier releases recorded them: the bytes stay, and everybody reads the one format."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from domain.allocation.receipt import FORMAT, AllocationReceipt
from runtime.codec import COLUMNS, decode_row
from tests.domain.stored_names import read_sample
from tests.domain.test_allocation import EARLIER
from tests.house import House

APPEND = """
INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at, recorded_at)
SELECT h.position + 1, %(stream)s, 1 + coalesce((SELECT max(version) FROM ledger.events WHERE stream_id = %(stream)s), 0),
       %(topic)s, 1, %(data)s, h.meta, gen_random_uuid(), now(), now()
  FROM ledger.events h ORDER BY position DESC LIMIT 1 RETURNING position
"""
PARTS = {"format", "rule", "rule_version", "candidates", "known_at"}


@pytest.fixture(scope="module")
def house(house_of_the_module: House) -> House:
    """One of its own: the facts are in it for good."""
    return house_of_the_module


def recorded_earlier(house: House, stream: UUID, topic: str, data: bytes) -> int:
    with psycopg.connect(house.settings.database_url) as connection:
        said = {"stream": stream, "topic": topic, "data": data.decode()}
        found = connection.execute(APPEND, said).fetchone()
        assert found is not None
        connection.execute("SELECT pg_notify('ledger', %s)", [str(found[0])])
    position: int = found[0]
    return position


def in_feed(house: House, position: int) -> dict[str, Any]:
    found: dict[str, Any] = house.admin.get("/events", params={"after": position - 1, "limit": 1}).json()
    (event,) = found["events"]
    assert (event["position"], event["schema_version"], event["known"]) == (position, 1, True)
    receipt: dict[str, Any] = event["data"]["receipt"]
    return receipt


def in_history(house: House, position: int) -> tuple[object, bytes]:
    """The receipt as whoever reads the stream has it, and the bytes that are stored."""
    with psycopg.connect(house.settings.database_url) as connection:
        cursor = connection.cursor(binary=True)
        cursor.execute(f"SELECT {COLUMNS} FROM ledger.events WHERE position = %s", [position])
        row: Any = cursor.fetchone()
    return decode_row(row).fact.receipt, row[5]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("recorded", "receipt"), EARLIER)
def test_a_rep_s_is_one_format_in_history_and_feed(
    house: House, recorded: str, receipt: AllocationReceipt
) -> None:
    deal = house.open_deal()
    data = msgspec.json.encode({"subject": "deal", "subject_id": str(deal), "receipt": recorded})
    at = recorded_earlier(house, house.reps["north"], "rep.allocated", data)
    told = in_feed(house, at)
    assert (set(told), told["format"]) == (PARTS, FORMAT)
    read, stored = in_history(house, at)
    assert read == receipt
    assert json.loads(stored) == json.loads(data)


@pytest.mark.parametrize("topic", ["rep.allocated", "lead.allocated"])
def test_each_stored_sample_is_one_format(house: House, topic: str) -> None:
    stream = house.reps["north"] if topic.startswith("rep.") else captured(house)
    at = recorded_earlier(house, stream, topic, read_sample(topic, 1))
    told = in_feed(house, at)
    assert (set(told), told["format"]) == (PARTS, FORMAT)
    assert isinstance(in_history(house, at)[0], AllocationReceipt)


def captured(house: House) -> UUID:
    answer = house.client("north-manager").post("/leads", json={"name": "L"}).json()["answer"]
    return UUID(answer["lead_id"])


def test_a_lead_s_is_read_as_before_and_written_to_as_before(house: House) -> None:
    north, rep = house.client("north-manager"), house.reps["north"]
    lead = captured(house)
    receipt = {"rule": "by load", "rule_version": 3, "candidates": []}
    data = {"before": None, "after": str(rep), "team_id": str(house.teams["north"]), "receipt": receipt}
    at = recorded_earlier(house, lead, "lead.allocated", msgspec.json.encode(data))
    assert in_feed(house, at)["known_at"] is None
    assert north.get(f"/leads/{lead}", params={"after": at}).json()["receipt"] == "by load v3"
    answer = north.post(f"/leads/{lead}/discard", json={"why": "none"}, headers={"If-Match": '"2"'})
    assert answer.status_code == 200, answer.text
