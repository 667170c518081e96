"""Domain room: a customer of whom nothing was heard for as many days as a survey waits.

A watch begins with a touch, is the customer's that the record of the deal stands for then, and holds one timer. Later touches do not move it:
when its time has come it is looked when the customer was heard of last, and it goes on from there, or they are asked. So there is a timer
for each customer and no look at all of them. Where records are merged, the one that goes may have a watch of its own still: it asks for the
survivor, unless that has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from domain.customer.customer import customer_of
from domain.engine.aggregate import Aggregate, when
from domain.engine.command import Command, answers, attributes, decide, decides, handles
from domain.engine.deadlines import DeadlineRules, Near
from domain.engine.facts import Fact, fact
from domain.engine.fields import Code
from domain.engine.references import CustomerId, DealId, PersonId
from domain.engine.unit_of_work import Json, UnitOfWork
from domain.engine.values import NAMESPACE, id_within
from domain.survey.commands import InviteToSurvey
from domain.survey.survey import SurveyEvent, Surveys, survey_in_force
from domain.time.commitment import DueStep

if TYPE_CHECKING:
    from domain.figures.reads import Reads

ASK = "ask"
ASKED, NOT_WANTED = "asked", "not-wanted"
DAY = timedelta(days=1)


@fact("silence-watch.set")
class SilenceWatchSet(Fact):
    """The customer was heard of at `since`; `due_at` is when that will be too long ago. `arming` counts its settings."""

    survey: str
    customer_id: UUID
    since: datetime
    due_at: datetime
    arming: int


@fact("silence-watch.ended")
class SilenceWatchEnded(Fact):
    """`reason`: asked; or not-wanted, by the survey any more or since the customer has another watch. The next touch begins another."""

    reason: str


class SilenceWatch(Aggregate):
    KIND: ClassVar[str] = "silence watch"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.survey = ""
        self.customer_id: UUID = id
        self.running = False
        self.since: datetime | None = None
        self.due_at: datetime | None = None
        self.arming = 0

    @classmethod
    def stream_of(cls, survey: str, customer_id: UUID) -> UUID:
        return id_within(NAMESPACE, f"silence-watch:{survey}:{customer_id}")

    def set(self, survey: str, customer_id: UUID, since: datetime, days: int) -> None:
        due_at, arming = since + days * DAY, self.arming + 1
        self.record(
            SilenceWatchSet(survey=survey, customer_id=customer_id, since=since, due_at=due_at, arming=arming)
        )

    @when(SilenceWatchSet)
    def _set(self, fact: SilenceWatchSet) -> None:
        self.adopt(fact)
        self.running = True

    @when(SilenceWatchEnded)
    def _ended(self, fact: SilenceWatchEnded) -> None:
        self.running = False


class SilenceCommand(Command, about=SilenceWatch):
    watch_id: UUID


class WatchSilence(Command):
    """The customer was touched. A watch that runs goes on as it is."""

    survey: Code
    customer_id: CustomerId
    since: datetime

    def stream(self) -> tuple[type[SilenceWatch], UUID]:
        return SilenceWatch, SilenceWatch.stream_of(self.survey, self.customer_id)


class MoveSilenceWatch(SilenceCommand):
    """They were heard of later than the watch knew. It names the arming that it was looked at for; too late is silence."""

    since: datetime
    arming: int


class AskSilentCustomer(SilenceCommand):
    """Nothing was heard for too long: they are asked, for who owns the deal that they were touched in last."""

    deal_id: DealId
    owner_id: PersonId
    arming: int


class EndSilenceWatch(SilenceCommand):
    """The survey asks nobody for their silence any more."""


answers(SilenceWatch)(attributes("watch_id", "running", "due_at"))


@handles(WatchSilence)
def watch_silence(command: WatchSilence, work: UnitOfWork) -> Json:
    watch = work.find(*command.stream())
    days = survey_in_force(command.survey, work).silent_days
    if days is not None and not watch.running:
        watch.set(command.survey, command.customer_id, command.since, days)
    return {"watch_id": str(watch.id), "running": watch.running}


@decides(MoveSilenceWatch)
def move_silence_watch(watch: SilenceWatch, command: MoveSilenceWatch, work: UnitOfWork) -> None:
    days = survey_in_force(watch.survey, work).silent_days
    if watch.running and watch.arming == command.arming and days is not None:
        watch.set(watch.survey, watch.customer_id, command.since, days)


@decides(AskSilentCustomer)
def ask_silent_customer(watch: SilenceWatch, command: AskSilentCustomer, work: UnitOfWork) -> None:
    if not watch.running or watch.arming != command.arming:
        return
    customer_id = customer_of(watch.customer_id, work).id
    theirs = work.look(SilenceWatch, SilenceWatch.stream_of(watch.survey, customer_id))
    if theirs.running and theirs.id != watch.id:
        watch.record(SilenceWatchEnded(reason=NOT_WANTED))
        return
    watch.record(SilenceWatchEnded(reason=ASKED))
    invite = InviteToSurvey(
        invitation_id=id_within(NAMESPACE, f"survey-invitation:{watch.id}:{watch.arming}"),
        survey=watch.survey,
        customer_id=customer_id,
        owner_id=command.owner_id,
        deal_id=command.deal_id,
        on=SurveyEvent.SILENT,
    )
    decide(invite, work)


@decides(EndSilenceWatch)
def end_silence_watch(watch: SilenceWatch, _command: EndSilenceWatch, _work: UnitOfWork) -> None:
    if watch.running:
        watch.record(SilenceWatchEnded(reason=NOT_WANTED))


def steps(watch: SilenceWatch, _near: Near) -> Iterator[DueStep]:
    if watch.running and watch.due_at is not None:
        yield DueStep(ASK, watch.due_at, f"{watch.id}:{watch.arming}:{ASK}", watch.arming)


async def ask(watch: SilenceWatch, due: DueStep, now: datetime, reads: Reads) -> Command:
    """By what the survey says now, and by when the customer was heard of last."""
    published = await reads.load(Surveys, Surveys.stream_of(watch.survey))
    days = published.current.silent_days
    touched = await reads.touches.last(watch.customer_id)
    if days is None or touched is None:
        return EndSilenceWatch(watch_id=watch.id)
    if touched.at + days * DAY > now:
        return MoveSilenceWatch(watch_id=watch.id, since=touched.at, arming=due.arming)
    return AskSilentCustomer(
        watch_id=watch.id, deal_id=touched.deal_id, owner_id=touched.owner_id, arming=due.arming
    )


DEADLINES = (
    DeadlineRules(
        "silence-watch",
        SilenceWatch,
        goes_on=lambda watch: watch.running,
        steps=steps,
        computed={ASK: ask},
        ends=(SilenceWatchEnded,),
    ),
)
