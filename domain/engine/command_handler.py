"""Domain room: the one command handler. API, import, CLI and workflow activities all come through here.

A decision is a pure function of a command and the aggregates it looks at. The command handler loads
those, decides, and hands the decided facts to the ledger, which records them all or none.
Decisions are made on remembered state first. What records something, or nothing, is checked by the ledger's
versions; before a refusal is given, the ledger is asked once whether what it rests on still stands
(docs/adr/0022-what-a-command-needs.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from domain.engine import authority, fields
from domain.engine.aggregate import Aggregate
from domain.engine.context import Context
from domain.engine.errors import AlreadyExists, Conflict, DomainError, FieldError, Invalid, NotFound
from domain.engine.recorded import Meta, Pending
from domain.engine.references import Named, references
from domain.time.calendar import BusinessCalendar
from domain.time.known_days import beyond, latest

A = TypeVar("A", bound=Aggregate)
C = TypeVar("C", bound="Command")
Json = dict[str, Any]
Wanted = dict[UUID, type[Aggregate]]
Stream = tuple[type[Aggregate], UUID]

ATTEMPTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Base of every command: a frozen dataclass in the imperative, plain values only."""

    def stream(self) -> tuple[type[Aggregate], UUID] | None:
        """The aggregate the command is chiefly about, where it has one."""
        return None

    def concerns(self, held: Aggregate) -> bool:
        """Whether `held` asked who gives this command for it, by name: then it is theirs to say, whosever else `held` is."""
        return False

    def named(self) -> Iterable[Named]:
        """What the command names by id, to be held against the ledger before anything is decided."""
        return references(self)

    def streams(self) -> Iterator[Stream]:
        """What a decision on it surely looks at: what it is about, and what it names. That is loaded in one query; what a
        decision discovers on its way is loaded then.
        """
        chief = self.stream()
        if chief is not None:
            yield chief
        for named in self.named():
            yield authority.kind_of(named.refers), named.id

    def check(self, context: Context) -> None:
        """What it says by itself, held against the types of its fields. Raises Invalid naming every bad field."""
        errors = fields.problems(self, self.day_of_money(context))
        if late := self.wrong_now(context):
            fields.add(late, errors)
        if errors:
            raise Invalid(errors)

    def wrong_now(self, context: Context) -> Iterable[FieldError]:
        """What is wrong with it at the time it is given. What depends on what is recorded is for the decision to refuse."""
        return ()

    def day_of_money(self, context: Context) -> date | None:
        """The day that its amounts are of, on which one could pay in their currencies; None: whenever that was."""
        return context.happened_at.date()

    def stands(self, named: Named, held: Aggregate) -> bool:
        """Whether `held` says so already: what stays as it is may be said again by who could not have said it first."""
        return False


@dataclass(frozen=True, slots=True)
class Call:
    command: Command
    context: Context


class Receipt(NamedTuple):
    """What a command did. `position` is the last position written (the ledger's head when
    nothing was recorded); `version` is that of the command's chief stream; `replayed` says the
    answer is the first one, given again.
    """

    position: int
    recorded: int
    version: int
    answer: Json
    replayed: bool = False


class Expectation(NamedTuple):
    stream_id: UUID
    version: int


class Decision(NamedTuple):
    """One command's outcome, to be recorded whole or not at all."""

    command: Command
    key: str | None
    meta: Meta
    facts: tuple[Pending, ...]
    expectations: tuple[Expectation, ...]
    answer: Json
    version: int
    said: str = ""


class Store(Protocol):
    """What the command handler needs of a ledger (`runtime/ledger.py` is the one there is)."""

    def recall(self, id: UUID) -> Aggregate | None:
        """The aggregate as last remembered, where it is."""
        ...

    async def load(
        self, wanted: Wanted, *, complete: bool = False, known: Iterable[Aggregate] = ()
    ) -> dict[UUID, Aggregate]:
        """Each wanted aggregate, read from the ledger now; `complete` where a snapshot is not enough. And each `known` one as it
        is now: of that only what was recorded after its version is read.
        """
        ...

    async def append(self, decision: Decision) -> Receipt:
        """Record durably. Raises Conflict on a stale version, KeyReused on a reused key."""
        ...

    async def receipt(self, key: str, command: Command, said: str) -> Receipt | None:
        """The first answer given under `key`. Raises KeyReused if the key stands for something else."""
        ...

    async def head(self) -> int: ...

    def remember(self, aggregates: Iterable[Aggregate]) -> None: ...


Recall = Callable[[UUID], Aggregate | None]


def nothing_remembered(id: UUID) -> None:
    """The memory of who wants everything read from the ledger."""


class NotLoaded(Exception):
    """A decision looked at an aggregate that is not in the unit of work yet."""

    def __init__(self, wanted: Wanted, *, complete: bool = False) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.complete = complete


