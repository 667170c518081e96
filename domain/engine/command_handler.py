"""Domain room: the one command handler. API, import, CLI and workflow activities all come through here.

A decision is a pure function of a command and the aggregates it looks at. The command handler loads
those, decides, and hands the decided facts to the ledger, which records them all or none.
Decisions are made on remembered state first. What records something, or nothing, is checked by the ledger's
versions; before a refusal is given, the ledger is asked once whether what it rests on still stands
(docs/adr/0022-what-a-command-needs.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from domain.engine import authority
from domain.engine.aggregate import Aggregate
from domain.engine.command import Call, Command, decide
from domain.engine.context import Context
from domain.engine.errors import Conflict, DomainError
from domain.engine.recorded import Meta, Pending
from domain.engine.unit_of_work import Earlier, Expectation, Json, NotLoaded, StandFor, UnitOfWork, Wanted

ATTEMPTS = 8


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

    async def as_of(self, kind: type[Aggregate], id: UUID, version: int) -> Aggregate:
        """A stream as it was at an earlier version."""
        ...

    async def append(self, decision: Decision) -> Receipt:
        """Record durably. Raises Conflict on a stale version, KeyReused on a reused key."""
        ...

    async def receipt(self, key: str, command: Command, said: str) -> Receipt | None:
        """The first answer given under `key`. Raises KeyReused if the key stands for something else."""
        ...

    async def head(self) -> int: ...

    def remember(self, aggregates: Iterable[Aggregate]) -> None: ...


def attempt(call: Call, work: UnitOfWork, *, checked: bool = False) -> Decision:
    """Decide once, purely. Raises NotLoaded, naming what to load before trying again with a new unit of work. `checked`: an earlier
    attempt has found nothing wrong with what the command says by itself.
    """
    scoped, given = call.context.reach is not None, call.given or call.command
    if not (scoped or checked):
        given.check(call.context)
    if call.mergeable:
        authority.refer_on(call, work)
    authority.admit(call, work)
    if scoped:  # what may not be seen is not there, whatever else is wrong
        given.check(call.context)
    authority.check_named(call, work)
    answer = decide(call.command, work)
    authority.check_made(call, work)
    context, meta = call.context, Meta.of(call.context)
    facts, expectations, answer = work.outcome(meta, answer)
    version = work.version_of(call.chief)
    return Decision(given, context.key, meta, facts, expectations, answer, version, context.said)


@dataclass
class CommandHandler:
    """Executes commands against a ledger. Safe for any number of concurrent callers."""

    store: Store
    attempts: int = ATTEMPTS
    _last_in_line: dict[int, asyncio.Future[None]] = field(default_factory=dict)

    def execute(self, command: Command, context: Context) -> Coroutine[Any, Any, Receipt]:
        """Decide and record. Raises a DomainError when refused; then nothing was recorded."""
        return self._answer(Call(command, context))

    async def _answer(self, call: Call) -> Receipt:
        try:
            return await self._in_turn(call)
        except DomainError:
            seen = await self._seen(call)
            if seen is None:
                raise
            return seen

    async def _in_turn(self, call: Call) -> Receipt:
        """Commands on one stream take turns here instead of failing each other at the ledger."""
        chief = call.chief
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
        checked = False
        earlier: dict[Earlier, Aggregate] = {}
        while True:
            work = UnitOfWork(call.context, read, self.store.recall, earlier)
            try:
                return attempt(call, work, checked=checked), work
            except NotLoaded as missing:
                checked = True
                if missing.earlier is not None:
                    earlier[missing.earlier] = await self.store.as_of(*missing.earlier)
                    continue
                wanted = missing.wanted if missing.complete else self._unknown(call, read) | missing.wanted
                read |= await self.store.load(wanted, complete=missing.complete, known=work.believed)
            except StandFor as others:
                call = call.instead(others.ids)
            except DomainError:
                now = await self.store.load({}, known=work.believed) if work.believed else {}
                if all(now[base.id].version == base.version for base in work.believed):
                    raise
                read |= now

    def _unknown(self, call: Call, read: dict[UUID, Aggregate]) -> Wanted:
        """What a decision surely looks at, and nobody knows yet: who asks the ledger anyway asks for all of it."""
        return {id: kind for kind, id in call.streams if id not in read and self.store.recall(id) is None}

    async def _seen(self, call: Call) -> Receipt | None:
        """The first answer, where the key was answered before: a repeat is never refused."""
        key, said = call.context.key, call.context.said
        return None if key is None else await self.store.receipt(key, call.command, said)

    async def execute_many(self, calls: Sequence[Call]) -> list[Receipt | DomainError]:
        """Execute commands side by side; each stands or falls alone. Results in call order."""
        streams = (stream for call in calls for stream in call.streams)
        unknown = {id: kind for kind, id in streams if self.store.recall(id) is None}
        if unknown:
            self.store.remember((await self.store.load(unknown)).values())
        return list(await asyncio.gather(*(self._settled(call) for call in calls)))

    async def _settled(self, call: Call) -> Receipt | DomainError:
        try:
            return await self._answer(call)
        except DomainError as refusal:
            return refusal
