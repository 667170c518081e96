"""Domain room: a survey, published in versions — its questions in both languages, when it is sent, and what a low score leads to.

A question counts for the net promoter score (0–10: 9 and 10 recommend, 0 to 6 do not; Reichheld 2003) or for customer satisfaction
(1–5: 4 and 5 are satisfied), where it says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Le, Len, MaxLen

from domain.engine.errors import FieldError
from domain.engine.facts import Fact, fact
from domain.engine.fields import Code, Name, OneOf, RuleName, ShortText, Version
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.versions import Versions
from domain.time.duration import Duration

TWO_DAYS = Duration(2, "business_days")
Days = Annotated[int, Ge(0), Le(3_650)]


class QuestionKind(StrEnum):
    TEN = "0-10"
    FIVE = "1-5"
    CHOICE = "choice"
    TEXT = "text"

    @property
    def scores(self) -> range:
        """Those that can be given."""
        return {QuestionKind.TEN: range(11), QuestionKind.FIVE: range(1, 6)}.get(self, range(0))


class Counts(StrEnum):
    NPS = "nps"
    CSAT = "csat"


SCALES = {Counts.NPS: QuestionKind.TEN, Counts.CSAT: QuestionKind.FIVE}


class SurveyEvent(StrEnum):
    """What a survey is sent on; `BY_HAND`: somebody asked for it."""

    WON = "deal-won"
    STAGE = "stage-reached"
    SOLVED = "case-solved"
    SILENT = "silent"
    BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyChoice:
    """One of those that can be chosen."""

    key: RuleName
    en: Name
    zh: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyQuestion:
    """`needed`: without an answer to it nothing is sent."""

    key: RuleName
    kind: QuestionKind
    en: Name
    zh: Name
    counts: Counts | None = None
    choices: Annotated[tuple[SurveyChoice, ...], MaxLen(20)] = ()
    needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingRule:
    """Sent when that happens: a deal reaches a `stage` (delivery, where a process has one), or nothing was heard for so many `days`."""

    on: Annotated[
        SurveyEvent, OneOf((SurveyEvent.WON, SurveyEvent.STAGE, SurveyEvent.SOLVED, SurveyEvent.SILENT))
    ]
    stage: ShortText = ""
    days: Days = 0


@dataclass(frozen=True, kw_only=True)
class Survey:
    """`en` and `zh` are its title. Sent `send_after_days` days after what it is about; it can be answered for `open_days`. Nobody is sent it who
    was sent any survey within `quiet_days`. A score of `low_nps` or `low_csat` or less is low: whoever owns what it is about, or with
    `to_manager` the team's manager, has `act_within` (by the calendar of the follow-up policy) to close the loop.
    """

    name: RuleName
    en: Name
    zh: Name
    questions: Annotated[tuple[SurveyQuestion, ...], Len(1, 20)]
    rules: Annotated[tuple[SendingRule, ...], MaxLen(10)] = ()
    active: bool = True
    send_after_days: Annotated[int, Ge(0), Le(365)] = 0
    open_days: Annotated[int, Ge(1), Le(365)] = 30
    quiet_days: Days = 90
    low_nps: Annotated[int, Ge(0), Le(10)] = 6
    low_csat: Annotated[int, Ge(1), Le(5)] = 2
    act_within: Duration = TWO_DAYS
    policy: Code = "default"
    to_manager: bool = False
    version: Version = 1

    def wrong(self) -> Iterator[FieldError]:
        yield from _repeated("questions", [one.key for one in self.questions])
        counted = [one.counts for one in self.questions if one.counts is not None]
        if len(counted) != len(set(counted)):
            yield FieldError("questions", "one question counts for each figure")
        for n, question in enumerate(self.questions):
            yield from _wrong_question(f"questions[{n}]", question)
        for n, rule in enumerate(self.rules):
            yield from _wrong_rule(f"rules[{n}]", rule)
        if self.name == CASE_FEEDBACK and self.counting(Counts.CSAT) is None:
            yield FieldError("questions", "one must count for csat: service cases are scored by it")
        if not self.act_within.amount:
            yield FieldError("act_within", "what is due at once is never kept; give it some time")

    def counting(self, counts: Counts) -> SurveyQuestion | None:
        return next((one for one in self.questions if one.counts == counts), None)

    def is_low(self, nps: int | None, csat: int | None) -> bool:
        return (nps is not None and nps <= self.low_nps) or (csat is not None and csat <= self.low_csat)

    def sent_on(self, on: SurveyEvent, stage: str = "") -> bool:
        return self.active and any(rule.on == on and rule.stage in ("", stage) for rule in self.rules)

    @property
    def silent_days(self) -> int | None:
        """After so many days without a word it is sent; None: silence is nothing to it."""
        days = [rule.days for rule in self.rules if rule.on == SurveyEvent.SILENT]
        return min(days) if days and self.active else None


CASE_FEEDBACK = "case-feedback"
OF_CASES = Survey(
    name=CASE_FEEDBACK,
    en="How did we solve it?",
    zh="服务评价",
    questions=(
        SurveyQuestion(
            key="score",
            kind=QuestionKind.FIVE,
            counts=Counts.CSAT,
            needed=True,
            en="How satisfied are you with the solution?",
            zh="您对解决结果是否满意？",
        ),
        SurveyQuestion(key="text", kind=QuestionKind.TEXT, en="Why?", zh="为什么？"),
    ),
)
"""What is asked of every solved service case, where no survey of the company's own is. Published under this name it says what of a case's
feedback is low, and what follows.
"""


def _wrong_question(place: str, question: SurveyQuestion) -> Iterator[FieldError]:
    if question.counts is not None and question.kind != SCALES[question.counts]:
        scale = SCALES[question.counts]
        yield FieldError(f"{place}.counts", f"needs a question of the kind {scale}")
    if (question.kind == QuestionKind.CHOICE) != bool(question.choices):
        yield FieldError(f"{place}.choices", "are those of a question of the kind choice, and of no other")
    yield from _repeated(f"{place}.choices", [one.key for one in question.choices])


def _wrong_rule(place: str, rule: SendingRule) -> Iterator[FieldError]:
    if (rule.on == SurveyEvent.STAGE) != bool(rule.stage):
        yield FieldError(f"{place}.stage", "is that of a rule on stage-reached, and of no other")
    if (rule.on == SurveyEvent.SILENT) != bool(rule.days):
        yield FieldError(f"{place}.days", "are those of a rule on silent, and of no other")


def _repeated(place: str, keys: list[str]) -> Iterator[FieldError]:
    if len(keys) != len(set(keys)):
        yield FieldError(place, "two have the same key")


@fact("survey.published")
class SurveyPublished(Fact):
    survey: Survey


class Surveys(Versions[Survey]):
    """All versions of one survey."""

    KIND = CALLED = "survey"
    FACT, BUILT_IN, BUILT_IN_AS = SurveyPublished, OF_CASES, CASE_FEEDBACK


def survey_in_force(name: str, work: UnitOfWork, version: int | None = None) -> Survey:
    """The newest version, or that one. Raises NotFound."""
    held = work.look(Surveys, Surveys.stream_of(name))
    return held.current if version is None else held.at(version)
