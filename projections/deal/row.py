"""Projections room: the tables of the deal board — one row a deal, and its title to be searched."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.engine.facts import FreeText
from projections.engine.tables import AnyScale, Table


class DealShown(msgspec.Struct, gc=False):
    """`probability` is the process version's for the stage. `promise_id` and what follows
    is the live promise (see `live_promise.py`); `reassignments` counts those by the promise
    timer since it was opened last. `override_asked_at`: since when an override waits for a decision, the longest of them;
    null where none does.
    """

    deal_id: UUID
    version: int
    position: int
    title: str
    customer_id: UUID | None
    product_id: UUID | None
    owner_id: UUID
    team_id: UUID
    process: str
    process_version: int
    policy: str
    stage: str
    status: str
    probability: AnyScale
    amount: Decimal | None
    currency: str | None
    expected_close: date | None
    opened_at: datetime
    stage_entered_at: datetime
    source: str
    reference: str
    closed_on: date | None = None
    contract_reference: str = ""
    loss_reason: FreeText = ""
    competitor: str = ""
    last_activity_at: datetime | None = None
    activity_count: int = 0
    reassignments: int = 0
    promise_id: UUID | None = None
    promised: FreeText | None = None
    promised_by: UUID | None = None
    by_rule: bool = False
    overdue: bool = msgspec.field(default=False, name="was_overdue")  # no reader may take it for "is overdue"
    made_at: datetime | None = None
    remind_at: datetime | None = None
    due_at: datetime | None = None
    escalate_at: datetime | None = None
    reassign_at: datetime | None = None
    arming: int = 0
    policy_version: int | None = None
    reminded_at: datetime | None = None
    missed_at: datetime | None = None
    escalated_at: datetime | None = None
    override_asked_at: datetime | None = None


class DealRow(DealShown, gc=False):
    """`override_requests`: JSON text, those that wait for a decision (`waiting.Request`); it is kept to follow the ledger by."""

    override_requests: str = "[]"


DEALS = Table(
    "deal_board",
    DealRow,
    key=("deal_id",),
    indexes={
        "due": "(due_at, deal_id)",
        "amount": "(currency, amount, deal_id)",
        "activity": "(last_activity_at, deal_id)",
        "opened": "(opened_at, deal_id)",
        "closing": "(expected_close, deal_id)",
        "owner": "(owner_id, due_at, deal_id)",
        "open": "(owner_id, deal_id) WHERE status = 'open'",
        "pipeline": "(currency, amount, deal_id) WHERE status = 'open'",
        "team": "(team_id, due_at, deal_id)",
        "override": "(team_id, override_asked_at, deal_id) WHERE override_asked_at IS NOT NULL",
        "stage": "(stage, due_at, deal_id) WHERE due_at IS NOT NULL",
        "unpromised": "(deal_id) WHERE status = 'open' AND due_at IS NULL",
        "customer": "(customer_id, opened_at, deal_id) WHERE customer_id IS NOT NULL",
        "reference": "(reference, source) WHERE reference <> ''",
    },
    counted=("owner_id", "team_id", "stage", "status"),
)


class UndoneRow(msgspec.Struct, gc=False):
    """A deal that was imported and is gone since the position at which that was undone: earlier it was there."""

    deal_id: UUID
    position: int


UNDONE = Table("deal_undone", UndoneRow, key=("deal_id",), indexes={"since": "(position)"})


class TitleRow(msgspec.Struct, gc=False):
    """A deal's title, to be searched: apart, because it hardly ever changes while the deal does all the time."""

    deal_id: UUID
    spaced: str


TITLES = Table(
    "deal_title",
    TitleRow,
    key=("deal_id",),
    indexes={"words": "USING gin (words)"},
    generated={"words": "tsvector GENERATED ALWAYS AS (to_tsvector('simple', spaced)) STORED"},
)
