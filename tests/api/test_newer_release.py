"""A newer release wrote to the log: the feed passes it on and says so, its stream names the problem, and all else goes on."""

from __future__ import annotations

import json
from uuid import UUID

import psycopg
import pytest

from tests.house import House

APPEND = """
INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at, recorded_at)
SELECT h.position + 1, %s, 3, %s, %s, %s, h.meta, gen_random_uuid(), now(), now()
  FROM ledger.events h ORDER BY position DESC LIMIT 1 RETURNING position
"""
DATA = {"to": "the moon", "speed": "1.50"}
WRITTEN = [("deal.teleported", 1), ("deal.stage-moved", 99)]


@pytest.fixture(scope="module")
def house(house_of_the_module: House) -> House:
    """One of its own: the facts are in it for good."""
    return house_of_the_module


def written_by_a_newer_release(house: House, deal: UUID, topic: str, version: int) -> int:
    with psycopg.connect(house.settings.database_url) as connection:
        found = connection.execute(APPEND, [deal, topic, version, json.dumps(DATA)]).fetchone()
        assert found is not None
        connection.execute("SELECT pg_notify('ledger', %s)", [str(found[0])])
    position: int = found[0]
    return position


def test_the_read_models_go_on_over_a_topic_they_do_not_know_and_the_log_says_so(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    deal = house.open_deal()
    at = written_by_a_newer_release(house, deal, "deal.dreamt-of", 1)
    read = house.admin.get(f"/deals/{deal}", params={"after": at})
    assert (read.status_code, read.json()["stage"]) == (200, "identify")
    history = house.admin.get(f"/deals/{deal}/history", params={"after": at}).json()["items"]
    assert (history[-1]["topic"], history[-1]["sentence"]) == ("deal.dreamt-of", "deal.dreamt-of")
    assert [r.args for r in caplog.records if "deal.dreamt-of" in r.getMessage()] == [(at, "deal.dreamt-of")]


@pytest.mark.parametrize(("topic", "version"), WRITTEN)
def test_the_feed_passes_on_what_it_cannot_read_and_says_so(house: House, topic: str, version: int) -> None:
    deal = house.open_deal()
    at = written_by_a_newer_release(house, deal, topic, version)
    before, event = house.admin.get("/events", params={"after": at - 2, "limit": 2}).json()["events"]
    assert (before["topic"], before["known"]) == ("promise.made", True)
    assert (event["position"], event["stream_id"], event["version"]) == (at, str(deal), 3)
    assert (event["topic"], event["schema_version"], event["data"], event["known"]) == (
        topic,
        version,
        DATA,
        False,
    )


@pytest.mark.parametrize(("topic", "version"), WRITTEN)
def test_a_command_on_that_stream_gets_a_named_problem(house: House, topic: str, version: int) -> None:
    deal, other = house.open_deal(), house.open_deal()
    written_by_a_newer_release(house, deal, topic, version)
    answer = house.admin.post(f"/deals/{deal}/stage", json={"to": "needs"}, headers={"If-Match": '"2"'})
    told = answer.json()
    assert (answer.status_code, told["code"], told["topic"], told["retryable"]) == (
        503,
        "newer-release",
        topic,
        True,
    )
    assert answer.headers["retry-after"]
    assert house.admin.post(f"/deals/{other}/stage", json={"to": "contact"}).status_code == 200
