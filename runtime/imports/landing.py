"""Runtime room, file import: planned rows land through the door, and what they refer to is settled before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from domain.aggregate import Aggregate
from domain.catalogue import Customer, ListProduct, Product
from domain.context import Actor, Channel, Context
from domain.deal.commands import ImportDeal
from domain.deal.row import digest_of
from domain.door import Call, Command, Door, Receipt
from domain.errors import DomainError
from domain.people import Rep
from runtime.database import Pool
from runtime.imports import told
from runtime.imports.making import make
from runtime.imports.mapping import CUSTOMERS, EVENTS, PRODUCTS, REPS, Mapping
from runtime.imports.plan import Planned
from runtime.imports.readers import Row
from runtime.imports.reasons import reasons_for
from runtime.imports.references import Name, References
from runtime.imports.results import Reason
from runtime.imports.sources import Found

AGGREGATES: dict[str, type[Aggregate]] = {CUSTOMERS: Customer, PRODUCTS: Product, REPS: Rep}
DIGESTS = (
    "SELECT DISTINCT ON (stream_id) stream_id, data->>'digest' FROM ledger.events"
    " WHERE stream_id = ANY(string_to_array(%s, ',')::uuid[]) AND topic = 'deal.import-noted'"
    " ORDER BY stream_id, version DESC"
)
Circumstances = Callable[[], tuple[datetime, Actor, UUID]]


@dataclass(slots=True)
class Outcome:
    """What became of some rows: the events they made, or why they were refused."""

    rows: tuple[Row, ...]
    events: int = 0
    reasons: tuple[Reason, ...] = ()


@dataclass
class Landing:
    door: Door
    pool: Pool
    mapping: Mapping
    found: Found
    header: Sequence[str]
    references: References
    circumstances: Circumstances
    dry_run: bool

    async def settle(self, names: Iterable[Name]) -> None:
        """Look for names nobody has looked for yet: the ledger holds them, or they are to be made, or they are unknown."""
        wanted = self.references.unsettled(names)
        if not wanted:
            return
        held = await self.door.store.load({id: AGGREGATES[kind] for (kind, _), id in wanted.items()})
        for name, id in wanted.items():
            if not self._holds(name, held[id]):
                if name[0] in self._makes():
                    self.references.promise(name, id)
                else:
                    self.references.absent.add(name)

    def _makes(self) -> frozenset[str]:
        """An event log has no list of its people: they are known by their work."""
        return self.mapping.create | ({REPS} if self.found.sheet.kind == EVENTS else frozenset())

    def _holds(self, name: Name, held: Aggregate) -> bool:
        if not held.exists or held.foreign:
            return False
        self.references.learn(name, held.id)
        if isinstance(held, Product) and held.listed is not None and held.listed.price is not None:
            self.references.prices[name[1]] = held.listed.price
        return True

    async def land(self, planned: list[Planned]) -> list[Outcome]:
        """Execute each row's commands in order, rows side by side. Outcomes in the order of `planned`."""
        outcomes = [Outcome(p.rows, reasons=p.reasons) for p in planned]
        unchanged = await self._unchanged(planned)
        going = [n for n, p in enumerate(planned) if not p.reasons and n not in unchanged]
        await self._make_what_is_needed(going, planned, outcomes)
        longest = max((len(planned[n].commands) for n in going), default=0)
        for left in range(longest, 0, -1):
            # The last commands of all rows go together: a row may need what the first ones of another row make.
            now = [n for n in going if len(planned[n].commands) >= left and not outcomes[n].reasons]
            call = self._calls()
            answers = await self.door.execute_many([call(planned[n].commands[-left]) for n in now])
            for n, answer in zip(now, answers, strict=True):
                self._take(answer, planned[n], outcomes[n])
        for p, outcome in zip(planned, outcomes, strict=True):
            self._learn(p, outcome)
        if not self.dry_run:
            landed = [planned[n] for n in going if not outcomes[n].reasons]
            await told.note(self.pool, landed, self.references.id_of)
        return outcomes

    async def _make_what_is_needed(
        self, going: list[int], planned: list[Planned], outcomes: list[Outcome]
    ) -> None:
        """Customers, products and reps that rows name and nobody listed. The first row counts their events."""
        if not self.references.pending or not going:
            return
        needed = dict.fromkeys(name for n in going for _, name in planned[n].refers)
        events, refused = await make(self.door, self._calls(), self.mapping, self.references, needed)
        outcomes[going[0]].events += events
        for name, error in refused.items():
            self._refuse_those_who_need(name, error, going, planned, outcomes)

    def _refuse_those_who_need(
        self,
        name: Name,
        error: DomainError,
        going: list[int],
        planned: list[Planned],
        outcomes: list[Outcome],
    ) -> None:
        self.references.refuse(name, error.message)
        for n in going:
            for field in (field for field, needed in planned[n].refers if needed == name):
                reason = Reason(self.found.sheet.header_of(field), name[1], error.message)
                outcomes[n].reasons = (*outcomes[n].reasons, reason)

    def _take(self, answer: Receipt | DomainError, planned: Planned, outcome: Outcome) -> None:
        if isinstance(answer, DomainError):
            outcome.reasons = reasons_for(answer, planned, self.found.sheet, self.header)
        else:
            outcome.events += answer.recorded

    async def _unchanged(self, planned: list[Planned]) -> set[int]:
        """Rows that say what they said last time: whatever people did here since, the file has nothing new."""
        first = ((n, p.commands[0]) for n, p in enumerate(planned) if p.commands)
        rows = {n: command for n, command in first if isinstance(command, ImportDeal)}
        if not rows:
            return await told.again(self.pool, planned, self.references.id_of)
        async with self.pool.connection() as connection:
            cursor = await connection.execute(DIGESTS, [",".join(str(c.deal_id) for c in rows.values())])
            noted = dict(await cursor.fetchall())
        return {n for n, c in rows.items() if c.deal_id in noted and noted[c.deal_id] == digest_of(c)}

    def _learn(self, planned: Planned, outcome: Outcome) -> None:
        if planned.name is None:
            return
        name, id = planned.name
        if outcome.reasons:
            self.references.refuse(name, f"{self.found.path.name} row {planned.rows[0].line}")
            return
        self.references.learn(name, id)
        listed = planned.commands[-1]
        if isinstance(listed, ListProduct) and listed.price is not None:
            self.references.prices[name[1]] = listed.price

    def _calls(self) -> Callable[[Command], Call]:
        """What is called together is called at one instant: most of it shares its context."""
        now, actor, job = self.circumstances()

        @cache
        def context(reason: str) -> Context:
            return Context(
                now=now, actor=actor, channel=Channel.IMPORT, reason=reason or None, correlation_id=job
            )

        def call(command: Command) -> Call:
            return Call(command, context(command.override_reason if isinstance(command, ImportDeal) else ""))

        return call
