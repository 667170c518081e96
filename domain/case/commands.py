"""Domain room: what may be asked of a service case."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from domain.case.case import Case
from domain.case.policy import Clock, ServicePolicies, ServicePolicy, Severity
from domain.engine.command import Command
from domain.engine.fields import FLAT, Code, LongText, NeededText, What
from domain.engine.references import CustomerId, DealId, PersonId, ProductId, Refers
from domain.engine.versions import Publish

CaseId = Annotated[UUID, Refers("case", "seen")]


class PublishServicePolicy(Publish, of=ServicePolicies):
    """Open cases keep theirs until they are reopened."""

    policy: Annotated[ServicePolicy, FLAT]


class CaseCommand(Command, about=Case):
    case_id: UUID


class OpenCase(CaseCommand):
    """The clocks run from when the customer came (the context's `occurred_at`, where it is entered later). The same id again is
    silence.
    """

    title: What
    customer_id: CustomerId
    severity: Severity
    owner_id: PersonId
    category: Code = "question"
    deal_id: DealId | None = None
    product_id: ProductId | None = None
    policy: Code = "default"
    follows: CaseId | None = None


class AnswerCase(CaseCommand):
    note: LongText = ""


class WaitForCustomer(CaseCommand):
    what: NeededText


class ResumeCase(CaseCommand):
    """The customer has done what was waited for."""


class ChangeSeverity(CaseCommand):
    severity: Severity


class LinkCase(CaseCommand):
    """Say which deal of the customer it is about."""

    deal_id: DealId


class UnlinkCase(CaseCommand):
    """It is about no deal any more, and blocks none."""


class HandOverCase(CaseCommand):
    to: PersonId


class SolveCase(CaseCommand):
    """The customer has the solution, and is asked how it went."""

    solution: NeededText


class ReopenCase(CaseCommand):
    why: NeededText


class CaseTimer(CaseCommand):
    """A timer speaks. It names the arming it was set for; too late is silence."""

    arming: int


class MissClock(CaseTimer):
    clock: Clock


class CloseUnanswered(CaseTimer):
    pass
