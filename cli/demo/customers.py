"""cli: the demonstration's customer — entered a second time and merged, in a segment, promised a revisit, asked how it was, and what a low
answer leads to.

Once: a later run finds it as the first one left it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING
from uuid import UUID

from cli.demo.day import SEGMENTS, segments
from cli.engine.common import context, settings
from cli.engine.event_output import EventOutput
from cli.watch import caught_up

if TYPE_CHECKING:
    from domain.engine.command import Command
    from domain.engine.command_handler import CommandHandler
    from domain.survey.survey import Survey
    from projections.people.directory import Listed
    from projections.survey.answers import InvitationSeen
    from runtime.ledger import Ledger

USER, WHY = "demo", "the demonstration"
LEGAL_FORM = "Co., Ltd."
NAME, MAIL = "Zhao Min", "zhao.min@example.com"
SURVEY, SCORE, REASON = "after-a-case", "2", "two visits for one valve"
REVISIT_IN = timedelta(days=30)
PATIENCE, A_MOMENT = 30.0, 0.1
SHOWN = 5


async def show_customers(opened: Ledger, handler: CommandHandler, output: EventOutput) -> None:
    from projections.people import directory

    known = next(iter((await directory.listing(opened.pool, "customer", limit=1)).items), None)
    if known is None or await opened.stream(_id("customer"), limit=1):
        output.event(
            "customers-before", "\nthe customer of an earlier run is as it was left" if known else ""
        )
        return
    output.note("\na customer that is entered a second time, and what becomes of it:")
    await _twice(opened, handler, known, output)
    await _segment(opened, handler, output)
    await _revisit(opened, handler, known.id, output)
    await _asked(opened, handler, known, output)


def _id(what: str) -> UUID:
    from domain.engine.values import named_id

    return named_id("demo customer", what)


async def _run(handler: CommandHandler, *commands: Command) -> None:
    for command in commands:
        await handler.execute(command, context(USER, WHY))


async def _owner(opened: Ledger) -> UUID:
    from projections.people import rep_load

    return (await rep_load.reps(opened.pool, datetime.now(UTC), active=True))[0].rep_id


async def _settled(told: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                if await told():
                    return True
                await asyncio.sleep(A_MOMENT)
    except TimeoutError:
        return False


# --- entered a second time -------------------------------------------------------------------------------------------


async def _twice(opened: Ledger, handler: CommandHandler, known: Listed, output: EventOutput) -> None:
    from cli.views.duplicates import show_likely
    from domain.customer.commands import AddContact, RegisterCustomer
    from domain.customer.facts import Profile
    from domain.customer.likely import Likely
    from domain.customer.merge import MergeCustomers
    from projections.customer.likely import likely
    from projections.customer.matching.traits import traits_of_profile

    profile = Profile(name=f"{known.name} {LEGAL_FORM}".upper())
    found = await likely(opened.pool, traits_of_profile(profile))
    told = [
        Likely(customer_id=one.customer_id, name=one.name, score=one.score, evidence=one.evidence)
        for one in found
    ]
    await _run(
        handler,
        RegisterCustomer(customer_id=_id("customer"), profile=profile, likely=tuple(told)),
        AddContact(customer_id=_id("customer"), contact_id=_id("contact"), name=NAME, mail=MAIL),
    )
    output.note(
        f"{profile.name} is entered; whom it may be already is told at once (salesloop customer register):"
    )
    output.view(
        "duplicate",
        lambda: show_likely([one.told() for one in told[:SHOWN]]),
        entered=profile.name,
        likely=[one.told() for one in told],
    )
    await _run(handler, MergeCustomers(customer_id=known.id, gone_id=_id("customer")))
    output.event(
        "merged",
        f"merged: {known.name} has the contact {NAME} now, and either name finds it (salesloop customer merge)",
        customer_id=str(known.id),
        gone_id=str(_id("customer")),
    )


# --- in a segment ----------------------------------------------------------------------------------------------------


async def _segment(opened: Ledger, handler: CommandHandler, output: EventOutput) -> None:
    from cli.views.segments import show_members
    from projections.segment.reading import WAITS_FOR, counts, members
    from runtime.segments.checks import SegmentChecks

    (name, rule, *_), *_ = SEGMENTS
    await _run(handler, *segments())
    head, checks = await opened.head(), SegmentChecks(opened.pool)

    async def looked() -> bool:
        return await checks.position() >= head and not await checks.late(datetime.now(UTC))

    await _settled(looked)
    await caught_up(opened, output, WAITS_FOR)
    inside = (await counts(opened.pool)).get(name, 0)
    page = await members(opened.pool, name, datetime.now(UTC), limit=SHOWN)
    output.note(
        f"\nthe segment {name}, {rule}: {inside:,} customers have entered (salesloop segment members {name})"
    )
    output.view(
        "segment", lambda: show_members(page.items, None), segment=name, members=inside, items=page.items
    )


# --- a revisit -------------------------------------------------------------------------------------------------------


async def _revisit(opened: Ledger, handler: CommandHandler, customer_id: UUID, output: EventOutput) -> None:
    from domain.revisit.commands import PromiseRevisit

    due_at = datetime.now(UTC) + REVISIT_IN
    await _run(handler, PromiseRevisit(customer_id=customer_id, owner_id=await _owner(opened), due_at=due_at))
    output.event(
        "revisit",
        f"a revisit is promised for {due_at:%Y-%m-%d}, reminded and escalated as a deal's promise is (salesloop revisit due)",
        customer_id=str(customer_id),
        due_at=due_at.isoformat(),
    )


# --- asked how it was ------------------------------------------------------------------------------------------------


def _survey() -> Survey:
    from domain.survey.survey import Counts, QuestionKind, SendingRule, Survey, SurveyEvent, SurveyQuestion

    return Survey(
        name=SURVEY,
        en="How did we help you?",
        zh="我们的服务如何？",
        questions=(
            SurveyQuestion(
                key="score",
                kind=QuestionKind.FIVE,
                counts=Counts.CSAT,
                needed=True,
                en="How satisfied are you?",
                zh="您满意吗？",
            ),
            SurveyQuestion(key="why", kind=QuestionKind.TEXT, en="Why?", zh="为什么？"),
        ),
        rules=(SendingRule(on=SurveyEvent.SOLVED),),
    )


async def _asked(opened: Ledger, handler: CommandHandler, known: Listed, output: EventOutput) -> None:
    from domain.survey.commands import PublishSurvey

    owner_id = await _owner(opened)
    await _run(handler, PublishSurvey(survey=_survey()), *_helped(known.id, owner_id))
    invitation = await _sent(opened, known.id)
    if invitation is None:
        output.event("survey-unsent", "\nno survey was sent in time; the worker's log says why")
        return
    mail = await asyncio.to_thread(_mail)
    output.note("\nthe case was solved, so the customer is asked how it was, by a link that counts once:")
    output.event(
        "survey",
        "\n".join(f"    {line}".rstrip() for line in mail) if mail else "the mail went to the mail server",
        invitation_id=str(invitation.invitation_id),
        mail=mail,
    )
    await _answered(opened, handler, invitation.invitation_id, output)


def _helped(customer_id: UUID, owner_id: UUID) -> Iterator[Command]:
    from domain.case.commands import OpenCase, SolveCase
    from domain.case.policy import Severity

    yield OpenCase(
        case_id=_id("case"),
        title="the valve leaks",
        customer_id=customer_id,
        severity=Severity.NORMAL,
        owner_id=owner_id,
        category="defect",
    )
    yield SolveCase(case_id=_id("case"), solution="a new valve, at the second visit")


async def _sent(opened: Ledger, customer_id: UUID) -> InvitationSeen | None:
    from domain.survey.invitation import InvitationStatus
    from projections.survey.answers import SurveyInvitations

    found: list[InvitationSeen] = []

    async def is_sent() -> bool:
        sent = await SurveyInvitations.listing(
            opened.pool, limit=1, survey=SURVEY, customer_id=customer_id, status=InvitationStatus.SENT
        )
        found[:] = sent.items
        return bool(found)

    return found[0] if await _settled(is_sent) else None


def _mail() -> list[str]:
    """The newest one of a survey, as lines; none where a mail server takes them."""
    if settings().outgoing.smtp:
        return []
    for file in sorted((settings().data_dir / "mail").glob("*.eml"), reverse=True):
        found = message_from_bytes(file.read_bytes(), policy=default)
        body = found.get_body(("plain",))
        if found["X-Salesloop-Notice"] == "survey" and body is not None:
            return [f"{found['To']}: {found['Subject']}", "", *str(body.get_content()).splitlines()]
    return []


async def _answered(
    opened: Ledger, handler: CommandHandler, invitation_id: UUID, output: EventOutput
) -> None:
    from cli.engine.common import moment
    from cli.engine.names import names
    from cli.views.surveys import show_before
    from domain.survey.answer import SurveyAnswer
    from domain.survey.commands import AnswerSurvey, Reply
    from projections.action_item import ActionItems
    from projections.survey.answers import SurveyAnswers
    from projections.survey.before import before

    id = SurveyAnswer.to(invitation_id)
    replies = (Reply(question="score", answer=SCORE), Reply(question="why", answer=REASON))
    await _run(handler, AnswerSurvey(answer_id=id, invitation_id=invitation_id, replies=replies))
    await caught_up(opened, output)
    answer = await SurveyAnswers.get(opened.pool, id)
    item = await ActionItems.get(opened.pool, answer.item_id) if answer and answer.item_id else None
    if answer is None or item is None:
        return
    owner = (await names(opened.pool, [item.owner_id])).get(item.owner_id, str(item.owner_id))
    came = await before(opened.pool, answer, 90, None)
    output.event(
        "low-answer",
        f"\nthe answer is {SCORE} of 5, “{REASON}”: {owner} has an action item, due {moment(item.due_at, None)} (salesloop action list)",
        answer=answer,
        item=item,
    )
    title = "what came before it (salesloop survey before)"
    output.view("before-answer", lambda: show_before(came, None, title), items=came)
