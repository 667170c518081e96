"""Workflows room: what follows from a fact for surveys — for the follower that hears of it, and for the sweep, which finds what it has missed.

The id of an invitation follows from what it is sent on, so whoever is asked for it again says nothing new.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol, TypeVar
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

NAME = "surveys"
"""Of the follower's position, and who says what follows."""
ASKED_ON = [fact.TOPIC for fact in (SurveyPublished, DealWon, StageMoved, CaseSolved)]
TOPICS = [*ASKED_ON, ActionItemEnded.TOPIC, ActivityLogged.TOPIC]
A = TypeVar("A", bound=Aggregate)

log = logging.getLogger(__name__)


class Published(Protocol):
    async def published(self, position: int) -> dict[UUID, Survey] | None:
        """Every survey as it was published up to that position; None while that is not known yet."""
        ...


class SurveysUnknown(Exception):
    """The read models have not come to where the surveys are asked for."""


class Sent(NamedTuple):
    """A survey, and what it is sent on."""

    survey: Survey
    on: SurveyEvent


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
            case SurveyPublished():
                self.learn(recorded)
            case ActionItemEnded():
                await self._close_loop(recorded)
            case ActivityLogged() if recorded.meta.channel is not Channel.IMPORT:
                await self._watch(recorded)
            case _:
                await self.invite(recorded, self.wanted(recorded))

    def learn(self, recorded: Recorded) -> None:
        if isinstance(recorded.fact, SurveyPublished):
            self.surveys[recorded.originator_id] = recorded.fact.survey

    def wanted(self, recorded: Recorded) -> dict[UUID, Sent]:
        """The invitations that are sent on what happened, by their ids; on what was imported none."""
        stage = ""
        match recorded.fact:
            case DealWon():
                on = SurveyEvent.WON
            case StageMoved(after=stage):
                on = SurveyEvent.STAGE
            case CaseSolved():
                on = SurveyEvent.SOLVED
            case _:
                return {}
        if recorded.meta.channel is Channel.IMPORT:
            return {}
        sent = (survey for survey in self.surveys.values() if survey.sent_on(on, stage))
        return {_id(survey, recorded): Sent(survey, on) for survey in sent}

    async def invite(self, recorded: Recorded, wanted: Mapping[UUID, Sent]) -> int:
        """How many of them are news."""
        about = await self._about(recorded) if wanted else None
        if about is None:
            return 0
        commands = (
            InviteToSurvey(invitation_id=id, survey=sent.survey.name, on=sent.on, **about)
            for id, sent in wanted.items()
        )
        return sum([await self._give(command, recorded) for command in commands])

    async def _about(self, recorded: Recorded) -> dict[str, Any] | None:
        """Whom it is asked, and for whom; None for the deal of nobody."""
        if isinstance(recorded.fact, CaseSolved):
            case = await self._load(Case, recorded.originator_id)
            of_case = {"deal_id": case.deal_id, "case_id": case.id}
            return {"customer_id": case.customer_id, "owner_id": case.owner_id, **of_case}
        deal = await self._load(Deal, recorded.originator_id)
        if deal.customer_id is None:
            return None
        return {"customer_id": deal.customer_id, "owner_id": deal.owner_id, "deal_id": deal.id}

    async def _close_loop(self, recorded: Recorded) -> None:
        item = await self._load(ActionItem, recorded.originator_id)
        if item.opened is not None and item.opened.answer_id is not None:
            await self._give(CloseLoop(answer_id=item.opened.answer_id), recorded)

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

    async def _give(self, command: Command, cause: Recorded) -> bool:
        """Whether it was news. A refusal is an answer; what may go later is tried again from this position."""
        context = Context(
            now=datetime.now(UTC),
            actor=Actor("service", NAME),
            channel=Channel.WORKFLOW,
            correlation_id=cause.meta.correlation_id,
            caused_by=cause.position,
        )
        try:
            receipt = await self.handler.execute(command, context)
        except DomainError as refusal:
            if refusal.retryable:
                raise
            log.info("surveys: refused: %s", refusal.code)
            return False
        return receipt.recorded > 0

    async def _load(self, kind: type[A], id: UUID) -> A:
        found = (await self.handler.store.load({id: kind}))[id]
        assert isinstance(found, kind)
        return found


def _id(survey: Survey, recorded: Recorded) -> UUID:
    """Once for what happened."""
    name = f"survey-invitation:{survey.name}:{recorded.originator_id}:{recorded.originator_version}"
    return id_within(NAMESPACE, name)
