"""Workflows room: the follower that sends surveys on what happens, and notes with an answer that what it led to has ended.

It reads the ledger in order and gives commands; each says the same however often it is given, so a position that was not kept is no
harm. What happened before a survey was published is nothing to it, and what was imported is history: nobody is asked about either.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from domain.action_item.action_item import ActionItem, ActionItemEnded
from domain.case.case import Case
from domain.case.facts import CaseSolved
from domain.deal.deal import Deal
from domain.deal.facts import ActivityLogged, DealWon, StageMoved
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.engine.errors import DomainError
from domain.engine.recorded import Recorded
from domain.engine.values import NAMESPACE, id_within
from domain.survey.commands import CloseLoop, InviteToSurvey
from domain.survey.silence import WatchSilence
from domain.survey.survey import Survey, SurveyEvent, SurveyPublished
from workflows.engine.follower import Positions, Reacting

LOCK = 7_205_034
NAME = "surveys"
WINDOW = 1_000
TOPICS = [
    fact.TOPIC for fact in (SurveyPublished, DealWon, StageMoved, CaseSolved, ActionItemEnded, ActivityLogged)
]
A = TypeVar("A", bound=Aggregate)

log = logging.getLogger(__name__)


class Published(Protocol):
    async def published(self, position: int) -> dict[UUID, Survey] | None:
        """Every survey as it was published up to that position; None while that is not known yet."""
        ...


class SurveysUnknown(Exception):
    """The read models have not come to where the follower is."""


@dataclass
class SurveyReactions:
    """What follows from a fact."""

    handler: CommandHandler
    known: Published
    surveys: dict[UUID, Survey] = field(default_factory=dict)

    async def begin(self, position: int) -> None:
        """Learn the surveys that were published before. Raises SurveysUnknown."""
        known = await self.known.published(position)
        if known is None:
            raise SurveysUnknown(f"the read models are not at position {position} yet")
        self.surveys = known

    async def react(self, recorded: Recorded) -> None:
        match recorded.fact:
            case SurveyPublished(survey=survey):
                self.surveys[recorded.originator_id] = survey
            case ActionItemEnded():
                await self._close_loop(recorded)
            case _ if recorded.meta.channel is Channel.IMPORT:
                return
            case ActivityLogged():
                await self._watch(recorded)
            case DealWon():
                await self._about_deal(recorded, SurveyEvent.WON)
            case StageMoved(after=stage):
                await self._about_deal(recorded, SurveyEvent.STAGE, stage)
            case CaseSolved():
                await self._about_case(recorded)

    async def _close_loop(self, recorded: Recorded) -> None:
        item = await self._load(ActionItem, recorded.originator_id)
        if item.opened is not None and item.opened.answer_id is not None:
            await self._give(CloseLoop(answer_id=item.opened.answer_id), recorded)

    async def _about_deal(self, recorded: Recorded, on: SurveyEvent, stage: str = "") -> None:
        wanted = self._sent_on(on, stage)
        deal = await self._load(Deal, recorded.originator_id) if wanted else None
        if deal is not None and deal.customer_id is not None:
            for survey in wanted:
                await self._invite(
                    survey,
                    recorded,
                    on,
                    customer_id=deal.customer_id,
                    owner_id=deal.owner_id,
                    deal_id=deal.id,
                )

    async def _about_case(self, recorded: Recorded) -> None:
        wanted = self._sent_on(SurveyEvent.SOLVED)
        case = await self._load(Case, recorded.originator_id) if wanted else None
        if case is not None:
            for survey in wanted:
                await self._invite(
                    survey,
                    recorded,
                    SurveyEvent.SOLVED,
                    customer_id=case.customer_id,
                    owner_id=case.owner_id,
                    deal_id=case.deal_id,
                    case_id=case.id,
                )

    async def _watch(self, recorded: Recorded) -> None:
        """Their silence is counted from now on, where a survey waits for it."""
        wanted = [survey for survey in self.surveys.values() if survey.silent_days is not None]
        deal = await self._load(Deal, recorded.originator_id) if wanted else None
        if deal is not None and deal.customer_id is not None:
            for survey in wanted:
                watch = WatchSilence(
                    survey=survey.name, customer_id=deal.customer_id, since=recorded.occurred_at
                )
                await self._give(watch, recorded)

    def _sent_on(self, on: SurveyEvent, stage: str = "") -> list[Survey]:
        return [survey for survey in self.surveys.values() if survey.sent_on(on, stage)]

    async def _invite(self, survey: Survey, recorded: Recorded, on: SurveyEvent, **about: Any) -> None:
        """Once for what happened: the id follows from it."""
        name = f"survey-invitation:{survey.name}:{recorded.originator_id}:{recorded.originator_version}"
        invite = InviteToSurvey(invitation_id=id_within(NAMESPACE, name), survey=survey.name, on=on, **about)
        await self._give(invite, recorded)

    async def _give(self, command: Command, cause: Recorded) -> None:
        """A refusal is an answer; what may go later is tried again from this position."""
        context = Context(
            now=datetime.now(UTC),
            actor=Actor("service", NAME),
            channel=Channel.WORKFLOW,
            correlation_id=cause.meta.correlation_id,
            caused_by=cause.position,
        )
        try:
            await self.handler.execute(command, context)
        except DomainError as refusal:
            if refusal.retryable:
                raise
            log.info("surveys: refused: %s", refusal.code)

    async def _load(self, kind: type[A], id: UUID) -> A:
        found = (await self.handler.store.load({id: kind}))[id]
        assert isinstance(found, kind)
        return found


class SurveyFollower(Reacting):
    def __init__(self, url: str, store: Positions, reactions: SurveyReactions, window: int = WINDOW) -> None:
        super().__init__(url, LOCK, NAME, store, TOPICS, window)
        self._reactions = reactions

    async def begin(self) -> int:
        position = await super().begin()
        await self._reactions.begin(position)
        return position

    async def react(self, facts: Sequence[Recorded]) -> None:
        for recorded in facts:
            await self._reactions.react(recorded)
