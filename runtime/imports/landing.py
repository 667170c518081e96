"""Runtime room, file import: planned rows land through the command handler, and what they refer to is settled before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import repeat
from uuid import UUID

from domain.customer.commands import RegisterCustomer
from domain.customer.likely import Likely
from domain.engine.aggregate import Aggregate
from domain.engine.command import Call, Command
from domain.engine.command_handler import CommandHandler, Receipt
from domain.engine.context import Actor, Channel, Context
from domain.engine.errors import DomainError
from runtime.codec import fingerprint
from runtime.database import Pool
from runtime.imports import earlier_rows as told
from runtime.imports.both_sides import both_sides
from runtime.imports.ids import own_id
from runtime.imports.kinds.kind import Kind, Noted
from runtime.imports.kinds.listed import KINDS
from runtime.imports.lines import Row
from runtime.imports.making import Needed, made_by, needs_of, waves, with_what_it_needs
from runtime.imports.mapping import Mapping
from runtime.imports.parts import STANDS, judged_whole
from runtime.imports.plan import Planned
from runtime.imports.reasons import notes_of, reasons_by_row, reasons_for
from runtime.imports.references import Name, References
from runtime.imports.results import Reason
from runtime.imports.sources import Found

DIGESTS = (
    "SELECT DISTINCT ON (stream_id) stream_id, data->>'digest' FROM ledger.events e"
    f" WHERE stream_id = ANY(string_to_array(%s, ',')::uuid[]) AND topic = %s AND {STANDS}"
    " ORDER BY stream_id, version DESC"
)
DIGESTS_OF_ITS_KIND = f"""
SELECT DISTINCT ON (e.stream_id) e.stream_id, e.data->>'digest' FROM ledger.events e
  JOIN app.import_jobs j ON j.id::text = e.meta->>'correlation_id' AND j.mapping_digest = %s
 WHERE e.stream_id = ANY(%s) AND e.topic = %s AND {STANDS} ORDER BY e.stream_id, e.version DESC
