"""Projections room: every read model there is, and the statements that install them."""

from __future__ import annotations

import domain.registry  # noqa: F401 - every fact is known before the first is folded
from projections.action_items import ActionItems
from projections.adjustments import Adjustments
from projections.agenda import Agenda
from projections.base import Projection
from projections.contributions import Contributions
from projections.cycle_board import CycleBoard
from projections.deal_board import DealBoard
from projections.deal_history import DealHistory
from projections.directory import Directory
from projections.funnel import Funnel
from projections.leads import Leads
from projections.meetings import Meetings, MeetingSchedules
from projections.positions import DDL, install
from projections.rep_load import RepLoad
from projections.rules import Rules
from projections.scorecards import Scorecards
from projections.target_tree import TargetTree

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
