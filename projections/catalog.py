"""Projections room: every read model there is, and the statements that install them."""

from __future__ import annotations

import domain.registry  # noqa: F401 - every fact is known before the first is folded
from projections.action_item import ActionItems
from projections.adjustment import Adjustments
from projections.cycle.board import CycleBoard
from projections.deal.agenda import Agenda
from projections.deal.board import DealBoard
from projections.deal.funnel import Funnel
from projections.deal.history import DealHistory
from projections.engine.positions import DDL, install
from projections.engine.projection import Projection
from projections.figures.contributions import Contributions
from projections.lead import Leads
from projections.meeting import Meetings, MeetingSchedules
from projections.people.directory import Directory
from projections.people.rep_load import RepLoad
from projections.policy.rules import Rules
from projections.scorecard import Scorecards
from projections.target.tree import TargetTree

ALL: tuple[type[Projection], ...] = (
    Directory,
    Rules,
    DealBoard,
    DealHistory,
    Agenda,
    Funnel,
    RepLoad,
    Contributions,
    Leads,
    TargetTree,
    CycleBoard,
    Scorecards,
    ActionItems,
    Adjustments,
    MeetingSchedules,
    Meetings,
)
BY_NAME = {projection.name: projection for projection in ALL}


def statements() -> list[str]:
    """DDL to hand to `runtime.schema.migrate`, as the application's role; running it again changes nothing."""
    return [DDL, *(install(projection) for projection in ALL)]
