"""`docs/events.md` is the contract of the change feed: it has every event, as it is."""

from __future__ import annotations

import re
from dataclasses import fields

import msgspec

from domain.engine.context import Actor
from domain.engine.facts import FACTS
from domain.engine.recorded import Meta
from runtime.feed import Event
from tests.domain.event_catalogue import BEGINS, PAGE, catalogued, page, stream_of, values


def test_the_page_says_what_the_code_says() -> None:
    assert PAGE.read_text() == page(), "write the lists anew: make pages"


def test_every_event_is_in_it_and_in_one_kind_of_stream() -> None:
    listed = re.findall(r"^### ([\w.-]+\.[\w-]+)$", PAGE.read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(FACTS)
    assert all(stream_of(fact) for fact in catalogued())


def test_the_envelope_is_all_that_the_feed_has() -> None:
    said, _, _ = PAGE.read_text().partition(BEGINS)
    for name in msgspec.structs.fields(Event):
        assert name.encode_name == "meta" or f"`{name.encode_name}`" in said
    assert all(f"`meta.{f.name}`" in said for f in fields(Meta))
    assert all(f"`{f.name}`" in said for f in fields(Actor))


def test_a_value_is_known_by_its_name_alone() -> None:
    names = [value.__name__ for value in values()]
    assert len(names) == len(set(names))
