"""Who comes into a segment and goes: recorded once, in facts that stay small, dated when it turned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.engine.context import Actor, Channel, Context
from domain.engine.facts import Fact
from domain.segment.membership import (
    MOST_AT_ONCE,
    RecordMembership,
    SegmentMembershipChanged,
    Turned,
    membership_stream,
)
from tests.domain.given_when_then import NOW, History

A, B, C = (UUID(int=16 * n) for n in (1, 2, 3))
STREAM = membership_stream("vip", 0)


def record(history: History, *turned: Turned, version: int = 1) -> list[Fact]:
    command = RecordMembership(
        membership_id=STREAM, segment="vip", segment_version=version, shard=0, turned=turned
    )
    context = Context(now=NOW, actor=Actor("workflow", "segments-0"), channel=Channel.WORKFLOW)
    return [pending.fact for pending in history.decide(command, context).facts]


def changed(**given: Any) -> SegmentMembershipChanged:
    said: dict[str, Any] = {"segment": "vip", "segment_version": 1}
    return SegmentMembershipChanged(**(said | given))


def test_who_comes_and_who_goes_is_recorded_with_the_rules_version() -> None:
    history = History()
    assert record(history, Turned(NOW, inside=(A, B))) == [changed(entered=(A, B))]
    assert record(history, Turned(NOW, inside=(C,), outside=(A,)), version=2) == [
        changed(segment_version=2, entered=(C,)),
        changed(segment_version=2, left=(A,)),
    ]


def test_what_is_recorded_already_is_silence() -> None:
    history = History()
    record(history, Turned(NOW, inside=(A, B)))
    assert record(history, Turned(NOW, inside=(A, B), outside=(C,))) == []
    assert record(history, Turned(NOW, inside=(A, C))) == [changed(entered=(C,))]


def test_a_changed_rule_takes_few_facts_of_bounded_size() -> None:
    many = tuple(UUID(int=16 * n) for n in range(MOST_AT_ONCE + 1))
    facts = record(History(), Turned(NOW, inside=many))
    assert [len(fact.entered) for fact in facts if isinstance(fact, SegmentMembershipChanged)] == [
        MOST_AT_ONCE,
        1,
    ]


def test_each_turns_at_its_own_time() -> None:
    history, later = History(), NOW + timedelta(hours=1)
    command = RecordMembership(
        membership_id=STREAM,
        segment="vip",
        segment_version=1,
        shard=0,
        turned=(Turned(NOW, inside=(A,)), Turned(later, inside=(B,), outside=(A,))),
    )
    context = Context(now=later, actor=Actor("workflow", "segments-0"), channel=Channel.WORKFLOW)
    assert [pending.occurred_at for pending in history.decide(command, context).facts] == [NOW, later, later]
