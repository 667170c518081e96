"""The change feed as a stream and in CloudEvents: nothing skipped or doubled, scoped, bounded, and ended with a reason."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.engine import feeding, following
from runtime.bounds import Bounds
from tests.conftest import PATIENCE
from tests.house import House, _give_key, serving, settings_for

Json = dict[str, Any]
STREAM = {"Accept": "text/event-stream"}


@contextmanager
def reading(client: httpx.Client, after: int = 0, headers: Json | None = None, **query: Any) -> Iterator[Any]:
    """Server-sent events as dictionaries: id, event, data, or a comment."""
    asked = {"after": after, **query}
    with client.stream("GET", "/events", params=asked, headers={**STREAM, **(headers or {})}) as answer:
        if answer.status_code != 200:
            answer.read()
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _messages(answer.iter_lines())


def _messages(lines: Iterator[str]) -> Iterator[Json]:
    message: Json = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            message[name] = value
        elif message:
            yield message
            message = {}


def events(messages: Iterator[Json]) -> Iterator[Json]:
    for message in messages:
        if "data" in message and "event" not in message:
            told = json.loads(message["data"])
            assert message["id"] == str(told["position"])
            yield told


def until(found: Iterator[Json], position: int) -> list[Json]:
    seen: list[Json] = []
    for one in found:
        seen.append(one)
        if int(one["position"]) >= position:
            break
    return seen


def whole(client: httpx.Client, **query: Any) -> list[Json]:
    at, found = 0, []
    while True:
        page = client.get("/events", params={"after": at, "limit": 200, **query}).json()
        found += page["events"]
        at = page["next"]
        if not page["more"]:
            return found


def head(house: House) -> int:
    house.open_deal()
    return house.position


# --- catch-up and live -----------------------------------------------------------------------------------------------


def test_a_stream_goes_on_from_the_past_into_what_is_recorded_while_others_write(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "PAGE", 3)
    writers = [threading.Thread(target=lambda: [house.open_deal() for _ in range(15)]) for _ in range(4)]
    with reading(house.client("auditor")) as messages:
        for writer in writers:
            writer.start()
        found = events(messages)
        seen = until(found, 40)
        for writer in writers:
            writer.join()
        seen += until(found, head(house))
    assert [one["position"] for one in seen] == list(range(1, seen[-1]["position"] + 1))
    assert seen == whole(house.admin)[: len(seen)]


def test_a_reader_that_lost_the_stream_goes_on_where_it_was(house: House) -> None:
    last, positions = 0, []
    for _ in range(4):
        upto = head(house)
        with reading(
            house.client("auditor"), headers={"Last-Event-ID": str(last)} if last else None
        ) as messages:
            positions += [one["position"] for one in until(events(messages), upto)]
        last = positions[-1]
    assert positions == list(range(1, last + 1))


def test_what_the_client_has_goes_before_its_address(house: House) -> None:
    last = head(house)
    with reading(house.admin, headers={"Last-Event-ID": str(last - 1)}) as messages:
        assert next(events(messages))["position"] == last


@pytest.mark.parametrize("given", ["x", "-1", "1_0", "99999999999999999999"])
def test_what_is_no_position_is_refused(house: House, given: str) -> None:
    answer = house.admin.get("/events", headers={**STREAM, "Last-Event-ID": given})
    assert answer.status_code == 422
    assert "Last-Event-ID" in answer.text


def test_a_position_beyond_the_last_is_refused_before_the_stream_begins(house: House) -> None:
    answer = house.admin.get("/events", params={"after": head(house) + 10_000}, headers=STREAM)
    assert answer.status_code == 422


def test_a_stream_that_has_nothing_to_tell_says_that_it_is_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "QUIET", 0.01)
    last = head(house)
    with reading(house.admin, last) as messages:
        assert next(one for one in messages if "alive" in str(one))["id"] == str(last)


# --- packed or not ---------------------------------------------------------------------------------------------------


def ended(house: House, name: str, accepted: str) -> httpx.Response:
    """All of a stream whose key is revoked when the first of it has come, as it was sent."""
    start = head(house) - 2
    _give_key(house, name, {"role": "auditor"})
    headers = {**STREAM, "Accept-Encoding": accepted}
    asked = house.client(name).stream("GET", "/events", params={"after": start}, headers=headers)
    with asked as answer:
        raw = answer.iter_raw()
        sent = next(raw)
        key = house.tokens[name].split("_")[1]
        assert house.admin.delete(f"/keys/{key}").status_code == 204
        sent += b"".join(raw)
        return httpx.Response(200, headers=answer.headers, stream=httpx.ByteStream(sent))


def test_a_stream_is_packed_for_who_takes_it_and_is_whole_to_its_end(house: House) -> None:
    answer = ended(house, "packed", "gzip")
    assert answer.headers["content-encoding"] == "gzip"
    told = gzip.decompress(b"".join(answer.iter_raw()))  # whose checksum is that of all of it
    assert told.startswith(b"retry: ")
    assert told.count(b"\ndata: {") == 3
    assert b'"reason":"key"' in told


def test_a_stream_is_plain_for_who_does_not_take_it(house: House) -> None:
    answer = ended(house, "plain", "identity")
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert b"".join(answer.iter_raw()).count(b"\ndata: {") == 3


# --- the envelope ----------------------------------------------------------------------------------------------------


def test_an_event_comes_in_the_envelope_of_cloud_events(house: House, deal: UUID) -> None:
    at = house.position - 2
    plain = house.admin.get("/events", params={"after": at, "limit": 1}).json()["events"][0]
    answer = house.admin.get("/events", params={"after": at, "limit": 1, "format": "cloudevents"})
    assert answer.headers["content-type"] == "application/cloudevents-batch+json"
    assert answer.headers["salesloop-next"] == str(at + 1)
    assert answer.headers["salesloop-more"] == "true"
    (event,) = answer.json()
    assert event["specversion"] == "1.0"
    assert (event["id"], event["type"]) == (plain["event_id"], "deal.opened")
    assert (event["subject"], event["time"]) == (str(deal), plain["recorded_at"])
    assert (event["position"], event["schemaversion"]) == (str(at + 1), plain["schema_version"])
    assert (event["occurredat"], event["data"]) == (plain["occurred_at"], plain["data"])
    assert all(
        name.isalnum() and name.islower() and len(name) <= 20 for name in event if name != "specversion"
    )
    with reading(house.admin, at, format="cloudevents") as messages:
        assert next(events(messages)) == event


# --- who sees what ---------------------------------------------------------------------------------------------------


def test_a_rep_and_a_manager_get_the_events_of_the_deals_they_see(house: House) -> None:
    own, other = house.open_deal("north"), house.open_deal("south")
    after = house.position
    for name in ("north", "north-manager"):
        client = house.client(name)
        client.get("/deals", params={"after": after})
        found = whole(client)
        streams = {one["stream_id"] for one in found}
        assert str(own) in streams
        assert str(other) not in streams
        for stream in streams:
            assert client.get(f"/deals/{stream}").status_code == 200, found
        theirs = [one for one in whole(house.admin) if one["stream_id"] in streams]
        assert found == theirs


def test_a_rep_hears_live_of_own_deals_and_of_no_others(house: House) -> None:
    start = head(house)
    with reading(house.client("south"), start) as messages:
        found = events(messages)
        house.open_deal("north")
        own = house.open_deal("south")
        house.open_deal("north")
        last = house.open_deal("south")
        seen = [next(found) for _ in range(4)]
        assert [one["stream_id"] for one in seen] == [str(own)] * 2 + [str(last)] * 2


def test_what_is_no_deals_is_told_to_overseers_only(house: House) -> None:
    assert {one["topic"].partition(".")[0] for one in whole(house.client("north"))} <= {"deal", "promise"}


# --- who is ended ----------------------------------------------------------------------------------------------------


def test_a_key_that_is_revoked_ends_its_stream(house: House) -> None:
    _give_key(house, "leaver", {"role": "auditor"})
    key = house.tokens["leaver"].split("_")[1]
    with reading(house.client("leaver"), head(house)) as messages:
        assert next(messages)
        assert house.admin.delete(f"/keys/{key}").status_code == 204
        told = next(one for one in messages if one.get("event") == "end")
        assert json.loads(told["data"])["reason"] == "key"
        assert list(messages) == []


def test_a_reader_who_falls_behind_what_is_held_is_told_and_resumes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HELD_EVENTS", 1)
    start, found = head(house), []
    with reading(house.admin, start) as messages:
        for one in messages:
            found.append(one)
            if one.get("event") == "end":
                break
            house.open_deal()  # two events at once: the first of them is not held any more
        upto = house.position
    told = json.loads(found[-1]["data"])
    assert (told["reason"], found[-1]["id"]) == ("slow", str(told["position"]))
    monkeypatch.undo()
    with reading(house.admin, headers={"Last-Event-ID": found[-1]["id"]}) as messages:
        seen = until(events(messages), upto)
    assert [one["position"] for one in seen] == list(range(told["position"] + 1, upto + 1))


def test_a_key_has_so_many_streams_and_no_more(house: House) -> None:
    most, last = house.settings.bounds.streams_per_key, head(house)
    with ExitStack() as streams:
        opened = [streams.enter_context(reading(house.client("north2"), last)) for _ in range(most)]
        assert all(next(messages) for messages in opened)  # whoever lets go of one closes its stream
        refused = house.client("north2").get("/events", params={"after": last}, headers=STREAM)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert house.client("north2").get("/events", params={"after": last}).status_code == 200


def test_where_all_streams_are_taken_nobody_gets_another_and_all_else_is_answered(
    house: House, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    last = head(house)
    settings = settings_for(house.settings.database_url, tmp_path, Bounds(streams=2))
    with serving(settings) as base, ExitStack() as clients:

        def client(name: str) -> httpx.Client:
            headers = {"Authorization": f"Bearer {house.tokens[name]}"}
            return clients.enter_context(httpx.Client(base_url=base, headers=headers, timeout=2 * PATIENCE))

        first, second, third = client("north"), client("south"), client("auditor")
        with reading(first, last) as one:
            assert next(one)
            with reading(second, last) as other:
                assert next(other)
                refused = third.get("/events", params={"after": last}, headers=STREAM)
                assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
                assert int(refused.headers["retry-after"]) > 0
                assert third.get("/events", params={"after": last}).status_code == 200

        def again() -> bool:
            with third.stream("GET", "/events", params={"after": last}, headers=STREAM) as answer:
                return answer.status_code == 200

        asyncio.run(eventually(again))
