"""tests: rules read as given / when / then, on the real decisions.

`given` takes what happened before (commands, or facts of a named stream), `when` a command, `then` the facts that
must follow, exactly and in order. There is no clock and no store: aggregates are folds over the facts so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self, TypeVar
from uuid import UUID

import pytest

import domain.registry  # noqa: F401 - registers every fact and decision
from domain.deal.deal import Deal
from domain.engine.aggregate import Aggregate
from domain.engine.command import Call, Command
from domain.engine.command_handler import Decision, attempt
from domain.engine.context import Actor, Channel, Context
from domain.engine.errors import DomainError, GateNotPassed, Invalid
from domain.engine.facts import Fact
from domain.engine.recorded import Pending
from domain.engine.unit_of_work import NotLoaded, StandFor, UnitOfWork, nothing_remembered

A = TypeVar("A", bound=Aggregate)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday, 17:00 in Shanghai: one business hour before the default calendar closes."""


@dataclass
class History:
    """All facts so far, by stream. Decides commands the way the command handler does, and keeps what was decided."""

    streams: dict[UUID, list[Fact]] = field(default_factory=dict)
    began: dict[UUID, datetime] = field(default_factory=dict)

    def load(self, kind: type[A], id: UUID) -> A:
        aggregate = kind(id)
        for version, fact in enumerate(self.streams.get(id, ()), 1):
            aggregate.replay(fact, version, self.began.get(id))
        return aggregate

    def decide(self, command: Command, context: Context) -> Decision:
        """Raises the DomainError of a refused command; the history is as before then."""
        loaded: dict[UUID, Aggregate] = {}
        call = Call(command, context)
        while True:
            try:
                decision = attempt(call, UnitOfWork(context, loaded, nothing_remembered))
                break
            except StandFor as others:
                call = call.instead(others.ids)
            except NotLoaded as missing:
                loaded |= {id: self.load(kind, id) for id, kind in missing.wanted.items()}
        for pending in decision.facts:
            self.keep(pending)
        return decision

    def keep(self, pending: Pending) -> None:
        stream = self.streams.setdefault(pending.originator_id, [])
        assert pending.originator_version == len(stream) + 1, "versions of a stream have no gaps"
        stream.append(pending.fact)
        self.began.setdefault(pending.originator_id, pending.occurred_at)


@dataclass(frozen=True)
class Happened:
    """Facts that a stream holds already, however they came there."""

    stream_id: UUID
    facts: tuple[Fact, ...]


def happened(stream_id: UUID, *facts: Fact) -> Happened:
    return Happened(stream_id, facts)


@dataclass(frozen=True)
class Later:
    """A command given in another context than the usual one."""

    command: Command
    context: Mapping[str, Any]


def later(command: Command, **context: Any) -> Later:
    return Later(command, context)


Given = Command | Happened | Later


class like:  # noqa: N801 - reads as a word in `then(like(PromiseMade, number=2))`
    """Equal to a fact of this type with these values in these fields; the others do not matter."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, fact: type[Fact], **values: Any) -> None:
        self.fact, self.values = fact, values

    def __eq__(self, other: object) -> bool:
        return type(other) is self.fact and all(getattr(other, k) == v for k, v in self.values.items())

    def __repr__(self) -> str:
        told = ", ".join(f"{k}={v!r}" for k, v in self.values.items())
        return f"like {self.fact.__name__}({told})"


def context_of(**changes: Any) -> Context:
    usual: dict[str, Any] = {"now": NOW, "actor": Actor("user", "rep-li"), "channel": Channel.API}
    return Context(**(usual | changes))


@dataclass
class Scenario:
    history: History = field(default_factory=History)
    pending: tuple[Pending, ...] = ()
    answer: dict[str, Any] = field(default_factory=dict)
    refusal: DomainError | None = None

    def given(self, *steps: Given | Sequence[Given]) -> Self:
        for step in _flat(steps):
            match step:
                case Happened(stream_id, facts):
                    self.history.streams.setdefault(stream_id, []).extend(facts)
                case Later(command, context):
                    self.history.decide(command, context_of(**context))
                case Command():
                    self.history.decide(step, context_of())
        return self

    def when(self, command: Command, **context: Any) -> Self:
        self.pending, self.refusal, self.answer = (), None, {}
        try:
            decision = self.history.decide(command, context_of(**context))
            self.pending, self.answer = decision.facts, decision.answer
        except DomainError as refusal:
            self.refusal = refusal
        return self

    def then(self, *facts: Fact | like) -> Self:
        """Exactly these facts, in this order."""
        self._not_refused()
        assert self.facts == list(facts)
        return self

    def topics(self, *topics: str) -> Self:
        """Facts of exactly these stored names, in this order."""
        self._not_refused()
        assert [f.TOPIC for f in self.facts] == list(topics)
        return self

    def silence(self) -> Self:
        return self.then()

    def refused(
        self, error: type[DomainError], *, missing: Iterable[str] = (), fields: Iterable[str] = ()
    ) -> Self:
        """Refused by exactly this error, naming exactly these gate requirements or fields."""
        assert self.refusal is not None, f"not refused: {self.facts}"
        assert type(self.refusal) is error, repr(self.refusal)
        if isinstance(self.refusal, GateNotPassed):
            assert self.refusal.details["missing"] == list(missing)
        if isinstance(self.refusal, Invalid):
            assert [e.field for e in self.refusal.errors] == list(fields)
        return self

    def allowed(self) -> Self:
        """Whatever was recorded, the command was not refused."""
        self._not_refused()
        return self

    def holds(self, **values: Any) -> Self:
        """The deal of the scenario now has these values."""
        for name, value in values.items():
            assert getattr(self.deal, name) == value, f"{name} is {getattr(self.deal, name)!r}"
        return self

    @property
    def facts(self) -> list[Fact]:
        return [p.fact for p in self.pending]

    @property
    def deal(self) -> Deal:
        """The one deal of the scenario."""
        deals = [id for id, facts in self.history.streams.items() if facts[0].TOPIC == "deal.opened"]
        assert len(deals) == 1, "this scenario has not exactly one deal"
        return self.history.load(Deal, deals[0])

    def _not_refused(self) -> None:
        if self.refusal is not None:
            pytest.fail(f"refused: {self.refusal!r}")


def given(*steps: Given | Sequence[Given]) -> Scenario:
    return Scenario().given(*steps)


def _flat(steps: Iterable[Given | Sequence[Given]]) -> Iterable[Given]:
    for step in steps:
        if isinstance(step, Sequence):
            yield from step
        else:
            yield step
