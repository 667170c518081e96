"""Workflows room: what activities work with, and what they ask the read models. The answers may lag: what comes from there is a proposal, the command handler
decides.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.allocation.least_loaded import Loads
from domain.figures.reads import FigureReader, SurveySender, TouchReader
from domain.people.owed import Owed
from domain.revisit.needs import QuietCustomer
from workflows.engine.activity_context import ActivityContext
from workflows.engine.ports import ModelReader
from workflows.notification.activities import Sender
from workflows.segment.activities import SegmentEvaluator
from workflows.survey.reactions import Published


class LoadReader(ModelReader, Protocol):
    """Of people and deals."""

    async def team_loads(self, team_id: UUID) -> Loads:
        """Of the reps who are in the team and active."""
        ...

    async def open_deals(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """In the order of their ids, those above `after`; so are the following ones."""
        ...

    async def open_deals_of(self, rep_id: UUID, after: UUID | None, limit: int) -> Sequence[UUID]: ...

    async def open_deals_following(self, policy: str, after: UUID | None, limit: int) -> Sequence[UUID]: ...

    async def deals_without_promise(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Open deals without a live promise; there should be none."""
        ...

    async def untold(self, due_before: datetime, limit: int) -> Sequence[UUID]:
        """Open deals whose promise was due before then and that nobody was told is missed."""
        ...

    async def quiet_customers(self, after: UUID | None, limit: int) -> Sequence[QuietCustomer]:
        """In the order of their ids, those above `after`: who has, or had, a deal, or is promised a revisit."""
        ...

    async def owed_by(self, person_id: UUID) -> Owed: ...

    async def gone_with_deals(self) -> Sequence[UUID]:
        """Reps who left and still own open deals or action items, and those whose open deals are another team's than theirs."""
        ...


class Notices(Sender, Protocol):
    """What people are told, as the database keeps it."""

    async def waiting(self, due_by: datetime) -> Sequence[UUID]:
        """The accounts that something is open for that is due by then."""
        ...


class Happened(Published, Protocol):
    """What surveys are sent on, as the database has it."""

    async def position_at(self, at: datetime) -> int:
        """The last position that was recorded by then."""
        ...

    async def recorded(self, ids: Collection[UUID]) -> set[UUID]:
        """Of these those that something is recorded of."""
        ...


@dataclass(frozen=True)
class RoomContext(ActivityContext):
    """What the activities of every part of this room work with."""

    loads: LoadReader
    figures: FigureReader
    notices: Notices
    segments: SegmentEvaluator
    surveys: SurveySender
    touches: TouchReader
    happened: Happened
