"""Domain room: who is in a segment. A stream holds one segment's members among a sixteenth of all customers, so that a changed rule takes
few facts, a customer who turns takes one, and both are decided in a state that fits a snapshot (docs/adr/0039-segments.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, TypeVar
from uuid import UUID

from annotated_types import Ge, Lt, MaxLen

from domain.engine.aggregate import Aggregate, when
from domain.engine.command import Command, handles
from domain.engine.facts import Fact, fact
from domain.engine.fields import RuleName, Version
from domain.engine.unit_of_work import Json, UnitOfWork
from domain.engine.values import named_id

SHARDS = 16
"""For ever: streams and workflows are named by them."""
MOST_AT_ONCE = 500
"""Customers in a fact."""
MOST_TURNED = 10_000
"""Customers in a command."""
T = TypeVar("T")


def shard_of(customer_id: UUID) -> int:
    """By the last four bits, which are as good as any in the ids that this house makes."""
    return customer_id.int % SHARDS


@lru_cache(maxsize=4_096)
def membership_stream(segment: str, shard: int) -> UUID:
    return named_id("segment-membership", f"{segment}:{shard}")


@fact("segment-membership.changed")
class SegmentMembershipChanged(Fact):
    """By this version of the segment's rule these customers came in, and these went. It happened when it became true."""

    segment: str
    segment_version: int
    entered: tuple[UUID, ...] = ()
    left: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptMembers:
    gone: bool
    members: frozenset[UUID]


class SegmentMembers(Aggregate):
    KIND = "segment membership"
    KEPT = KeptMembers

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.members: frozenset[UUID] = frozenset()

    @when(SegmentMembershipChanged)
    def _changed(self, fact: SegmentMembershipChanged) -> None:
        self.members = self.members.difference(fact.left).union(fact.entered)


@dataclass(frozen=True, slots=True)
class Turned:
    """Who is in and who is not, as it became true `at` that time."""

    at: datetime
    inside: Annotated[tuple[UUID, ...], MaxLen(MOST_TURNED)] = ()
    outside: Annotated[tuple[UUID, ...], MaxLen(MOST_TURNED)] = ()


class RecordMembership(Command, about=SegmentMembers):
    """What the rule says of some customers of a shard. What is recorded already is silence."""

    membership_id: UUID
    segment: RuleName
    segment_version: Version
    shard: Annotated[int, Ge(0), Lt(SHARDS)]
    turned: Annotated[tuple[Turned, ...], MaxLen(MOST_TURNED)]


@handles(RecordMembership)
def record_membership(command: RecordMembership, work: UnitOfWork) -> Json:
    members = work.find(SegmentMembers, command.membership_id)
    for turned in command.turned:
        entered = [id for id in turned.inside if id not in members.members]
        left = [id for id in turned.outside if id in members.members]
        for some in _some(entered):
            members.record(_changed(command, entered=some), turned.at)
        for some in _some(left):
            members.record(_changed(command, left=some), turned.at)
    return {"membership_id": str(members.id)}


def _changed(
    command: RecordMembership, entered: tuple[UUID, ...] = (), left: tuple[UUID, ...] = ()
) -> SegmentMembershipChanged:
    return SegmentMembershipChanged(
        segment=command.segment, segment_version=command.segment_version, entered=entered, left=left
    )


def _some(ids: Sequence[T]) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(ids), MOST_AT_ONCE):
        yield tuple(ids[start : start + MOST_AT_ONCE])
