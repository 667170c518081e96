"""Projections room: surveys as they are published, whom they were sent to, and what was answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from domain.engine.values import PromiseOutcome
from domain.survey.answer import SurveyAnswer
from domain.survey.facts import GivenReply
from domain.survey.invitation import InvitationStatus, SurveyInvitation
from domain.survey.silence import SilenceWatch
from domain.survey.survey import Survey, SurveyEvent, Surveys
from projections.cycle.sections import Section
from projections.engine.stream_view import Events, Filter, StreamView

NO_LOOP, OPEN_LOOP, CLOSED_LOOP = "none", "open", "closed"


class SurveySeen(msgspec.Struct, kw_only=True):
    """The newest version of a survey."""

    survey_id: UUID
    name: str
    active: bool
    survey: Survey
    position: int
    version: int


class PublishedSurveys(StreamView[Surveys, SurveySeen]):
    name = "surveys"
    columns = ("survey_id", "name", "active")
    indexes = {"name": "(name)"}
    order = ("name",)

    @classmethod
    def show(cls, surveys: Surveys, events: Events) -> SurveySeen:
        newest = surveys.current
        return cls.filled(surveys, events, name=newest.name, active=newest.active, survey=newest)


class InvitationSeen(msgspec.Struct, kw_only=True):
    """`reason` says why it is withheld. `sent_at` None: it is not sent (yet)."""

    invitation_id: UUID
    survey: str
    survey_version: int
    trigger: SurveyEvent
    status: InvitationStatus
    customer_id: UUID
    contact_id: UUID | None
    deal_id: UUID | None
    case_id: UUID | None
    owner_id: UUID
    team_id: UUID | None
    made_at: datetime
    sent_at: datetime | None
    expires_at: datetime | None
    answer_id: UUID | None
    reason: str
    position: int
    version: int


class SurveyInvitations(StreamView[SurveyInvitation, InvitationSeen]):
    name = "survey_invitations"
    columns = (
        "invitation_id",
        "team_id",
        "owner_id",
        "customer_id",
        "contact_id",
        "survey",
        "status",
        "made_at",
    )
    indexes = {
        "made": "(made_at, invitation_id)",
        "team": "(team_id, made_at, invitation_id)",
        "customer": "(customer_id, made_at)",
        "owner": "(owner_id, made_at, invitation_id)",
        "contact": "(contact_id) WHERE contact_id IS NOT NULL",
        "survey": "(survey, status, made_at, invitation_id)",
        "open": "(invitation_id) WHERE status IN ('waiting', 'sent')",
    }
    order = ("-made_at",)
    open_where = "status IN ('waiting', 'sent')"

    @classmethod
    def show(cls, invitation: SurveyInvitation, events: Events) -> InvitationSeen:
        made = invitation.made
        assert made is not None
        return cls.filled(invitation, events, trigger=made.on, made_at=made.made_at)


class SilenceWatchSeen(msgspec.Struct, kw_only=True):
    """A timer of a customer's silence: it runs until they are asked, or the survey asks nobody for that any more."""

    watch_id: UUID
    survey: str
    customer_id: UUID
    running: bool
    since: datetime | None
    due_at: datetime | None
    position: int
    version: int


class SilenceWatches(StreamView[SilenceWatch, SilenceWatchSeen]):
    name = "silence_watches"
    columns = ("watch_id", "survey", "customer_id", "running", "due_at")
    indexes = {"customer": "(customer_id)", "running": "(watch_id) WHERE running"}
    order = ("due_at",)
    open_where = "running"

    @classmethod
    def show(cls, watch: SilenceWatch, events: Events) -> SilenceWatchSeen:
        return cls.filled(watch, events)


class SurveyAnswerSeen(msgspec.Struct, kw_only=True):
    """`loop` is none where the score is not low, else open, until what it led to has ended. `loop_minutes` of business time that took."""

    answer_id: UUID
    survey: str
    survey_version: int
    customer_id: UUID
    contact_id: UUID | None
    deal_id: UUID | None
    case_id: UUID | None
    product_id: UUID | None
    owner_id: UUID
    team_id: UUID | None
    invitation_id: UUID | None
    came_by: str
    answered_at: datetime
    replies: tuple[GivenReply, ...]
    nps: int | None
    csat: int | None
    low: bool
    loop: str
    item_id: UUID | None
    outcome: PromiseOutcome | None
    loop_minutes: int | None
    position: int
    version: int


class SurveyAnswers(StreamView[SurveyAnswer, SurveyAnswerSeen]):
    name = "survey_answers"
    awaited = True
    columns = (
        *("answer_id", "team_id", "owner_id", "customer_id", "contact_id", "deal_id", "case_id", "survey"),
        *("came_by", "low", "loop", "answered_at"),
    )
    indexes = {
        "answered": "(answered_at, answer_id)",
        "team": "(team_id, answered_at, answer_id)",
        "owner": "(owner_id, answered_at, answer_id)",
        "customer": "(customer_id, answered_at)",
        "deal": "(deal_id) WHERE deal_id IS NOT NULL",
        "case": "(case_id) WHERE case_id IS NOT NULL",
        "contact": "(contact_id) WHERE contact_id IS NOT NULL",
        "survey": "(survey, answered_at, answer_id)",
    }
    order = ("-answered_at",)
    narrowing = {
        "since": Filter(datetime, "answered_at >= %(since)s"),
        "until": Filter(datetime, "answered_at < %(until)s"),
    }
    shown_on = {"deal": "deal_id", "customer": "customer_id"}
    sentences = {
        "survey-answer.given": (
            "the customer answered the survey {survey}[: {nps} of 10][, {csat} of 5]",
            "客户答复了问卷 {survey}[：{nps}/10][，{csat}/5]",
        ),
        "survey-answer.loop-closed": (
            "what the low score led to has ended: {outcome}",
            "低分引出的改进措施已结束：{outcome}",
        ),
    }  # fmt: skip

    @classmethod
    def show(cls, answer: SurveyAnswer, events: Events) -> SurveyAnswerSeen:
        given, closed = answer.given, answer.closed
        assert given is not None
        of_given = {name: getattr(given, name) for name in cls.view.__struct_fields__ if hasattr(given, name)}
        loop = CLOSED_LOOP if closed else OPEN_LOOP if given.item_id else NO_LOOP
        return cls.filled(
            answer,
            events,
            **of_given,
            loop=loop,
            outcome=closed.outcome if closed else None,
            loop_minutes=closed.minutes if closed else None,
        )


SECTIONS = (Section("low_answers", 105, ("id",), ("owner", "due_at", "outcome")),)