class Policy(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def calendar(self) -> BusinessCalendar: ...


class UnitOfWork:
    """The aggregates one decision looks at. Asking for a missing one starts the decision over
    with it, which is safe because decisions are pure.
    """

    def __init__(self, context: Context, loaded: dict[UUID, Aggregate], recall: Recall) -> None:
        self.context = context
        self._loaded = loaded
        self._recall = recall
        self._bases: dict[int, Aggregate] = {}
        self._believed: list[Aggregate] = []
        """Of the bases those that were not read from the ledger: remembered, or taken to be new."""
        self._open: dict[int, Aggregate] = {}
        self._guarded: dict[int, UUID] = {}
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

    def want(self, *wanted: Stream, at_least: int = 1) -> None:
        """Ask for several aggregates at once, to have them loaded in one go where so many are missing."""
        missing: Wanted = {}
        for kind, id in wanted:
            if self.base(kind, id) is None:
                missing.setdefault(id, kind)
        if len(missing) >= at_least:
            raise NotLoaded(missing)

    def base(self, kind: type[Aggregate], id: UUID) -> Aggregate | None:
        """What the decision starts from. Memory is asked once, so that the answer stays the same; that an id was looked for as
        another kind of thing and not found does not say that there is none of this kind.
        """
        base = self._bases.get(id.int) or self._loaded.get(id)
        if base is None:
            base = self._recall(id)
            if base is None or not (base.exists or isinstance(base, kind)):
                return None
            self._believed.append(base)
        self._bases[id.int] = base
        return base

    def find(self, kind: type[A], id: UUID, *, guard: bool = False) -> A:
        """The aggregate, existing or not. `guard`: the decision holds only if it stays as read."""
        found = self._open.get(id.int)
        if found is None:
            base = self.base(kind, id)
            if base is None:
                raise NotLoaded({id: kind})
            found = self._open[id.int] = base.fork()
        if guard:
            self._guarded[id.int] = id
        if not isinstance(found, kind) or found.foreign:
            raise NotFound(f"no {kind.KIND} has the id {id}", kind=kind.KIND, id=str(id))
        return found

    def get(self, kind: type[A], id: UUID, *, guard: bool = False, complete: bool = False) -> A:
        """One that exists. `complete`: the decision asks what a snapshot leaves out."""
        found = self.find(kind, id, guard=guard)
        if not found.exists:
            raise NotFound(f"no {kind.KIND} has the id {id}", kind=kind.KIND, id=str(id))
        if complete and not found.complete:
            raise NotLoaded({id: kind}, complete=True)
        return found

    def new(self, kind: type[A], id: UUID) -> A:
        """An aggregate that nothing is recorded of. At first that is only believed: the ledger
        checks it on append, and the decision is made again if it was wrong.
        """
        base = self.base(kind, id)
        if base is None and self._recall is nothing_remembered:
            raise NotLoaded({id: kind})
        if base is None:
            base = self._bases[id.int] = kind(id)
            self._believed.append(base)
        if base.version:
            raise AlreadyExists(f"the id {id} is taken", kind=kind.KIND, id=str(id))
        return self.find(kind, id)

    @property
    def bases(self) -> Iterable[Aggregate]:
        """All that the decision looked at, as it was before it."""
        return self._bases.values()

    @property
    def believed(self) -> Sequence[Aggregate]:
        """Of those the ones that the ledger was not asked for."""
        return self._believed

    def decide(self, call: Call, answer: Json) -> Decision:
        context = call.context
        meta = Meta.of(context)
        self.changed = [a for a in self._open.values() if a.has_decided]
        facts = [fact for a in self.changed for fact in _stamp(a, context.happened_at, meta)]
        if facts:
            depends = {a.id.int: a.id for a in self.changed} | self._guarded
            self._warn_beyond(facts)
            before = tuple([Expectation(id, self._bases[n].version) for n, id in depends.items()])
        else:  # that there is nothing to record holds only while all that was looked at stands
            before = tuple([Expectation(base.id, base.version) for base in self._bases.values()])
        if self._warnings:
            answer = {**answer, "warnings": list(dict.fromkeys(self._warnings))}
        return Decision(
            call.command, context.key, meta, tuple(facts), before, answer, self._version(call), context.said
        )

    def _warn_beyond(self, facts: Iterable[Pending]) -> None:
        at = latest([pending.fact for pending in facts]) if self._calendars else None
        if at is not None:
            found = (beyond(calendar, *of, at) for of, calendar in self._calendars.items())
            self.warn(*(said for said in found if said))

    def made(self, id: UUID) -> Aggregate | None:
        """What the decision makes under this id; None where it was there before."""
        found = self._open.get(id.int)
        return found if found is not None and not self._bases[id.int].exists else None

    def _version(self, call: Call) -> int:
        chief = call.command.stream()
        found = self._open.get(chief[1].int) if chief is not None else None
        return found.version if found is not None else 0


def _stamp(aggregate: Aggregate, happened_at: datetime, meta: Meta) -> list[Pending]:
    id, facts = aggregate.id, aggregate.take_decided()
    first = aggregate.version - len(facts) + 1
    return [Pending(id, n, fact, at or happened_at, meta) for n, (fact, at) in enumerate(facts, first)]


Decide = Callable[[Any, UnitOfWork], Json]
_DECIDERS: dict[type[Command], Decide] = {}


def handles(command: type[C]) -> Callable[[Callable[[C, UnitOfWork], Json]], Callable[[C, UnitOfWork], Json]]:
    """Register the decision for a command type. It returns the answer to give the caller."""

    def register(decide: Callable[[C, UnitOfWork], Json]) -> Callable[[C, UnitOfWork], Json]:
        if command in _DECIDERS:
            raise TypeError(f"{command.__qualname__} has a decision already")
        _DECIDERS[command] = decide
        return decide

    return register


@dataclass(frozen=True, slots=True, kw_only=True)
class Together(Command):
    """Commands decided as one: all that they decide is recorded, or nothing. `needed` make what `command` refers to, each
    under the field that names it.
    """

    needed: tuple[tuple[str, Command], ...]
    command: Command

    def stream(self) -> tuple[type[Aggregate], UUID] | None:
        return self.command.stream()

    def check(self, context: Context) -> None:
        """Each command is checked when its turn comes."""


@handles(Together)
def _decide_together(together: Together, work: UnitOfWork) -> Json:
    errors = []
    for named, command in together.needed:
        try:
            _decide(command, work)
        except DomainError as wrong:
            errors.append(FieldError(named, wrong.message))
    if errors:
        raise Invalid(errors)
    return _decide(together.command, work)


def _decide(command: Command, work: UnitOfWork) -> Json:
    command.check(work.context)
    return _DECIDERS[type(command)](command, work)


def attempt(call: Call, work: UnitOfWork) -> Decision:
    """Decide once, purely. Raises NotLoaded, naming what to load before trying again with a new unit of work."""
    call.command.check(call.context)
    # One alone may be new: it is loaded where somebody looks at it.
    work.want(*call.command.streams(), at_least=2)
    authority.admit(call, work)
    authority.check_named(call, work)
    answer = _DECIDERS[type(call.command)](call.command, work)
    authority.check_made(call, work)
    return work.decide(call, answer)


@dataclass
class CommandHandler:
    """Executes commands against a ledger. Safe for any number of concurrent callers."""

    store: Store
    attempts: int = ATTEMPTS
    _last_in_line: dict[int, asyncio.Future[None]] = field(default_factory=dict)

    async def execute(self, command: Command, context: Context) -> Receipt:
        """Decide and record. Raises a DomainError when refused; then nothing was recorded."""
        call = Call(command, context)
        try:
            return await self._in_turn(call)
        except DomainError:
            seen = await self._seen(call)
            if seen is None:
                raise
            return seen

    async def _in_turn(self, call: Call) -> Receipt:
        """Commands on one stream take turns here instead of failing each other at the ledger."""
        chief = call.command.stream()
        if chief is None:
            return await self._execute(call)
        line, id = self._last_in_line, chief[1].int
        before = line.get(id)
        done = line[id] = asyncio.get_running_loop().create_future()
        try:
            if before is not None:
                await asyncio.wait((before,))
            return await self._execute(call)
        finally:
            done.set_result(None)
            if line[id] is done:
                del line[id]

    async def _execute(self, call: Call) -> Receipt:
        read: dict[UUID, Aggregate] = {}
        for _ in range(self.attempts):
            decision, work = await self._decide(call, read)
            try:
                receipt = await self.store.append(decision)
            except Conflict:
                read |= await self.store.load({}, known=work.bases)
                continue
            if not receipt.replayed:
                self.store.remember(work.changed)
            return receipt
        raise Conflict("too many writers on the same streams: retry in a moment", attempts=self.attempts)

    async def _decide(self, call: Call, read: dict[UUID, Aggregate]) -> tuple[Decision, UnitOfWork]:
        """Decide on what was read since the call came, and else on what is remembered. Who asks the ledger anyway asks for news of
        that, too. A refusal that rests on memory is given once the ledger says that nothing was recorded since.
        """
        while True:
            work = UnitOfWork(call.context, read, self.store.recall)
            try:
                return attempt(call, work), work
            except NotLoaded as missing:
                read |= await self.store.load(missing.wanted, complete=missing.complete, known=work.believed)
            except DomainError:
                now = await self.store.load({}, known=work.believed) if work.believed else {}
                if all(now[base.id].version == base.version for base in work.believed):
                    raise
                read |= now

    async def _seen(self, call: Call) -> Receipt | None:
        """The first answer, where the key was answered before: a repeat is never refused."""
        key, said = call.context.key, call.context.said
        return None if key is None else await self.store.receipt(key, call.command, said)

    async def execute_many(self, calls: Sequence[Call]) -> list[Receipt | DomainError]:
        """Execute commands side by side; each stands or falls alone. Results in call order."""
        streams = (stream for call in calls for stream in call.command.streams())
        unknown = {id: kind for kind, id in streams if self.store.recall(id) is None}
        if unknown:
            self.store.remember((await self.store.load(unknown)).values())
        return list(await asyncio.gather(*(self._settled(call) for call in calls)))

    async def _settled(self, call: Call) -> Receipt | DomainError:
        try:
            return await self.execute(call.command, call.context)
        except DomainError as refusal:
            return refusal