"""
"""What files of the same mapping said last: where one lists leads and another closings, each is compared with its own."""
HERE = "SELECT stream_id FROM ledger.events WHERE stream_id = ANY(%s) AND version = 1 AND topic ^@ %s"
WAVES = 3
"""Rounds in which each thing that rows need is made by one of them; what is left then goes side by side."""
Circumstances = Callable[[], tuple[datetime, Actor, UUID]]
FindLikely = Callable[[Sequence[RegisterCustomer]], Awaitable[Sequence[tuple[Likely, ...]]]]
"""Whom the customers of rows are likely to be, in their order."""


@dataclass(slots=True)
class Outcome:
    """What became of some rows: the events they made, or why they were refused, each of them where that is known."""

    rows: tuple[Row, ...]
    events: int = 0
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    agreed: bool = False
    """The file says now what is so here already; that it does is all that was noted."""
    by_row: Sequence[tuple[Reason, ...]] = ()

    def refused(self) -> Iterator[tuple[Row, tuple[Reason, ...]]]:
        return zip(self.rows, self.by_row or repeat(self.reasons), strict=False)


@dataclass
class Landing:
    handler: CommandHandler
    pool: Pool
    mapping: Mapping
    found: Found
    header: Sequence[str]
    references: References
    circumstances: Circumstances
    dry_run: bool
    find_likely: FindLikely | None = None
    tells_until: datetime | None = None
    """The latest past instant that a deal of the file tells of."""
    changed: int = 0
    """How many deals that were known it changed."""

    @property
    def kind(self) -> Kind:
        return KINDS[self.found.sheet.kind]

    async def settle(self, names: Iterable[Name]) -> None:
        """Look for names nobody has looked for yet: the ledger holds them, or they are to be made, or they are unknown. An id of ours
        names what it is of, whatever the source.
        """
        wanted = self.references.unsettled(names)
        if not wanted:
            return
        ours = {name: id for name in wanted if (id := own_id(name[1])) is not None}
        ids = {id: _aggregate(name[0]) for them in (ours, wanted) for name, id in them.items()}
        held = await self.handler.store.load(ids)
        for name, id in wanted.items():
            own = ours.get(name, id)
            if not self._holds(name, held[own]) and not self._holds(name, held[id]):
                if name[0] in self._makes():
                    self.references.promise(name, id)
                else:
                    self.references.absent.add(name)

    def _makes(self) -> frozenset[str]:
        return self.mapping.create | self.kind.makes

    def _holds(self, name: Name, held: Aggregate) -> bool:
        if not held.exists or held.foreign:
            return False
        self.references.learn(name, held.id)
        KINDS[name[0]].learn(self.references, name[1], held, None)
        return True

    async def land(self, planned: list[Planned]) -> list[Outcome]:
        """Carry out each row, rows side by side. Outcomes in the order of `planned`."""
        planned = await self._by_ids(planned)
        digests = await self._digests(planned)
        unchanged = await self._unchanged(planned, digests)
        told_anew = set(range(len(planned))) - unchanged
        if self.kind.cases:
            planned = await judged_whole(self.pool, planned, told_anew, digests, self.mapping.events.owner)
        planned = await self._with_whom_they_may_be(planned, told_anew)
        outcomes = [Outcome(p.rows, reasons=p.reasons, notes=p.notes) for p in planned]
        left = [n for n, p in enumerate(planned) if p.commands and not p.reasons and n not in unchanged]
        for _ in range(WAVES):
            needs = {n: needs_of(planned[n], self.mapping, self.references) for n in left}
            going, left = waves(left, needs)
            await self._go(going, needs, planned, outcomes, digests)
        needs = {n: needs_of(planned[n], self.mapping, self.references) for n in left}
        await self._go(left, needs, planned, outcomes, digests)
        for p, outcome in zip(planned, outcomes, strict=True):
            self._learn(p, outcome)
            self._look_at_its_age(p, outcome, digests)
        if not self.dry_run:
            done = (n for n in range(len(planned)) if n not in unchanged and not outcomes[n].reasons)
            await told.note(self.pool, [planned[n] for n in done], self.references.id_of)
        return outcomes

    async def _by_ids(self, planned: list[Planned]) -> list[Planned]:
        """Deals that go by an id of ours; where it is none, by what the file's own names make."""
        own = [_id(p.commands[-1]) for p in planned if p.otherwise is not None]
        if not own:
            return planned
        async with self.pool.connection() as connection:
            found = await (await connection.execute(HERE, [own, f"{self.kind.ids}."])).fetchall()
        here = {id for (id,) in found}
        return [
            p if p.otherwise is None or _id(p.commands[-1]) in here else replace(p, commands=(p.otherwise,))
            for p in planned
        ]

    async def _with_whom_they_may_be(self, planned: list[Planned], anew: Collection[int]) -> list[Planned]:
        """Customers, with those that each may be already: what that means is for the decision to say."""
        if self.find_likely is None:
            return planned
        said = {n: planned[n].commands[-1] for n in sorted(anew) if planned[n].commands}
        entered = {n: one for n, one in said.items() if isinstance(one, RegisterCustomer)}
        if not entered:
            return planned
        found = dict(zip(entered, await self.find_likely([*entered.values()]), strict=True))
        return [
            replace(p, commands=(*p.commands[:-1], replace(entered[n], likely=found[n]))) if n in found else p
            for n, p in enumerate(planned)
        ]

    def _look_at_its_age(self, planned: Planned, outcome: Outcome, known: Collection[UUID]) -> None:
        noted, now = self.kind.noted, self.circumstances()[0]
        if noted is None or not planned.commands:
            return
        row = planned.commands[-1]
        self.changed += bool(outcome.events) and _id(row) in known
        past = [at for at in (*noted.instants(row), self.tells_until) if at is not None and at <= now]
        self.tells_until = max(past, default=None)

    async def _go(
        self,
        going: list[int],
        needs: dict[int, Needed],
        planned: list[Planned],
        outcomes: list[Outcome],
        known: Collection[UUID],
    ) -> None:
        call, said = self._calls(), [self._with_its_reason(planned[n], known) for n in going]
        calls = [
            call(with_what_it_needs(p, needs[n], self.kind), p) for n, p in zip(going, said, strict=True)
        ]
        answers = await self.handler.execute_many(calls)
        for n, answer in zip(going, answers, strict=True):
            self._take(answer, planned[n], outcomes[n])
            if isinstance(answer, DomainError) and "changed_here" in answer.details:
                parts = answer.details["changed_here"]
                outcomes[n].reasons += await both_sides(self.pool, planned[n].commands[-1], parts)

    def _with_its_reason(self, planned: Planned, known: Collection[UUID]) -> Planned:
        """What is known may have another reason than what comes with its past."""
        noted, row = self.kind.noted, planned.commands[-1]
        if noted is None or _id(row) not in known:
            return planned
        told = noted.told_again(row, self.mapping)
        return planned if told is row else replace(planned, commands=(told,))

    def _take(self, answer: Receipt | DomainError, planned: Planned, outcome: Outcome) -> None:
        sheet = self.found.sheet
        if isinstance(answer, DomainError):
            outcome.reasons = reasons_for(answer, planned, sheet, self.header)
            outcome.by_row = reasons_by_row(answer, planned, sheet, self.header)
            return
        outcome.events += answer.recorded
        outcome.agreed = answer.answer.get("agreed", False)
        notes = [*answer.answer.get("notes", ())]
        if "likely" in answer.answer:  # the likeliest is named
            notes.append(("name" if "name" in sheet.columns else "key", answer.answer["warnings"][0]))
        outcome.notes = (*outcome.notes, *notes_of(notes, planned, sheet, self.header))
        for name in list(made_by(planned, self.references)):
            self.references.pending.pop(name, None)

    async def _digests(self, planned: list[Planned]) -> dict[UUID, str]:
        """What was noted of those that an import told before."""
        noted = self.kind.noted
        ids = [str(_id(p.commands[-1])) for p in planned if p.commands] if noted else []
        if noted is None or not ids:
            return {}
        async with self.pool.connection() as connection:
            return dict(await (await connection.execute(DIGESTS, [",".join(ids), noted.topic])).fetchall())

    async def _unchanged(self, planned: list[Planned], digests: dict[UUID, str]) -> set[int]:
        """Rows that say what they said last time: whatever people did here since, the file has nothing new."""
        noted = self.kind.noted
        if noted is None:
            return await told.again(self.pool, planned, self.references.id_of)
        rows = [(n, _id(p.commands[-1]), p.commands[-1]) for n, p in enumerate(planned) if p.commands]
        said = {n: (id, noted.digest(row)) for n, id, row in rows if id in digests}
        same = {n for n, (id, digest) in said.items() if digests[id] == digest}
        before = await self._said_before(noted, [id for n, (id, _) in said.items() if n not in same])
        return same | {n for n, (id, digest) in said.items() if before.get(id) == digest}

    async def _said_before(self, noted: Noted, ids: list[UUID]) -> dict[UUID, str]:
        if not ids:
            return {}
        async with self.pool.connection() as connection:
            found = await connection.execute(DIGESTS_OF_ITS_KIND, [self.mapping.digest, ids, noted.topic])
            return dict(await found.fetchall())

    def _learn(self, planned: Planned, outcome: Outcome) -> None:
        if planned.name is None:
            return
        (name, id), said = planned.name, hash("".join(map(fingerprint, planned.commands)))
        if outcome.reasons:
            self.references.refuse(name, said, f"{self.found.path.name} row {planned.rows[0].line}")
            return
        self.references.bring_in(name, id, said)
        KINDS[name[0]].learn(self.references, name[1], self.handler.store.recall(id), planned.commands[-1])

    def _calls(self) -> Callable[[Command, Planned], Call]:
        """What is called together is called at one instant: most of it shares its context."""
        now, actor, job = self.circumstances()
        noted = self.kind.noted

        @cache
        def context(reason: str) -> Context:
            return Context(
                now=now, actor=actor, channel=Channel.IMPORT, reason=reason or None, correlation_id=job
            )

        def call(command: Command, planned: Planned) -> Call:
            return Call(command, context(noted.reason(planned.commands[-1]) if noted else ""))

        return call


def _aggregate(kind: str) -> type[Aggregate]:
    aggregate = KINDS[kind].aggregate
    assert aggregate is not None
    return aggregate


def _id(command: Command) -> UUID:
    stream = command.stream()
    assert stream is not None
    return stream[1]
