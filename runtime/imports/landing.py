"""Runtime room, file import: planned rows land through the door, and what they refer to is settled before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.aggregate import Aggregate
from domain.catalogue import Customer, ListProduct, Product, Profile, RegisterCustomer
from domain.context import Actor, Channel, Context
from domain.deal.commands import ImportDeal
from domain.deal.row import digest_of
from domain.door import Call, Command, Door, Receipt
from domain.errors import DomainError
from domain.people import FormTeam, HireRep, Rep
from runtime.database import Pool
from runtime.imports.mapping import CUSTOMERS, EVENTS, PRODUCTS, REPS, Mapping
from runtime.imports.plan import TEAM, Planned
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

    # -- what rows refer to ---------------------------------------------------------------------

    async def settle(self, names: Iterable[Name]) -> int:
        """Look for names nobody has looked for yet, and make those the mapping wants made. How many events that took."""
        wanted = self.references.unsettled(names)
        if not wanted:
            return 0
        held = await self.door.store.load({id: AGGREGATES[kind] for (kind, _), id in wanted.items()})
        lacking = {name: id for name, id in wanted.items() if not self._known(name, held[id])}
        made = {name: id for name, id in lacking.items() if name[0] in self._creates()}
        self.references.absent.update(lacking.keys() - made.keys())
        events = await self._execute_all(self._team() if any(kind == REPS for kind, _ in made) else [])
        events += await self._execute_all([self._making(name, id) for name, id in made.items()])
        for name, id in made.items():
            self.references.learn(name, id)
        return events

    def _creates(self) -> frozenset[str]:
        """An event log has no list of its people: they are known by their work."""
        return self.mapping.create | ({REPS} if self.found.sheet.kind == EVENTS else frozenset())

    def _known(self, name: Name, held: Aggregate) -> bool:
        if not held.exists or held.foreign:
            return False
        self.references.learn(name, held.id)
        if isinstance(held, Product) and held.listed is not None and held.listed.price is not None:
            self.references.prices[name[1]] = held.listed.price
        return True

    def _team(self) -> list[Command]:
        name = self.mapping.events.team
        return [FormTeam(team_id=self.references.id_of(TEAM, name), name=name)]

    def _making(self, name: Name, id: UUID) -> Command:
        kind, key = name
        if kind == CUSTOMERS:
            return RegisterCustomer(customer_id=id, profile=Profile(name=key))
        if kind == PRODUCTS:
            return ListProduct(product_id=id, name=key)
        return HireRep(rep_id=id, name=key, team_id=self.references.id_of(TEAM, self.mapping.events.team))

    async def _execute_all(self, commands: list[Command]) -> int:
        events = 0
        for answer in await self.door.execute_many([self._call(command) for command in commands]):
            if isinstance(answer, DomainError):
                raise answer
            events += answer.recorded
        return events

    # -- what rows tell -------------------------------------------------------------------------

    async def land(self, planned: list[Planned]) -> list[Outcome]:
        """Execute each row's commands in order, rows side by side. Outcomes in the order of `planned`."""
        outcomes = [Outcome(p.rows, reasons=p.reasons) for p in planned]
        unchanged = await self._unchanged(planned)
        going = [n for n, p in enumerate(planned) if not p.reasons and n not in unchanged]
        longest = max((len(planned[n].commands) for n in going), default=0)
        for left in range(longest, 0, -1):
            # The last commands of all rows go together: a row may need what the first ones of another row make.
            now = [n for n in going if len(planned[n].commands) >= left and not outcomes[n].reasons]
            answers = await self.door.execute_many([self._call(planned[n].commands[-left]) for n in now])
            for n, answer in zip(now, answers, strict=True):
                self._take(answer, planned[n], outcomes[n])
        for p, outcome in zip(planned, outcomes, strict=True):
            self._learn(p, outcome)
        return outcomes

    def _take(self, answer: Receipt | DomainError, planned: Planned, outcome: Outcome) -> None:
        if isinstance(answer, DomainError):
            outcome.reasons = reasons_for(answer, planned, self.found.sheet, self.header)
        else:
            outcome.events += answer.recorded

    async def _unchanged(self, planned: list[Planned]) -> set[int]:
        """Rows that the ledger says it agrees with already: the door would answer them with silence."""
        deals = {n: p.commands[0] for n, p in enumerate(planned) if p.commands}
        rows = {n: c for n, c in deals.items() if isinstance(c, ImportDeal)}
        if not rows:
            return set()
        async with self.pool.connection() as connection:
            cursor = await connection.execute(DIGESTS, [",".join(str(c.deal_id) for c in rows.values())])
            noted = dict(await cursor.fetchall())
        return {n for n, c in rows.items() if c.deal_id in noted and noted[c.deal_id] == digest_of(c)}

    def _learn(self, planned: Planned, outcome: Outcome) -> None:
        if planned.name is None:
            return
        name, id = planned.name
        if outcome.reasons:
            self.references.refused[name] = f"{self.found.path.name} row {planned.rows[0].line}"
            return
        self.references.learn(name, id)
        listed = planned.commands[-1]
        if isinstance(listed, ListProduct) and listed.price is not None:
            self.references.prices[name[1]] = listed.price

    def _call(self, command: Command) -> Call:
        now, actor, job = self.circumstances()
        reason = command.override_reason if isinstance(command, ImportDeal) else ""
        return Call(
            command,
            Context(now=now, actor=actor, channel=Channel.IMPORT, reason=reason or None, correlation_id=job),
        )
