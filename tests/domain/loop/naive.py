"""tests: figures computed the slow and obvious way, from what each deal's own facts say, without the meter.

It rebuilds every deal from its facts up to a position and then counts; it shares no code with the fold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.customer.facts import CustomerMerged, CustomerUnmerged
from domain.deal import facts as f
from domain.engine.recorded import Recorded
from domain.engine.values import Activity, PromiseOutcome
from domain.people.people import RepHired, RepMoved
from domain.policy.closed import CLOSED


@dataclass
class Row:
    """One thing that counts: `value` out of `weight`."""

    metric: str
    on: date
    value: Decimal
    rep: UUID
    team: UUID
    customer: UUID | None
    product: UUID | None


@dataclass
class NaiveDeal:
    id: UUID
    opened_on: date
    owner: UUID
    team: UUID
    customer: UUID | None
    product: UUID | None
    closing: dict[str, Any] | None = None
    promise_owner: UUID | None = None
    activities: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def row(self, metric: str, on: date, value: Decimal | int | bool, rep: UUID, team: UUID) -> None:
        self.rows.append(Row(metric, on, Decimal(value), rep, team, self.customer, self.product))


@dataclass
class Naive:
    zone: ZoneInfo
    stages: Sequence[str]
    deals: dict[UUID, NaiveDeal] = field(default_factory=dict)
    teams: dict[UUID, UUID] = field(default_factory=dict)
    into: dict[UUID, UUID] = field(default_factory=dict)
    """The record that a customer's record was merged into."""

    def read(self, log: Sequence[Recorded]) -> list[Row]:
        for recorded in log:
            self.one(recorded)
        return [row for deal in self.deals.values() for row in self.of_deal(deal)] + list(self.of_customers())

    def team(self, deal: NaiveDeal, rep: UUID) -> UUID:
        return deal.team if rep == deal.owner else self.teams[rep]

    def one(self, recorded: Recorded) -> None:
        fact, on = recorded.fact, recorded.occurred_at.astimezone(self.zone).date()
        if isinstance(fact, RepHired):
            self.teams[recorded.originator_id] = fact.team_id
        elif isinstance(fact, RepMoved):
            self.teams[recorded.originator_id] = fact.after
        elif isinstance(fact, CustomerMerged):
            self.into[recorded.originator_id] = fact.into
        elif isinstance(fact, CustomerUnmerged):
            del self.into[recorded.originator_id]
        elif isinstance(fact, f.DealOpened):
            self.deals[recorded.originator_id] = NaiveDeal(
                recorded.originator_id, on, fact.owner_id, fact.team_id, fact.customer_id, fact.product_id
            )
        elif recorded.originator_id in self.deals:
            self.of_fact(self.deals[recorded.originator_id], fact, on)

    def of_fact(self, deal: NaiveDeal, fact: Any, on: date) -> None:  # noqa: C901, PLR0912 - one line a fact
        match fact:
            case f.OwnerChanged():
                deal.owner, deal.team = fact.after, fact.team_after
            case f.CustomerCorrected():
                deal.customer = fact.after
            case f.ProductCorrected():
                deal.product = fact.after
            case f.DealWon():
                deal.closing = {"won": True, "on": fact.closed_on, "amount": fact.amount.amount}
                deal.closing |= {"rep": deal.owner, "team": deal.team}
            case f.DealLost():
                deal.closing = {"won": False, "on": fact.closed_on, "rep": deal.owner, "team": deal.team}
            case f.ClosingCorrected() if deal.closing:
                deal.closing["on"] = fact.after.closed_on
                if fact.after.amount:
                    deal.closing["amount"] = fact.after.amount.amount
            case f.DealReopened():
                deal.closing = None
            case f.StageMoved() if fact.before not in CLOSED:
                self.of_move(deal, fact, on)
            case f.ActivityLogged():
                self.of_activity(deal, fact.activity_id, fact.activity, on)
            case f.ActivityCorrected():
                held = deal.activities[fact.activity_id]
                held["kind"] = fact.after.kind
                if fact.before.rep_id != fact.after.rep_id:
                    rep = fact.after.rep_id or deal.owner
                    held |= {"rep": rep, "team": self.team(deal, rep), "deal": (deal.customer, deal.product)}
            case f.PromiseMade():
                deal.promise_owner = fact.owner_id
            case f.PromiseHandedOver():
                deal.promise_owner = fact.after
            case f.PromiseEnded() if fact.outcome != PromiseOutcome.EXCUSED:
                due, owner = fact.due_at.astimezone(self.zone).date(), deal.promise_owner or deal.owner
                kept = fact.outcome == PromiseOutcome.KEPT
                deal.row("promise-keeping", due, kept, owner, self.team(deal, owner))

    def of_move(self, deal: NaiveDeal, fact: f.StageMoved, on: date) -> None:
        forward = fact.after != "lost" and self.stages.index(fact.after) > self.stages.index(fact.before)
        told = {"stage": fact.before, "forward": forward, "moved_on": on, "clean": not fact.missing}
        if fact.after in CLOSED and deal.closing:
            deal.closing |= told
        else:
            deal.row(f"stage-conversion:{fact.before}", on, forward, deal.owner, deal.team)
            if forward:
                deal.row("gate-discipline", on, not fact.missing, deal.owner, deal.team)

    def of_activity(self, deal: NaiveDeal, id: UUID, activity: Activity, on: date) -> None:
        rep = activity.rep_id or deal.owner
        deal.activities[id] = {"kind": activity.kind, "on": on, "rep": rep, "team": self.team(deal, rep)}
        deal.activities[id]["deal"] = (deal.customer, deal.product)

    def of_deal(self, deal: NaiveDeal) -> Iterator[Row]:
        yield from deal.rows
        for done in deal.activities.values():
            key = f"activities:{done['kind']}"
            yield Row(key, done["on"], Decimal(1), done["rep"], done["team"], *done["deal"])
        closing = deal.closing
        if closing is None:
            return
        who = (closing["rep"], closing["team"], deal.customer, deal.product)
        yield Row("win-rate", closing["on"], Decimal(closing["won"]), *who)
        if "stage" in closing:  # a position may lie between the closing and its stage move
            moved, forward = closing["moved_on"], Decimal(closing["forward"])
            yield Row(f"stage-conversion:{closing['stage']}", moved, forward, *who)
        if "stage" in closing and closing["won"]:
            yield Row("gate-discipline", closing["moved_on"], Decimal(closing["clean"]), *who)
        if closing["won"]:
            yield Row("revenue-won", closing["on"], closing["amount"], *who)
            yield Row("deals-won", closing["on"], Decimal(1), *who)
            took = max(0, (closing["on"] - deal.opened_on).days)
            yield Row("cycle-time", closing["on"], Decimal(took), *who)

    def of_customers(self) -> Iterator[Row]:
        won: defaultdict[UUID, list[NaiveDeal]] = defaultdict(list)
        for deal in self.deals.values():
            if deal.customer and deal.closing and deal.closing["won"]:
                customer = deal.customer
                while customer in self.into:
                    customer = self.into[customer]
                won[customer].append(deal)
        for deals in won.values():
            first = min(deals, key=lambda d: (d.closing["on"], d.id) if d.closing else ())
            for deal in deals:
                assert deal.closing
                metric = "new-customers" if deal is first else "repeat-purchases"
                who = (deal.closing["rep"], deal.closing["team"], deal.customer, deal.product)
                yield Row(metric, deal.closing["on"], Decimal(1), *who)


def naive_figure(
    rows: Sequence[Row], metric: str, counts: Callable[[Row], bool], mean: bool
) -> Decimal | None:
    values = [row.value for row in rows if row.metric == metric and counts(row)]
    if not mean:
        return sum(values, Decimal(0))
    return sum(values, Decimal(0)) / len(values) if values else None
