"""Stored names are a contract: what was recorded once is read for ever, whatever the code is called by then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.deal.facts import DealOpened
from domain.engine.facts import FACTS, UPCASTS, Fact, Personal, fact, lift, personal_fields, upcast
from domain.engine.recorded import Meta
from domain.engine.values import Money
from runtime import codec
from runtime.codec import UnknownTopic, decode_fact, decode_row, encode
from tests.domain.anything import anything
from tests.domain.stored_names import (
    PERSONAL,
    check_types,
    personal_list,
    read_sample,
    stored_samples,
)

HOW = "A new fact, or a new version of one, gets its sample by: python -m tests.domain.stored_names"
WHY = (
    "The fields of a stored version never change: raise the version in @fact and lift the old one with @upcast."
    " Only while no ledger anywhere holds this version may its sample be deleted and made anew."
)
SAMPLES = stored_samples()
PRESENT = [
    (topic, version) for topic, version in SAMPLES if topic in FACTS and version == FACTS[topic].SCHEMA
]


class TestEveryStoredSample:
    @pytest.mark.parametrize(("topic", "version"), SAMPLES)
    def test_is_still_read(self, topic: str, version: int) -> None:
        assert topic in FACTS, f"ledgers hold {topic!r}: a fact is never removed or renamed"
        assert isinstance(decode_fact(topic, version, read_sample(topic, version)), FACTS[topic])

    @pytest.mark.parametrize(("topic", "version"), PRESENT)
    def test_of_the_present_version_is_written_as_it_was(self, topic: str, version: int) -> None:
        stored = read_sample(topic, version)
        assert encode(decode_fact(topic, version, stored)) == stored, WHY

    @pytest.mark.parametrize(("topic", "version"), SAMPLES)
    def test_keeps_all_it_says_when_it_is_lifted(self, topic: str, version: int) -> None:
        """Decoding passes over names it does not know: what an upcast forgets would be lost unseen."""
        stored = read_sample(topic, version)
        lifted = lift(topic, version, msgspec.json.decode(stored))
        assert keeps(msgspec.json.decode(encode(decode_fact(topic, version, stored))), lifted)


def keeps(read: Any, said: Any) -> bool:
    if isinstance(said, dict):
        return all(key in read and keeps(read[key], value) for key, value in said.items())
    return bool(read == said)


class TestEveryFact:
    @pytest.mark.parametrize("topic", FACTS)
    def test_has_a_sample_of_each_version(self, topic: str) -> None:
        versions = range(1, FACTS[topic].SCHEMA + 1)
        lacking = [v for v in versions if (topic, v) not in SAMPLES]
        assert not lacking, HOW

    @pytest.mark.parametrize("topic", FACTS)
    def test_is_made_of_what_json_brings_back(self, topic: str) -> None:
        check_types(FACTS[topic])

    @pytest.mark.parametrize("topic", FACTS)
    def test_lifts_each_older_version(self, topic: str) -> None:
        assert all((topic, v) in UPCASTS for v in range(1, FACTS[topic].SCHEMA))

    @pytest.mark.parametrize("topic", FACTS)
    def test_has_a_plain_name(self, topic: str) -> None:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*", topic)

    @pytest.mark.parametrize("topic", FACTS)
    @settings(max_examples=10)
    @given(data=st.data())
    def test_comes_back_from_json_as_it_was(self, topic: str, data: st.DataObject) -> None:
        recorded = data.draw(anything(FACTS[topic]))
        assert decode_fact(topic, FACTS[topic].SCHEMA, encode(recorded)) == recorded


class TestPersonalData:
    def test_every_marked_field_is_on_the_list(self) -> None:
        assert personal_list() == PERSONAL.read_text(), (
            f"{HOW}. A marker taken away means that the field is no longer encrypted or erased."
        )

    def test_a_reason_typed_by_a_person_is_marked_in_the_envelope(self) -> None:
        assert personal_fields(Meta)["reason"].of == "author"

    @pytest.mark.parametrize("topic", FACTS)
    def test_none_is_in_what_identifies(self, topic: str) -> None:
        names = {path.rpartition(".")[2] for path in personal_fields(FACTS[topic])}
        assert not {
            n for n in names if n == "id" or n.endswith(("_id", "_by")) or n in ("reference", "source")
        }

    def test_is_found_however_deep_it_lies(self) -> None:
        found = personal_fields(FACTS["deal.needs-recorded"])
        assert found["after.decision_makers"].of == "subject"
        assert found["before.pain_points"].of == "author"

    def test_names_whose_it_is(self) -> None:
        owners = {m.of for f in FACTS.values() for m in personal_fields(f).values()}
        assert owners == {"subject", "author"}
        assert repr(Personal("author")) == "Personal('author')"


@pytest.fixture
def visit() -> Iterator[type[Fact]]:
    """An invented fact at version 3. Version 1 wrote minutes as text and a rep's name; version 2 an amount alone."""

    @fact("test.visit-paid", version=3)
    class VisitPaid(Fact):
        rep_id: UUID
        minutes: int
        cost: Money

    @upcast("test.visit-paid", from_version=1)
    def _minutes_are_a_number(data: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in data.items() if key not in ("duration", "rep_name")}
        return {**kept, "minutes": int(data["duration"].removesuffix(" min"))}

    @upcast("test.visit-paid", from_version=2)
    def _cost_has_a_currency(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "cost": {"amount": data["cost"], "currency": "CNY"}}

    yield VisitPaid
    del FACTS["test.visit-paid"], UPCASTS["test.visit-paid", 1], UPCASTS["test.visit-paid", 2]
    codec._decoder.cache_clear()


