"""tests: what is sent of an event — without what is personal, unless it was permitted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.engine.facts import FACTS, personal_fields
from runtime.codec import encode
from runtime.webhooks.endpoints import Wanted
from runtime.webhooks.payload import stripped
from tests.domain.stored_names import sample_of
from tests.webhooks.post import Post

APPEND = """
INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at, recorded_at)
SELECT h.position + 1, %s, 3, 'deal.teleported', 1, '{"to": "the moon"}', h.meta, gen_random_uuid(), now(), now()
  FROM ledger.events h ORDER BY position DESC LIMIT 1
"""


class TestPersonalData:
    async def test_stays_out(self, post: Post) -> None:
        id, _ = await post.make()
        deal = await post.deal()
        await post.touch(deal, summary="he told me of his daughter")
        await post.rounds(id)
        assert post.receiver.got
        assert "daughter" not in "".join(message.body for message in post.receiver.got)

    async def test_comes_where_it_was_permitted(self, post: Post) -> None:
        id, _ = await post.make(personal=True)
        deal = await post.deal()
        await post.touch(deal, summary="he told me of his daughter")
        await post.rounds(id)
        assert "daughter" in "".join(message.body for message in post.receiver.got)

    async def test_is_not_brought_back_by_who_changes_what_was_read_before_it_was_withdrawn(
        self, post: Post
    ) -> None:
        id, _ = await post.make(personal=True)
        read = Wanted("a receiver", post.receiver.url, personal=True)
        await post.endpoints.change(id, replace(read, personal=False), "admin", permits=True)
        await post.endpoints.change(id, read, "u-1", permits=False)
        await post.touch(await post.deal(), summary="he told me of his daughter")
        await post.rounds(id)
        assert "daughter" not in "".join(message.body for message in post.receiver.got)

    @pytest.mark.parametrize("topic", sorted(t for t in FACTS if personal_fields(FACTS[t])))
    def test_is_taken_out_of_every_event_that_may_hold_it(self, topic: str) -> None:
        """And nothing beside it: what is not marked is as it is stored."""
        fact = sample_of(FACTS[topic], "sample")
        marked = personal_fields(FACTS[topic])
        whole, left = _paths(json.loads(encode(fact))), _paths(stripped(fact))
        assert not left & marked.keys()
        assert {path for path in whole - left if not _within(path, marked)} == set()

    async def test_an_event_of_a_newer_release_comes_without_its_data(self, post: Post) -> None:
        id, _ = await post.make()
        deal = await post.deal()
        written_by_a_newer_release(post, deal)
        await post.rounds(id)
        told = post.receiver.got[-1].event
        assert (told["topic"], told["known"], told["data"]) == ("deal.teleported", False, None)


def written_by_a_newer_release(post: Post, deal: UUID) -> None:
    with psycopg.connect(post.office.url) as connection:
        connection.execute(APPEND, [deal])


def _paths(value: Any, before: str = "") -> set[str]:
    if isinstance(value, list):
        return {path for one in value for path in _paths(one, before)}
    if not isinstance(value, dict):
        return {before}
    inner = [(f"{before}.{name}" if before else name, one) for name, one in value.items()]
    return {before} - {""} | {found for path, one in inner for found in _paths(one, path)}


def _within(path: str, marked: Any) -> bool:
    plain = path.replace(".a.", ".")  # of a dictionary, under the name that samples have in it
    return any(at == one or at.startswith(f"{one}.") for at in (path, plain) for one in marked)
