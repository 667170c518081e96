"""Projections room: action items — what came out of reviews, who owes it until when, and how it ended."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from domain.action_item.action_item import ActionItem
from domain.engine.facts import FreeText
from domain.time.commitment import Deadlines
from projections.cycle.sections import Section
from projections.engine.stream_view import Events, Filter, StreamView

OPEN = "open"


class ItemSeen(msgspec.Struct, kw_only=True):
    """`outcome` is "open" until it has ended. `missed`: its owner was told that the due time has passed."""

    item_id: UUID
    what: FreeText
    owner_id: UUID
    manager_id: UUID | None
    team_id: UUID | None
    cycle_id: UUID | None
    decision_id: UUID | None
    answer_id: UUID | None
    made_at: datetime
    due_at: datetime
    deadlines: Deadlines
    policy: str
    policy_version: int
    arming: int
    reminded: bool = False
    missed: bool = False
    escalated: bool = False
    outcome: str = OPEN
    done_at: datetime | None = None
    ended_at: datetime | None = None
    note: FreeText = ""
    position: int
    version: int

    @property
    def is_open(self) -> bool:
        return self.outcome == OPEN

    @property
    def state(self) -> str:
        """As of now."""
        return "overdue" if self.is_open and self.due_at < datetime.now(UTC) else self.outcome


class ActionItems(StreamView[ActionItem, ItemSeen]):
    name = "action_items"
    columns = ("item_id", "owner_id", "manager_id", "team_id", "cycle_id", "answer_id", "due_at", "outcome")
    indexes = {
        "due": "(due_at, item_id)",
        "owner": "(owner_id, due_at, item_id)",
        "team": "(team_id, due_at, item_id)",
        "cycle": "(cycle_id) WHERE cycle_id IS NOT NULL",
    }
    order = ("due_at",)
    open_where = "outcome = 'open'"
    owed_by = "owner_id = %(person)s"
    must_not_stay_with = "owner_id"
    awaited = True
    narrowing = {"due_before": Filter(datetime, "due_at < %(due_before)s")}

    @classmethod
    def show(cls, aggregate: ActionItem, events: Events) -> ItemSeen:
        opened, ended = aggregate.opened, aggregate.ended
        owed = aggregate.commitment or cls.replayed(aggregate.id, events[:-1]).commitment
        assert opened is not None
        assert owed is not None
        return cls.filled(
            aggregate,
            events,
            what=owed.what,
            decision_id=opened.decision_id,
            answer_id=opened.answer_id,
            made_at=opened.made_at,
            due_at=owed.deadlines.due_at,
            deadlines=owed.deadlines,
            arming=owed.generation,
            reminded=owed.reminded,
            missed=owed.missed,
            escalated=owed.escalated,
            outcome=str(ended.outcome) if ended else OPEN,
            done_at=ended.done_at if ended else None,
            ended_at=events[-1].occurred_at if ended else None,
            note=ended.note if ended else "",
        )


SECTIONS = (Section("action_items", 100, ("id",), ("outcome",)),)
