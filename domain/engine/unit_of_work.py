"""Domain room: the unit of work — the aggregates that one decision looks at, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from domain.engine.aggregate import Aggregate
from domain.engine.context import Context
from domain.engine.errors import AlreadyExists, NotFound
from domain.engine.recorded import Meta, Pending
from domain.time.calendar import BusinessCalendar
from domain.time.known_days import beyond, latest

A = TypeVar("A", bound=Aggregate)
Json = dict[str, Any]
Wanted = dict[UUID, type[Aggregate]]
Stream = tuple[type[Aggregate], UUID]
Earlier = tuple[type[Aggregate], UUID, int]
"""A stream as it was at a version."""


class Expectation(NamedTuple):
    stream_id: UUID
    version: int


class Outcome(NamedTuple):
    """The facts that a decision came to, the versions that it rests on, and the answer to give."""

    facts: tuple[Pending, ...]
    expectations: tuple[Expectation, ...]
    answer: Json


Recall = Callable[[UUID], Aggregate | None]


def nothing_remembered(id: UUID) -> None:
    """The memory of who wants everything read from the ledger."""


class NotLoaded(Exception):
    """A decision looked at an aggregate that is not in the unit of work yet."""

    def __init__(self, wanted: Wanted, *, complete: bool = False, earlier: Earlier | None = None) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.complete = complete
        self.earlier = earlier


class StandFor(Exception):
    """A command names what was merged into another: by id, the one that it stands for."""

    def __init__(self, ids: dict[UUID, UUID]) -> None:
        super().__init__(ids)
        self.ids = ids


class Policy(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def calendar(self) -> BusinessCalendar: ...


class UnitOfWork:
    """The aggregates one decision looks at. Asking for a missing one starts the decision over
    with it, which is safe because decisions are pure.
    """

    __slots__ = (
        "_bases",
        "_believed",
        "_calendars",
        "_earlier",
        "_guarded",
        "_loaded",
        "_open",
        "_recall",
        "_warnings",
        "changed",
        "context",
    )

    def __init__(
        self,
        context: Context,
        loaded: dict[UUID, Aggregate],
        recall: Recall,
        earlier: Mapping[Earlier, Aggregate] | None = None,
    ) -> None:
        self.context = context
        self._earlier = earlier or {}
        self._loaded = loaded
        self._recall = recall
        self._bases: dict[int, Aggregate] = {}
        self._believed: dict[int, Aggregate] = {}
        """Of the bases those that were not read from the ledger: remembered, or taken to be new."""
        self._open: dict[int, Aggregate] = {}
        self._guarded: dict[int, None] = {}
        """By ids as numbers: those are hashed in C."""
        self.changed: list[Aggregate] = []
        self._calendars: dict[tuple[str, str], BusinessCalendar] = {}
        self._warnings: list[str] = []

    def warn(self, *sentences: str) -> None:
        """What whoever gave the command should know, though it is done."""
        self._warnings += sentences

    def hold_to(self, kind: str, policy: Policy) -> None:
        """Deadlines that are set now come from this policy: one that reaches beyond what its calendar knows is warned of."""
        if policy.calendar.known_until is not None:
            self._calendars[kind, policy.name] = policy.calendar

    def want(self, *wanted: Stream) -> None:
        """Ask for several aggregates at once, to have them loaded in one go."""
        missing: Wanted = {}
        for kind, id in wanted:
            if self.base(kind, id) is None:
                missing.setdefault(id, kind)
        if missing:
            raise NotLoaded(missing)

    def base(self, kind: type[Aggregate], id: UUID) -> Aggregate | None:
        """What the decision starts from. Memory is asked once, so that the answer stays the same; that an id was looked for as
        another kind of thing and not found does not say that there is none of this kind.
        """
        number = id.int
        base = self._bases.get(number)
        if base is not None:
            return base
        if self._loaded:
            base = self._loaded.get(id)
        if base is None:
            base = self._recall(id)
            if base is None or not (isinstance(base, kind) or base.exists):
                return None
            self._believed[number] = base
        self._bases[number] = base
        return base

    def known(self, kind: type[Aggregate], id: UUID) -> Aggregate:
        """The same; what is not there yet is loaded."""
        base = self._bases.get(id.int) or self.base(kind, id)
        if base is None:
            raise NotLoaded({id: kind})
        return base

    def find(self, kind: type[A], id: UUID, *, guard: bool = False) -> A:
        """The aggregate, existing or not. `guard`: the decision holds only if it stays as read."""
        found = self._open.get(id.int)
        if found is None:
            found = self._open[id.int] = self.known(kind, id).fork()
        if guard:
            self._guarded[id.int] = None
        if not isinstance(found, kind) or found.foreign:
            raise _nothing(kind, id)
        return found

    def hold(self, kind: type[Aggregate], id: UUID) -> Aggregate:
        """As the ledger has it; the decision holds only if it stays so."""
        found = self.known(kind, id)
        self._guarded[id.int] = None
        return found

    def look(self, kind: type[A], id: UUID) -> A:
        """As `find`, and only to be looked at: no copy is made of it, and nothing may be decided on it."""
        found = self._open.get(id.int) or self.known(kind, id)
        if not isinstance(found, kind) or found.foreign:
            raise _nothing(kind, id)
        return found

    def get(self, kind: type[A], id: UUID, *, guard: bool = False, complete: bool = False) -> A:
        """One that exists. `complete`: the decision asks what a snapshot leaves out."""
        found = self.find(kind, id, guard=guard)
        if not found.exists:
            raise _nothing(kind, id)
        if complete and not found.complete:
            raise NotLoaded({id: kind}, complete=True)
        return found

    def as_of(self, kind: type[A], id: UUID, version: int) -> A:
        """As it was at an earlier version, which nothing changes any more; to be looked at."""
        if version == 0:
            return kind(id)
        found = self._earlier.get((kind, id, version))
        if found is None:
            raise NotLoaded({}, earlier=(kind, id, version))
        assert isinstance(found, kind)
        return found

    def new(self, kind: type[A], id: UUID) -> A:
        """An aggregate that nothing is recorded of. At first that is only believed: the ledger
        checks it on append, and the decision is made again if it was wrong.
        """
        base = self.base(kind, id)
        if base is None and self._recall is nothing_remembered:
            raise NotLoaded({id: kind})
        if base is None:
            base = self._bases[id.int] = self._believed[id.int] = kind(id)
        if base.version and not base.gone:
            raise AlreadyExists(f"the id {id} is taken", kind=kind.KIND, id=str(id))
        return self.find(kind, id)

    @property
    def bases(self) -> Iterable[Aggregate]:
        """All that the decision looked at, as it was before it."""
        return self._bases.values()

    @property
    def believed(self) -> Collection[Aggregate]:
        """Of those the ones that the ledger was not asked for."""
        return self._believed.values()

    def outcome(self, meta: Meta, answer: Json) -> Outcome:
        """What came of the decision, which is over with it."""
        self.changed = [a for a in self._open.values() if a.has_decided]
        happened_at = self.context.happened_at
        facts = [fact for a in self.changed for fact in _stamp(a, happened_at, meta)]
        if facts:
            # Memory has no age: what rests on it is held against the ledger with what is changed and guarded.
            changed = {a.id.int: self._bases[a.id.int] for a in self.changed}
            guarded = {number: self._bases[number] for number in self._guarded}
            bases: Iterable[Aggregate] = (changed | self._believed | guarded).values()
            if self._calendars:
                self._warn_beyond(facts)
        else:  # that there is nothing to record holds only while all that was looked at stands
            bases = self._bases.values()
        before = tuple([Expectation(base.id, base.version) for base in bases])
        if self._warnings:
            answer = {**answer, "warnings": list(dict.fromkeys(self._warnings))}
        return Outcome(tuple(facts), before, answer)

    def _warn_beyond(self, facts: Iterable[Pending]) -> None:
        at = latest([pending.fact for pending in facts])
        if at is not None:
            found = (beyond(calendar, *of, at) for of, calendar in self._calendars.items())
            self.warn(*(said for said in found if said))

    def made(self, id: UUID) -> Aggregate | None:
        """What the decision makes under this id; None where it was there before."""
        found = self._open.get(id.int)
        return found if found is not None and not self._bases[id.int].exists else None

    def version_of(self, stream: Stream | None) -> int:
        """As the decision leaves it; 0 of what it did not look at."""
        found = self._open.get(stream[1].int) if stream is not None else None
        return found.version if found is not None else 0


def _nothing(kind: type[Aggregate], id: UUID) -> NotFound:
    return NotFound(f"no {kind.KIND} has the id {id}", kind=kind.KIND, id=str(id))


def _stamp(aggregate: Aggregate, happened_at: datetime, meta: Meta) -> list[Pending]:
    id, facts = aggregate.id, aggregate.take_decided()
    first = aggregate.version - len(facts) + 1
    return [Pending(id, n, fact, at or happened_at, meta) for n, (fact, at) in enumerate(facts, first)]
