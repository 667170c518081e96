"""Projections room: action items — what came out of reviews, who owes it until when, and how it ended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from domain.action_item.action_item import ActionItem, ActionItemOpened
from domain.engine.facts import FreeText
from domain.policy.follow_up import Deadlines
from projections.engine.paging import MOMENT, Page, SortKey, Source
from projections.engine.stream_view import Body, Story, Told, topics_of
from projections.engine.tables import Table

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


class ItemRow(msgspec.Struct, gc=False):
    item_id: UUID
    owner_id: UUID
    manager_id: UUID | None
    team_id: UUID | None
    cycle_id: UUID | None
    due_at: datetime
    outcome: str
    body: Body


ITEMS = Table(
    "action_items",
    ItemRow,
    key=("item_id",),
    indexes={
        "due": "(due_at, item_id)",
        "owner": "(owner_id, due_at, item_id)",
        "team": "(team_id, due_at, item_id)",
        "cycle": "(cycle_id) WHERE cycle_id IS NOT NULL",
    },
)
SORTS = {"due_at": SortKey("due_at", MOMENT, nullable=False, id="item_id")}


class ActionItems(Told[ItemSeen]):
    name = "action_items"
    tables = (ITEMS,)
    table = ITEMS
    topics = topics_of("action-item.")
    told = ItemSeen
    sorts = SORTS

    @classmethod
    def tell(cls, id: UUID, story: Story) -> ItemSeen:
        item, opened = ActionItem(id), story[0].fact
        assert isinstance(opened, ActionItemOpened)
        promise = None
        for recorded in story:
            item.replay(recorded.fact, recorded.originator_version)
            promise = item.promise or promise
        assert promise is not None
        ended = item.ended
        return ItemSeen(
            item_id=id,
            what=promise.what,
            owner_id=item.owner_id,
            manager_id=item.manager_id,
            team_id=item.team_id,
            cycle_id=item.cycle_id,
            decision_id=opened.decision_id,
            made_at=opened.made_at,
            due_at=promise.deadlines.due_at,
            deadlines=promise.deadlines,
            policy=item.policy,
            policy_version=promise.policy_version,
            arming=promise.arming,
            reminded=promise.reminded,
            missed=promise.missed,
            escalated=promise.escalated,
            outcome=str(ended.outcome) if ended else OPEN,
            done_at=ended.done_at if ended else None,
            ended_at=story[-1].occurred_at if ended else None,
            note=ended.note if ended else "",
            position=story[-1].position,
            version=item.version,
        )


# -- queries --------------------------------------------------------------------------------------


class ItemFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None: not narrowed down by this. `outcome` is open, kept, late, broken or excused."""

    owner_id: UUID | None = None
    manager_id: UUID | None = None
    team_id: UUID | None = None
    cycle_id: UUID | None = None
    outcome: str | None = None
    due_before: datetime | None = None


OPEN_ONLY = ItemFilter(outcome=OPEN)


get = ActionItems.get


async def listing(
    source: Source,
    narrowed: ItemFilter = OPEN_ONLY,
    sort: str = "due_at",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ItemSeen]:
    """A page of action items, the open ones unless asked otherwise; by due time, so what is overdue comes first.
    Raises Invalid for an unknown sort, a foreign cursor, or a limit outside 1 to 500.
    """
    select = ActionItems.narrowed(narrowed)
    select.where("due_at < %(due_before)s", due_before=narrowed.due_before)
    return await ActionItems.page(source, select, sort, cursor, limit)
