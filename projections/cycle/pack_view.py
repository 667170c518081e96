"""Projections room: a review's pack as it is read — frozen at its position, and beside each number what is known now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from domain.capabilities import load
from domain.cycle.agenda import AGENDA_WORDS, Point
from domain.cycle.facts import AgendaItem
from domain.engine.canonical import digest
from domain.engine.errors import NotFound
from domain.engine.reasoning import plain
from domain.engine.values import Words
from domain.figures.scope import Scope
from domain.time.periods import Period
from projections.cycle import kept_packs
from projections.cycle import pack as review_pack
from projections.cycle.board import CycleSeen
from projections.cycle.kept_packs import Computed
from projections.cycle.sections import Section
from projections.engine.paging import Source
from projections.engine.positions import reached


class Spoken(msgspec.Struct):
    """A point of the agenda, in words; `subject_id` is the target, action item or adjustment it is about."""

    code: str
    words: Words
    subject_id: UUID | None
    detail: str


class Beside(msgspec.Struct):
    """One value of the pack. `then` as frozen, `now` as known at `known_at`; either is empty where it was not there.
    `about` tells the rows of a section apart: an id, a stage, a position.
    """

    section: str
    about: str
    name: str
    then: str | None
    now: str | None
    metric: str = ""
    currency: str = ""

    @property
    def changed(self) -> bool:
        return self.then != self.now


class PackSeen(msgspec.Struct, kw_only=True):
    """`pack` is the frozen pack's bytes as they were kept, in `format`, and `digest` their SHA-256; `equal`: the same as was
    recorded when the review opened. `computed` is "when frozen", or "later" for a review of a release that kept no packs, and
    `kept_at` when its bytes were; without them nothing is kept yet, and `pack` is as computed now. `recomputes`: today's code
    gives the very bytes of `pack` at its position; empty while the read models have not come to that. `lines` are all its values and what each is as known at the position `known_at`.
    """

    cycle_id: UUID
    scope: Scope
    period: Period
    opened_at: datetime
    position: int
    digest: str
    equal: bool
    format: int
    computed: Computed | None
    kept_at: datetime | None
    recomputes: bool | None
    agenda: list[Spoken]
    pack: msgspec.Raw
    known_at: int
    lines: list[Beside]


async def get(source: Source, cycle: CycleSeen, known_at: int | None = None) -> PackSeen:
    """None: as known by the read models now; never earlier than the pack itself. Raises NotFound where the review has
    not opened.
    """
    review = cycle.review
    if review is None:
        what = f"the review of cycle {cycle.cycle_id} has not opened: there is no pack yet"
        raise NotFound(what, kind="review pack", id=str(cycle.cycle_id))
    head = await reached(source, kept_packs.NEEDED)
    position = head if known_at is None else known_at
    kept = await kept_packs.kept(source, review.digest)
    again = now = await review_pack.pack(source, cycle.cycle_id, review.position)
    if position > review.position:
        now = await review_pack.pack(source, cycle.cycle_id, position)
    frozen = kept.data if kept else again.data
    return PackSeen(
        cycle_id=cycle.cycle_id,
        scope=cycle.scope,
        period=cycle.period,
        opened_at=review.opened_at,
        position=review.position,
        digest=digest(frozen),
        equal=digest(frozen) == review.digest,
        format=kept.format if kept else kept_packs.FORMAT,
        computed=kept.computed if kept else None,
        kept_at=kept.stored_at if kept else None,
        recomputes=again.data == frozen if head >= review.position else None,
        agenda=[spoken(item) for item in review.agenda],
        pack=msgspec.Raw(frozen),
        known_at=now.position,
        lines=beside(json.loads(frozen), json.loads(now.data)),
    )


def about(pack: PackSeen) -> Iterator[UUID]:
    """Every id that its lines and its agenda are about."""
    for line in pack.lines:
        with suppress(ValueError):
            yield UUID(line.about)
    yield from (point.subject_id for point in pack.agenda if point.subject_id is not None)


def spoken(item: AgendaItem) -> Spoken:
    """A code that this release does not know is its own words."""
    known = item.code in tuple(Point)
    words = AGENDA_WORDS[Point(item.code)] if known else Words(en=item.code, zh=item.code)
    return Spoken(item.code, words, item.subject_id, item.detail)


# -- beside each number what is known now ---------------------------------------------------------


@cache
def sections() -> tuple[Section, ...]:
    """Of all capabilities, in the order in which they are shown."""
    declared = (section for module in load("projections") for section in getattr(module, "SECTIONS", ()))
    return tuple(sorted(declared, key=lambda section: section.place))


def beside(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Beside]:
    """Every value of either, those of `then` first within a section. Either may be without a section or a value that the other
    has: packs are written by one release and read by the next.
    """
    made: list[Beside] = []
    for section in sections():
        was, known = section.of(then), section.of(now)
        for about in {**was, **known}:
            made += _lines(section.name, about, section.names, was.get(about), known.get(about))
    return made


def _lines(
    section: str,
    about: str,
    names: Sequence[str],
    then: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
) -> Iterator[Beside]:
    row = then or now or {}
    for name in names:
        was, known = (None if one is None else _text(one.get(name)) for one in (then, now))
        if was is not None or known is not None:
            yield Beside(section, about, name, was, known, row.get("metric", ""), row.get("currency") or "")


def _text(value: Any) -> str | None:
    return None if value is None else plain(value)