REP = UUID("00000000-0000-0000-0000-0000000000a1")
STORED = {
    1: b'{"rep_id":"00000000-0000-0000-0000-0000000000a1","rep_name":"Li","duration":"45 min","cost":"12.50"}',
    2: b'{"rep_id":"00000000-0000-0000-0000-0000000000a1","minutes":45,"cost":"12.50"}',
    3: b'{"rep_id":"00000000-0000-0000-0000-0000000000a1","minutes":45,"cost":{"amount":"12.50","currency":"CNY"}}',
}


class TestAnOldVersion:
    @pytest.mark.parametrize("version", STORED)
    def test_is_lifted_step_by_step_from_the_stored_bytes(self, visit: type[Any], version: int) -> None:
        expected = visit(rep_id=REP, minutes=45, cost=Money(Decimal("12.50"), "CNY"))
        assert decode_fact("test.visit-paid", version, STORED[version]) == expected

    def test_keeps_its_number_in_the_recorded_row(self, visit: type[Any]) -> None:
        meta = (
            b'{"actor":{"kind":"user","id":"u","run":null},"channel":"api","correlation_id":"'
            + str(REP).encode()
        ) + b'","reason":null,"caused_by":null}'
        now = datetime(2026, 3, 2, tzinfo=UTC)
        row = decode_row((7, REP, 1, "test.visit-paid", 1, STORED[1], meta, REP, now, now))
        assert (row.schema_version, row.fact) == (1, decode_fact("test.visit-paid", 3, STORED[3]))

    def test_loses_nothing_unseen_on_the_way_up(self, visit: type[Any]) -> None:
        lifted = lift("test.visit-paid", 2, msgspec.json.decode(STORED[2]))
        read = msgspec.json.decode(encode(decode_fact("test.visit-paid", 2, STORED[2])))
        assert keeps(read, lifted)
        assert not keeps(read, {**lifted, "forgotten": 1})

    def test_without_a_way_up_is_an_error_and_not_a_guess(self, visit: type[Any]) -> None:
        with pytest.raises(KeyError):
            decode_fact("test.visit-paid", 0, STORED[1])


class TestWhatANewerReleaseWrote:
    def test_under_a_new_name_is_not_guessed_at(self) -> None:
        with pytest.raises(UnknownTopic):
            decode_fact("deal.teleported", 1, b"{}")

    def test_in_a_newer_version_is_not_guessed_at(self) -> None:
        with pytest.raises(UnknownTopic):
            decode_fact("deal.opened", DealOpened.SCHEMA + 1, read_sample("deal.opened", 1))


def test_a_name_is_taken_once() -> None:
    with pytest.raises(TypeError):

        @fact("deal.opened")
        class Again(Fact):
            pass
