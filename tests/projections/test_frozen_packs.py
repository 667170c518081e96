"""A review's pack is frozen in bytes: code that changes later computes other ones, and the pack stays what it was."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.cycle import commands as c
from domain.engine.canonical import canonical, digest
from domain.engine.context import Channel
from domain.figures.queries import FrozenPack
from projections.cycle import board as cycle_board
from projections.cycle import kept_packs, pack_view
from projections.cycle import pack as review_pack
from projections.cycle.pack_view import PackSeen
from projections.cycle.sections import Section
from tests.projections.telling import Books
from tests.projections.test_review_pack import CYCLE, aimed, noon, packed, sold


async def review(books: Books, digest: str, position: int) -> None:
    """Opened, as the clock does it."""
    opening = c.OpenReview(cycle_id=CYCLE, arming=1, position=position, pack_digest=digest)
    told = (c.StartExecution(cycle_id=CYCLE, arming=1), opening)
    await books.given(*told, now=noon(4, 2), channel=Channel.WORKFLOW)
    await books.follow()


async def sales(books: Books) -> int:
    await aimed(books)
    await books.opened(now=noon(3, 2))
    await sold(books, noon(3, 10), 600)
    return await books.follow()


async def seen(books: Books) -> PackSeen:
    cycle = await cycle_board.CycleBoard.get(books.pool, CYCLE)
    assert cycle is not None
    return await pack_view.get(books.pool, cycle)


async def of_an_older_release(books: Books) -> FrozenPack:
    """A review that names a pack by a digest, of bytes that were not kept."""
    position = await sales(books)
    named = FrozenPack(CYCLE, position, "ab" * 32)
    await review(books, named.digest, position)
    return named


@pytest.fixture
async def frozen(books: Books) -> PackSeen:
    position = await sales(books)
    made = await kept_packs.freeze(books.pool, CYCLE, position)
    await review(books, made.digest, position)
    return await seen(books)


async def test_the_bytes_that_were_frozen_are_those_shown(books: Books, frozen: PackSeen) -> None:
    made = await packed(books, frozen.position)
    assert (bytes(frozen.pack), frozen.digest) == (made.data, made.digest)
    assert (frozen.equal, frozen.computed, frozen.recomputes, frozen.format) == (True, "when frozen", True, 1)
    assert [line for line in frozen.lines if line.changed] == []


async def test_code_that_computes_a_section_otherwise_leaves_the_pack_as_it_was(
    books: Books, frozen: PackSeen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_pack, "STALLED_DAYS", 60)
    after = await seen(books)
    assert (bytes(after.pack), after.digest, after.equal) == (bytes(frozen.pack), frozen.digest, True)
    assert not after.recomputes
    stalled = next(line for line in after.lines if (line.section, line.name) == ("stalled", "deals"))
    assert (stalled.then, stalled.now) == ("1", "0")


async def test_code_with_a_section_more_leaves_the_pack_as_it_was(
    books: Books, frozen: PackSeen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_pack, "canonical", lambda content: canonical({**content, "risks": [{"n": 1}]}))
    more = (*pack_view.sections(), Section("risks", 120, (), ("n",)))
    monkeypatch.setattr(pack_view, "sections", lambda: more)
    after = await seen(books)
    assert (bytes(after.pack), after.equal, after.recomputes) == (bytes(frozen.pack), True, False)
    added = next(line for line in after.lines if line.section == "risks")
    assert (added.then, added.now) == (None, "1")


@pytest.mark.parametrize("section", ["targets", "scorecard", "funnel", "promises", "stalled", "action_items"])
async def test_a_pack_without_a_section_of_today_s_is_read(
    books: Books, frozen: PackSeen, section: str
) -> None:
    now = json.loads(bytes(frozen.pack))
    then = {name: held for name, held in now.items() if name != section}
    assert len(pack_view.beside(now, now)) == len(pack_view.beside(then, now))
    assert not [line.then for line in pack_view.beside(then, now) if line.section == section and line.then]


async def test_freezing_again_keeps_it_once_and_what_no_review_names_is_harmless(books: Books) -> None:
    position = await sales(books)
    first = await kept_packs.freeze(books.pool, CYCLE, position)
    kept = await kept_packs.kept(books.pool, first.digest)
    assert (await kept_packs.freeze(books.pool, CYCLE, position)).digest == first.digest
    assert await kept_packs.kept(books.pool, first.digest) == kept
    assert await kept_packs.unkept(books.pool) == []


async def test_what_an_older_release_froze_is_kept_as_it_is_computed_then(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = await of_an_older_release(books)
    before = await seen(books)
    assert (before.computed, before.kept_at, before.recomputes, before.equal) == (None, None, True, False)
    assert await kept_packs.unkept(books.pool) == [named]
    await kept_packs.keep_later(books.pool, named)
    assert await kept_packs.unkept(books.pool) == []
    monkeypatch.setattr(review_pack, "STALLED_DAYS", 60)
    after = await seen(books)
    assert bytes(after.pack) == bytes(before.pack)
    assert (after.computed, after.recomputes, after.equal) == ("later", False, False)
    assert after.kept_at is not None


async def test_nothing_is_kept_by_read_models_that_have_not_come_to_its_position(books: Books) -> None:
    await of_an_older_release(books)
    update = "UPDATE read.positions SET position = 1 WHERE name = 'contributions' RETURNING 1"
    await books.office.rows(update)
    assert await kept_packs.unkept(books.pool) == []


async def test_read_models_that_have_not_come_to_its_position_say_nothing_of_the_pack(
    books: Books, frozen: PackSeen
) -> None:
    await books.office.rows("UPDATE read.positions SET position = 1 WHERE name = 'contributions' RETURNING 1")
    behind = await seen(books)
    assert (bytes(behind.pack), behind.equal, behind.recomputes) == (bytes(frozen.pack), True, None)


async def test_bytes_that_have_another_digest_are_never_kept_as_frozen(books: Books) -> None:
    row: list[Any] = ["ab" * 32, kept_packs.FORMAT, b"{}", "when frozen"]
    with pytest.raises(psycopg.errors.CheckViolation, match="frozen_bytes_have_the_digest"):
        await books.office.rows(kept_packs.KEEP, *row)


async def test_a_long_pack_is_kept_compressed_and_read_whole(books: Books) -> None:
    stalled = [{"id": str(UUID(int=n)), "stage": "contact", "since": "2026-02-11"} for n in range(50)]
    long = canonical({"stalled": {"deals": 50, "longest": stalled}})
    await books.office.rows(kept_packs.KEEP, digest(long), kept_packs.FORMAT, long, "when frozen")
    ((size,),) = await books.office.rows("SELECT pg_column_size(bytes) FROM ledger.packs")
    assert size < len(long) / 2
    kept = await kept_packs.kept(books.pool, digest(long))
    assert kept is not None
    assert kept.data == long
