"""Projections room: the published segments, the newest version of each."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain.segment.segment import Segment, Segments
from projections.engine.paging import Source, fetch
from projections.engine.stream_view import Events, StreamView


class SegmentVersion(msgspec.Struct):
    """A version of a segment's rule, and since when it counts."""

    version: int
    rule: str
    published_at: datetime


class SegmentSeen(msgspec.Struct, kw_only=True):
    """The newest version of a segment, and since when it counts; `versions` are all, the newest first."""

    segment_id: UUID
    name: str
    label: str
    label_zh: str
    description: str
    rule: str
    published_at: datetime
    versions: list[SegmentVersion]
    position: int
    version: int


class PublishedSegments(StreamView[Segments, SegmentSeen]):
    name = "segments"
    columns = ("segment_id", "name")
    indexes = {"name": "(name)"}
    order = ("name",)

    @classmethod
    def show(cls, segments: Segments, events: Events) -> SegmentSeen:
        current = segments.current
        versions = [
            SegmentVersion(one.version, one.rule, event.occurred_at)
            for one, event in zip(segments.versions, events, strict=True)
        ]
        return cls.filled(
            segments,
            events,
            name=current.name,
            label=current.label,
            label_zh=current.label_zh or current.label,
            description=current.description,
            rule=current.rule,
            published_at=events[-1].occurred_at,
            versions=versions[::-1],
        )

    @classmethod
    async def named(cls, source: Source, name: str) -> SegmentSeen | None:
        rows = await fetch(source, "SELECT body FROM read.segments WHERE name = %s", [name])
        return cls.read_body(rows[0][0]) if rows else None


class PublishedRule(NamedTuple):
    """The newest version of a segment, and the position at which it was published."""

    segment: Segment
    position: int


async def rules(source: Source) -> list[PublishedRule]:
    """Of every segment, by name."""
    rows = await fetch(source, "SELECT body FROM read.segments ORDER BY name", [])
    seen = [PublishedSegments.read_body(body) for (body,) in rows]
    return [
        PublishedRule(
            Segment(name=one.name, rule=one.rule, label=one.label, version=one.versions[0].version),
            one.position,
        )
        for one in seen
    ]
