"""Projections room: how the deal board follows the ledger — one row a deal, as it stands now.

`version` is the version of the deal's stream, for ETags; every fact of a deal moves it. What is asked of it is in `board.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from domain.deal import facts as f
from domain.engine.values import Money
from domain.policy.closed import AFTER_SALES, LOST, WON
from projections.deal import waiting
from projections.deal.fold import DEAL_TOPICS, EventsByDeal
from projections.deal.live_promise import PromiseFold
from projections.deal.processes import ProcessVersions, Version
from projections.deal.row import DEALS, TITLES, UNDONE, DealRow, TitleRow, UndoneRow
from projections.deal.waiting import Request
from projections.engine.fold import on
from projections.engine.projection import Entry
from projections.engine.text_search import spaced


class DealBoard(PromiseFold):
    name = "deal_board"
    tables = (DEALS, TITLES, UNDONE)
    deal_table = DEALS
    topics = DEAL_TOPICS
    by_stream = True
    kind = "deal"
    shown_on = {"customer": "customer_id"}
    open_where = "status = 'open'"
    awaited = True
    copies = {
        f.ExpectedCloseMoved: {"expected_close": "after"},
        f.CustomerCorrected: {"customer_id": "after"},
        f.ProductCorrected: {"product_id": "after"},
        f.ProcessMoved: {"process_version": "after"},
    }

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.titles = self.rows(TITLES)
        self.undone = self.rows(UNDONE)
        self.processes = ProcessVersions()

    async def prepare(self, connection: AsyncConnection[Any], events_by_deal: EventsByDeal) -> None:
        wanted = {version for id, events in events_by_deal.items() for version in self._versions(id, events)}
        await self.processes.learn(connection, wanted)

    def _versions(self, deal_id: UUID, events: Sequence[Entry[Any]]) -> Iterator[Version]:
        """The process versions that a deal is on in this stretch."""
        row, first = self.deals.peek(deal_id), events[0].fact
        process = row.process if row else first.process
        yield process, row.process_version if row else first.process_version
        yield from ((process, e.fact.after) for e in events if isinstance(e.fact, f.ProcessMoved))

    def gone(self, deal_id: UUID, mark: Entry[Any]) -> None:
        self.undone.add(UndoneRow(deal_id, mark.position))

    def opened(self, entry: Entry[f.DealOpened]) -> DealRow:
        fact = entry.fact
        self.titles.add(TitleRow(entry.stream_id, spaced(fact.title)))
        if entry.version > 1:
            self.undone.remove((entry.stream_id,))
        return DealRow(
            deal_id=entry.stream_id,
            version=entry.version,
            position=entry.position,
            title=fact.title,
            customer_id=fact.customer_id,
            product_id=fact.product_id,
            owner_id=fact.owner_id,
            team_id=fact.team_id,
            process=fact.process,
            process_version=fact.process_version,
            policy=fact.policy,
            stage=fact.stage,
            status="open",
            probability=Decimal(0),
            amount=fact.amount.amount if fact.amount else None,
            currency=fact.amount.currency if fact.amount else None,
            expected_close=fact.expected_close,
            opened_at=entry.occurred_at,
            stage_entered_at=entry.occurred_at,
            source=fact.source,
            reference=fact.reference,
        )

    def finished(self, row: DealRow, last: Entry[Any]) -> None:
        row.version, row.position = last.version, last.position
        row.probability = self.processes.probability(row.process, row.process_version, row.stage)

    @on(f.ActivityLogged)
    def _activity_logged(self, row: DealRow, entry: Entry[f.ActivityLogged]) -> None:
        row.activity_count += 1
        row.last_activity_at = max(row.last_activity_at or entry.occurred_at, entry.occurred_at)

    @on(f.AmountChanged)
    def _amount_changed(self, row: DealRow, entry: Entry[f.AmountChanged]) -> None:
        _set_amount(row, entry.fact.after)

    @on(f.TitleCorrected)
    def _title_corrected(self, row: DealRow, entry: Entry[f.TitleCorrected]) -> None:
        row.title = entry.fact.after
        self.titles.add(TitleRow(row.deal_id, spaced(row.title)))

    @on(f.OwnerChanged)
    def _owner_changed(self, row: DealRow, entry: Entry[f.OwnerChanged]) -> None:
        row.owner_id, row.team_id = entry.fact.after, entry.fact.team_after
        row.reassignments += entry.fact.rule == "escalation"

    @on(f.StageMoved)
    def _stage_moved(self, row: DealRow, entry: Entry[f.StageMoved]) -> None:
        row.stage, row.stage_entered_at = entry.fact.after, entry.occurred_at
        _wait(row, [one for one in waiting.requests(row.override_requests) if self._is_ahead(row, one.to)])

    def _is_ahead(self, row: DealRow, stage: str) -> bool:
        """Of a closed deal only after-sales can be, when it was won."""
        if row.status != "open":
            return stage == AFTER_SALES != row.stage and row.status == WON
        return self.processes.forward(row.process, row.process_version, row.stage, stage)

    @on(f.OverrideRequested)
    def _override_requested(self, row: DealRow, entry: Entry[f.OverrideRequested]) -> None:
        asked = Request(entry.fact.override_id, entry.fact.to, entry.occurred_at)
        _wait(row, [*waiting.requests(row.override_requests), asked])

    @on(f.OverrideDecided)
    def _override_decided(self, row: DealRow, entry: Entry[f.OverrideDecided]) -> None:
        held = waiting.requests(row.override_requests)
        _wait(row, [one for one in held if one.override_id != entry.fact.override_id])

    @on(f.DealWon)
    def _won(self, row: DealRow, entry: Entry[f.DealWon]) -> None:
        row.status, row.closed_on = WON, entry.fact.closed_on
        row.contract_reference = entry.fact.contract_reference
        _set_amount(row, entry.fact.amount)

    @on(f.DealLost)
    def _lost(self, row: DealRow, entry: Entry[f.DealLost]) -> None:
        row.status, row.closed_on = LOST, entry.fact.closed_on
        row.loss_reason, row.competitor = entry.fact.loss_reason, entry.fact.competitor

    @on(f.ClosingCorrected)
    def _closing_corrected(self, row: DealRow, entry: Entry[f.ClosingCorrected]) -> None:
        after = entry.fact.after
        row.closed_on, row.contract_reference = after.closed_on, after.contract_reference
        row.loss_reason, row.competitor = after.loss_reason, after.competitor
        _set_amount(row, after.amount)

    @on(f.DealReopened)
    def _reopened(self, row: DealRow, entry: Entry[f.DealReopened]) -> None:
        row.status, row.stage, row.stage_entered_at = "open", entry.fact.stage, entry.occurred_at
        row.closed_on, row.contract_reference, row.loss_reason, row.competitor = None, "", "", ""
        row.reassignments = 0
        _wait(row, [])


def _wait(row: DealRow, held: Sequence[Request]) -> None:
    row.override_requests = waiting.written(held)
    row.override_asked_at = min((one.at for one in held), default=None)


def _set_amount(row: DealRow, money: Money | None) -> None:
    row.amount = money.amount if money else None
    row.currency = money.currency if money else None
