"""Surveys: what is published, whom it is sent to, each answer once, and a low score that leads to exactly one action item."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.action_item.action_item import ActionItem, ActionItemOpened
from domain.action_item.commands import BreakActionItem, FinishActionItem
from domain.case import commands as cases
from domain.case.facts import CaseClosed
from domain.case.policy import Severity
from domain.customer.commands import AddContact, RegisterCustomer
from domain.customer.consents import GiveConsent
from domain.customer.customer import Customer
from domain.customer.facts import Profile, Purpose
from domain.customer.merge import MergeCustomers, UnmergeCustomer
from domain.deal.commands import HandOver
from domain.engine.context import Channel, Reach
from domain.engine.errors import AlreadyExists, Forbidden, Invalid, NotFound, Refused
from domain.engine.values import PromiseOutcome
from domain.figures.metrics import figure, metric
from domain.figures.scope import COMPANY, rep
from domain.people.people import RepLeaves
from domain.survey import commands as c
from domain.survey import facts as f
from domain.survey.answer import SurveyAnswer
from domain.survey.deadlines import RULES, language_of
from domain.survey.invitation import InvitationStatus, SurveyInvitation
from domain.survey.silence import (
    AskSilentCustomer,
    EndSilenceWatch,
    MoveSilenceWatch,
    SilenceWatch,
    SilenceWatchEnded,
    SilenceWatchSet,
    WatchSilence,
)
from domain.survey.silence import steps as silence_steps
from domain.survey.survey import (
    OF_CASES,
    Counts,
    QuestionKind,
    SendingRule,
    Survey,
    SurveyChoice,
    SurveyEvent,
    SurveyQuestion,
)
from domain.time.periods import PeriodKind, period_of
from tests.domain.given_when_then import NOW, Scenario, given, later, like
from tests.domain.loop.log import Log
from tests.domain.words import DAY, DEAL, LI, MANAGER, NORTH, SOUTH, STAFF, WANG, opening

CUSTOMER, STRANGER = UUID(int=0xC1), UUID(int=0xC2)
ANN, BEN = UUID(int=0xA0A), UUID(int=0xBE)
INVITATION, SECOND, ANSWER, CASE = UUID(int=0x51), UUID(int=0x52), UUID(int=0x53), UUID(int=0x54)
RECOMMEND = SurveyQuestion(
    key="recommend",
    kind=QuestionKind.TEN,
    en="Recommend us?",
    zh="推荐我们？",
    counts=Counts.NPS,
    needed=True,
)
CONTENT = SurveyQuestion(
    key="content", kind=QuestionKind.FIVE, en="Content?", zh="满意？", counts=Counts.CSAT
)
WHICH = SurveyQuestion(
    key="which",
    kind=QuestionKind.CHOICE,
    en="Which?",
    zh="哪个？",
    choices=(
        SurveyChoice(key="price", en="Price", zh="价格"),
        SurveyChoice(key="people", en="People", zh="人员"),
    ),
)
WHY = SurveyQuestion(key="why", kind=QuestionKind.TEXT, en="Why?", zh="为什么？")
SURVEY = Survey(
    name="after-a-win",
    en="How was it?",
    zh="体验如何？",
    questions=(RECOMMEND, CONTENT, WHICH, WHY),
    rules=(SendingRule(on=SurveyEvent.WON), SendingRule(on=SurveyEvent.STAGE, stage="after-sales")),
)
PUBLISHED = c.PublishSurvey(survey=SURVEY)
KNOWN = (
    *STAFF,
    RegisterCustomer(customer_id=CUSTOMER, profile=Profile(name="Acme")),
    RegisterCustomer(customer_id=STRANGER, profile=Profile(name="Other")),
    opening(customer_id=CUSTOMER),
    PUBLISHED,
)
WITH_ANN = (*KNOWN, AddContact(customer_id=CUSTOMER, contact_id=ANN, name="Ann", mail="ann@example.com"))
WITH_BOTH = (*WITH_ANN, AddContact(customer_id=CUSTOMER, contact_id=BEN, name="Ben", mail="ben@example.com"))
INVITE = c.InviteToSurvey(
    invitation_id=INVITATION,
    survey="after-a-win",
    customer_id=CUSTOMER,
    owner_id=LI,
    deal_id=DEAL,
    on=SurveyEvent.WON,
)
SENT = c.NoteInvitationSent(invitation_id=INVITATION, at=NOW)
ASKED = (*WITH_ANN, INVITE, SENT)
SAYS = c.AnswerSurvey(
    answer_id=ANSWER, invitation_id=INVITATION, replies=(c.Reply(question="recommend", answer="9"),)
)
NOTE = c.RecordSurveyAnswer(
    answer_id=ANSWER,
    survey="after-a-win",
    customer_id=CUSTOMER,
    owner_id=WANG,
    replies=(c.Reply(question="recommend", answer="3"), c.Reply(question="why", answer="late again")),
)


def says(**replies: str) -> c.AnswerSurvey:
    return replace(SAYS, replies=tuple(c.Reply(question=key, answer=text) for key, text in replies.items()))


def answer_of(scenario: Scenario) -> f.SurveyAnswerGiven:
    found = scenario.history.load(SurveyAnswer, ANSWER).given
    assert found is not None
    return found


class TestPublishing:
    def test_numbers_the_versions_and_keeps_silence_over_the_same_again(self) -> None:
        scenario = given(KNOWN).when(PUBLISHED).silence()
        scenario.when(c.PublishSurvey(survey=replace(SURVEY, quiet_days=30))).topics("survey.published")
        assert scenario.answer == {"survey": "after-a-win", "version": 2}

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"questions": (RECOMMEND, replace(CONTENT, key="recommend"))}, "questions"),
            ({"questions": (RECOMMEND, replace(RECOMMEND, key="again"))}, "questions"),
            ({"questions": (replace(CONTENT, counts=Counts.NPS),)}, "questions[0].counts"),
            ({"questions": (replace(WHICH, choices=()),)}, "questions[0].choices"),
            ({"questions": (replace(WHY, choices=WHICH.choices),)}, "questions[0].choices"),
            ({"questions": (replace(WHICH, choices=WHICH.choices * 2),)}, "questions[0].choices"),
            ({"questions": ()}, "questions"),
            ({"rules": (SendingRule(on=SurveyEvent.STAGE),)}, "rules[0].stage"),
            ({"rules": (SendingRule(on=SurveyEvent.WON, days=3),)}, "rules[0].days"),
            ({"rules": (SendingRule(on=SurveyEvent.SILENT),)}, "rules[0].days"),
            ({"rules": (SendingRule(on=SurveyEvent.BY_HAND),)}, "rules[0].on"),
            ({"name": "After A Win"}, "name"),
        ],
    )
    def test_names_what_is_wrong(self, changed: dict[str, Any], field: str) -> None:
        wrong = c.PublishSurvey(survey=replace(SURVEY, **changed))
        given(STAFF).when(wrong).refused(Invalid, fields=[field])

    def test_names_a_policy_that_there_is(self) -> None:
        given(STAFF).when(c.PublishSurvey(survey=replace(SURVEY, policy="none"))).refused(NotFound)

    def test_is_sent_on_what_its_rules_say_while_it_is_active(self) -> None:
        assert SURVEY.sent_on(SurveyEvent.WON)
        assert SURVEY.sent_on(SurveyEvent.STAGE, "after-sales")
        assert not SURVEY.sent_on(SurveyEvent.STAGE, "needs")
        assert not SURVEY.sent_on(SurveyEvent.SOLVED)
        assert not replace(SURVEY, active=False).sent_on(SurveyEvent.WON)


class TestInviting:
    def test_asks_the_first_who_may_be_for_who_owns_what_it_is_about(self) -> None:
        scenario = given(WITH_BOTH).when(replace(INVITE, owner_id=WANG))
        made = like(
            f.InvitationMade, contact_id=ANN, owner_id=LI, team_id=NORTH, survey_version=1, send_at=NOW
        )
        scenario.then(made, like(f.ContactAsked, invitation_id=INVITATION, at=NOW))
        scenario.when(INVITE).silence()
        scenario.when(replace(INVITE, customer_id=STRANGER, deal_id=None)).refused(AlreadyExists)

    def test_nobody_is_asked_twice_within_the_quiet_days_by_any_survey(self) -> None:
        other = c.PublishSurvey(survey=replace(SURVEY, name="other", quiet_days=10))
        again = replace(INVITE, invitation_id=SECOND, survey="other")
        scenario = given(WITH_ANN, INVITE, other).when(again, now=NOW + 10 * DAY - timedelta(seconds=1))
        scenario.then(like(f.InvitationMade, contact_id=None), f.InvitationWithheld(reason="asked-lately"))
        given(WITH_ANN, INVITE, other).when(again, now=NOW + 10 * DAY).then(
            like(f.InvitationMade, contact_id=ANN), like(f.ContactAsked)
        )
        given(WITH_BOTH, INVITE, other).when(again).then(
            like(f.InvitationMade, contact_id=BEN), like(f.ContactAsked)
        )

    def test_the_quiet_days_are_those_between_the_mails(self) -> None:
        """One that was made long ago may be sent tomorrow; one that was never sent asked nobody."""
        later_on = c.PublishSurvey(survey=replace(SURVEY, send_after_days=100))
        at_once = c.PublishSurvey(survey=replace(SURVEY, name="other"))
        again = replace(INVITE, invitation_id=SECOND, survey="other")
        waits = (*WITH_ANN, later_on, INVITE, at_once)
        scenario = given(waits).when(again, now=NOW + 95 * DAY)
        scenario.topics("survey-invitation.made", "survey-invitation.withheld")
        withheld = c.WithholdInvitation(invitation_id=INVITATION, reason="smtp-550")
        scenario = given(waits, withheld).when(again, now=NOW + 95 * DAY)
        scenario.then(like(f.InvitationMade, contact_id=ANN), like(f.ContactAsked, at=NOW + 95 * DAY))

    def test_one_that_is_not_active_is_sent_by_nobody(self) -> None:
        given(WITH_ANN, c.PublishSurvey(survey=replace(SURVEY, active=False))).when(INVITE).refused(Refused)

    def test_a_merged_customer_s_deal_is_the_survivor_s(self) -> None:
        merged = MergeCustomers(customer_id=STRANGER, gone_id=CUSTOMER)
        scenario = given(WITH_ANN, merged).when(replace(INVITE, customer_id=STRANGER))
        scenario.then(like(f.InvitationMade, contact_id=ANN, deal_id=DEAL), like(f.ContactAsked))

    def test_says_why_nobody_is(self) -> None:
        def reason(*steps: Any, **changed: Any) -> str:
            scenario = given(KNOWN, steps).when(replace(INVITE, **changed))
            scenario.topics("survey-invitation.made", "survey-invitation.withheld")
            return scenario.history.load(SurveyInvitation, INVITATION).reason

        ann = AddContact(customer_id=CUSTOMER, contact_id=ANN, name="Ann")
        assert reason() == "no-contact"
        assert reason(ann) == "no-mail"
        mailed = replace(ann, mail="ann@example.com", do_not_mail=True)
        assert reason(mailed) == "do-not-mail"
        assert reason(mailed, replace(ann, contact_id=BEN)) == "do-not-mail"
        stop = (replace(ann, mail="ann@example.com"), replace(INVITE, invitation_id=SECOND))
        declined = (*stop, later(c.DeclineSurveys(invitation_id=SECOND)))
        assert reason(*declined) == "declined"
        agreed = GiveConsent(customer_id=CUSTOMER, contact_id=ANN, purpose=Purpose.SURVEY, source="a call")
        assert reason(*declined, agreed) == "asked-lately"
        given(KNOWN).when(replace(INVITE, contact_id=ANN)).refused(NotFound)

    def test_a_refusal_stands_with_the_contact_whom_the_customer_has_no_more(self) -> None:
        """Asked as the survivor's, then given back: what the page says was heard is kept, until they consent anew."""
        merged = MergeCustomers(customer_id=STRANGER, gone_id=CUSTOMER)
        asked = replace(INVITE, customer_id=STRANGER, invitation_id=SECOND, contact_id=ANN)
        apart = UnmergeCustomer(customer_id=CUSTOMER, rest_stays=True)
        agrees = GiveConsent(
            customer_id=CUSTOMER, contact_id=ANN, purpose=Purpose.SURVEY, source="a call", on=NOW.date()
        )
        early = replace(agrees, on=NOW.date() - DAY)
        declines = c.DeclineSurveys(invitation_id=SECOND)
        steps = (WITH_ANN, early, merged, asked, apart)
        scenario = given(*steps).when(declines)
        scenario.then(f.ContactDeclined(invitation_id=SECOND, on=NOW.date()))
        scenario.when(declines).silence()

        def reason(*more: Any) -> str:
            again = given(*steps, declines, *more).when(INVITE, now=NOW + 99 * DAY)
            return again.history.load(SurveyInvitation, INVITATION).reason

        assert reason() == reason(early) == "declined"
        assert reason(agrees) == ""

    def test_is_about_the_customer_s_own(self) -> None:
        given(WITH_ANN).when(replace(INVITE, customer_id=STRANGER)).refused(Refused)
        given(WITH_ANN).when(replace(INVITE, survey="none")).refused(NotFound)
        seen = Reach(team_id=NORTH, rep_id=WANG, customers=frozenset({CUSTOMER}))
        given(WITH_ANN).when(INVITE, reach=seen).topics("survey-invitation.made", "survey-contact.asked")
        theirs = Reach(team_id=SOUTH, customers=frozenset({CUSTOMER}))
        given(WITH_ANN).when(replace(INVITE, deal_id=None), reach=theirs).refused(Forbidden)

    def test_is_sent_later_where_the_survey_says_so_then_expires(self) -> None:
        week = c.PublishSurvey(survey=replace(SURVEY, send_after_days=7, open_days=2))
        scenario = given(WITH_ANN, week, INVITE)
        invitation = scenario.history.load(SurveyInvitation, INVITATION)
        assert [(step.kind, step.at) for step in RULES.due_steps(invitation, {})] == [("send", NOW + 7 * DAY)]
        scenario.when(replace(SENT, at=NOW + 7 * DAY)).then(
            like(f.InvitationSent, at=NOW + 7 * DAY, expires_at=NOW + 9 * DAY)
        )
        scenario.when(c.ExpireInvitation(invitation_id=INVITATION), now=NOW + 8 * DAY).silence()
        scenario.when(c.ExpireInvitation(invitation_id=INVITATION), now=NOW + 9 * DAY)
        scenario.then(like(f.InvitationExpired, owner_id=LI, sent_at=NOW + 7 * DAY))
        assert not RULES.goes_on(scenario.history.load(SurveyInvitation, INVITATION))
        scenario.when(SAYS, now=NOW + 9 * DAY).refused(Refused)

    def test_what_was_not_taken_is_withheld(self) -> None:
        withheld = c.WithholdInvitation(invitation_id=INVITATION, reason="smtp-550")
        scenario = (
            given(WITH_ANN, INVITE)
            .when(withheld)
            .then(f.InvitationWithheld(reason="smtp-550"), f.ContactNotAsked(invitation_id=INVITATION))
        )
        scenario.when(SENT).silence()
        scenario.when(SAYS).refused(Refused)

    def test_is_written_in_the_contact_s_script(self) -> None:
        scenario = given(WITH_ANN)
        customer = scenario.history.load(Customer, CUSTOMER)
        ann = customer.contacts[ANN]
        assert language_of(ann, customer) == "en"
        assert language_of(replace(ann, name="王伟"), customer) == "zh"
        assert language_of(replace(ann, name="山田タロウ"), customer) == "en"
        customer.profile = replace(customer.profile, name="株式会社山田製作所", country="日本")
        assert language_of(ann, customer) == "en"


class TestAnswering:
    def test_keeps_each_reply_as_its_question_takes_it(self) -> None:
        replies = says(recommend="9", content="4", which="people", why="  quick  ")
        scenario = given(ASKED).when(replies, reach=None)
        scenario.topics("survey-invitation.answered", "survey-answer.given")
        answer = answer_of(scenario)
        assert answer.replies == (
            f.GivenReply(question="recommend", score=9),
            f.GivenReply(question="content", score=4),
            f.GivenReply(question="which", choice="people"),
            f.GivenReply(question="why", text="quick"),
        )
        assert (answer.nps, answer.csat, answer.low, answer.came_by) == (9, 4, False, "link")
        assert (answer.contact_id, answer.deal_id, answer.owner_id) == (ANN, DEAL, LI)
        assert scenario.history.load(SurveyInvitation, INVITATION).status == InvitationStatus.ANSWERED

    def test_once(self) -> None:
        scenario = given(ASKED, SAYS).when(SAYS)
        scenario.refused(Refused)
        given(ASKED).when(SAYS, now=NOW + 30 * DAY).refused(Refused)

    @pytest.mark.parametrize(
        ("replies", "field"),
        [
            ({"recommend": "11"}, "replies.recommend"),
            ({"recommend": "-1"}, "replies.recommend"),
            ({"recommend": "9.5"}, "replies.recommend"),
            ({"recommend": "9", "content": "0"}, "replies.content"),
            ({"recommend": "9", "which": "Price"}, "replies.which"),
            ({"recommend": "9", "nothing": "x"}, "replies.nothing"),
            ({"content": "4"}, "replies.recommend"),
            ({"recommend": "9", "why": "x" * 2_001}, "replies[1].answer"),
        ],
    )
    def test_names_the_question_that_something_is_wrong_with(
        self, replies: dict[str, str], field: str
    ) -> None:
        given(ASKED).when(says(**replies)).refused(Invalid, fields=[field])

    def test_a_solved_case_has_its_feedback_by_it_once(self) -> None:
        opened = cases.OpenCase(
            case_id=CASE, title="it leaks", customer_id=CUSTOMER, severity=Severity.NORMAL, owner_id=LI
        )
        solved = cases.SolveCase(case_id=CASE, solution="a valve")
        about = replace(INVITE, case_id=CASE, deal_id=None, on=SurveyEvent.SOLVED)
        scenario = given(WITH_ANN, opened, solved, about, SENT).when(
            says(recommend="9", content="2", why="slow")
        )
        scenario.then(
            like(f.InvitationAnswered),
            like(f.SurveyAnswerGiven, on_case=True, case_id=CASE),
            like(ActionItemOpened, answer_id=ANSWER),
            like(CaseClosed, score=2, text="slow"),
        )
        noted = c.NoteFeedback(case_id=CASE, score=5)
        scenario = given(WITH_ANN, opened, solved, noted, about, SENT).when(says(recommend="9", content="4"))
        scenario.then(like(f.InvitationAnswered), like(f.SurveyAnswerGiven, csat=4, on_case=True))

    def test_what_is_said_of_a_case_is_an_answer_whose_low_score_leads_to_the_same(self) -> None:
        opened = cases.OpenCase(
            case_id=CASE, title="it leaks", customer_id=CUSTOMER, severity=Severity.NORMAL, owner_id=LI
        )
        solved = cases.SolveCase(case_id=CASE, solution="a valve")
        noted = c.NoteFeedback(case_id=CASE, score=2, text="slow")
        scenario = given(KNOWN, opened, solved).when(noted)
        scenario.then(
            like(CaseClosed, score=2, text="slow"),
            like(
                f.SurveyAnswerGiven,
                survey="case-feedback",
                csat=2,
                low=True,
                on_case=True,
                case_id=CASE,
                owner_id=LI,
            ),
            like(ActionItemOpened, owner_id=LI),
        )
        scenario.when(noted).silence()
        again = (cases.ReopenCase(case_id=CASE, why="it leaks again"), solved)
        scenario = given(KNOWN, opened, solved, noted, *again).when(replace(noted, score=4))
        scenario.then(like(CaseClosed, score=4), like(f.SurveyAnswerGiven, csat=4, low=False))
        scenario = given(KNOWN, opened, solved).when(noted, channel=Channel.IMPORT)
        scenario.then(like(CaseClosed), like(f.SurveyAnswerGiven, low=True, item_id=None, came_by="imported"))

    def test_what_follows_of_a_case_s_feedback_is_published_as_of_any_survey(self) -> None:
        stricter = replace(OF_CASES, low_csat=3, to_manager=True)
        opened = cases.OpenCase(
            case_id=CASE, title="it leaks", customer_id=CUSTOMER, severity=Severity.NORMAL, owner_id=LI
        )
        solved = cases.SolveCase(case_id=CASE, solution="a valve")
        published = given(KNOWN, opened, solved, c.PublishSurvey(survey=stricter))
        scenario = published.when(c.NoteFeedback(case_id=CASE, score=3))
        scenario.then(
            like(CaseClosed),
            like(f.SurveyAnswerGiven, survey_version=2, low=True),
            like(ActionItemOpened, owner_id=MANAGER),
        )
        unscored = replace(OF_CASES, questions=(RECOMMEND,))
        given(KNOWN).when(c.PublishSurvey(survey=unscored)).refused(Invalid, fields=["questions"])

    def test_what_was_heard_is_noted_for_who_owns_what_it_is_about(self) -> None:
        scenario = given(KNOWN).when(NOTE, occurred_at=NOW - DAY)
        scenario.topics("survey-answer.given", "action-item.opened")
        assert (answer_of(scenario).owner_id, answer_of(scenario).answered_at) == (WANG, NOW - DAY)
        scenario.when(NOTE).silence()
        scenario.when(replace(NOTE, replies=SAYS.replies)).refused(AlreadyExists)
        theirs = Reach(team_id=NORTH, rep_id=LI, customers=frozenset({CUSTOMER}))
        given(KNOWN).when(NOTE, reach=theirs).refused(Forbidden)
        given(KNOWN).when(replace(NOTE, deal_id=DEAL))
        assert answer_of(given(KNOWN).when(replace(NOTE, deal_id=DEAL))).owner_id == LI

    def test_what_is_imported_is_history_and_opens_nothing(self) -> None:
        row = c.ImportSurveyAnswer(
            answer_id=ANSWER,
            survey="after-a-win",
            customer_id=CUSTOMER,
            owner_id=LI,
            nps=2,
            csat=1,
            text="late",
            at=NOW - DAY,
        )
        scenario = given(KNOWN).when(row, channel=Channel.IMPORT)
        scenario.topics("survey-answer.given")
        answer = answer_of(scenario)
        assert (answer.came_by, answer.low, answer.item_id) == ("imported", True, None)
        assert [one.question for one in answer.replies] == ["recommend", "content", "why"]
        only = c.PublishSurvey(survey=replace(SURVEY, questions=(WHY,)))
        given(KNOWN, only).when(row).refused(Invalid, fields=["nps"])


class TestLowScores:
    def test_open_one_action_item_due_by_policy_and_tell_owner_and_manager(self) -> None:
        scenario = given(ASKED).when(says(recommend="6"))
        answer = answer_of(scenario)
        assert answer.item_id is not None
        item = scenario.history.load(ActionItem, answer.item_id)
        assert item.commitment is not None
        assert (item.owner_id, item.commitment.deadlines.due_at) == (LI, NOW + 2 * DAY)
        assert (item.commitment.what, answer.told) == ("How was it? · 体验如何？: 6/10", (LI, MANAGER))
        given(ASKED).when(says(recommend="7")).topics("survey-invitation.answered", "survey-answer.given")

    def test_go_to_the_manager_where_the_survey_says_so_or_the_owner_has_left(self) -> None:
        for steps in ((c.PublishSurvey(survey=replace(SURVEY, to_manager=True)),), (RepLeaves(rep_id=LI),)):
            scenario = given(WITH_ANN, steps, INVITE, SENT).when(says(recommend="0"))
            item = answer_of(scenario).item_id
            assert item is not None
            assert scenario.history.load(ActionItem, item).owner_id == MANAGER

    def test_the_loop_is_closed_when_it_has_ended_in_business_time(self) -> None:
        scenario = given(ASKED, says(recommend="1"))
        item = answer_of(scenario).item_id
        assert item is not None
        close = c.CloseLoop(answer_id=ANSWER)
        scenario.when(close).silence()
        scenario.given(later(FinishActionItem(item_id=item), now=NOW + DAY))
        scenario.when(close, now=NOW + DAY).then(
            like(f.LoopClosed, item_id=item, outcome=PromiseOutcome.KEPT, minutes=9 * 60, owner_id=LI)
        )
        scenario.when(close).silence()
        broken = given(ASKED, says(recommend="1"), BreakActionItem(item_id=item, why="no time")).when(close)
        broken.then(like(f.LoopClosed, outcome=PromiseOutcome.BROKEN, minutes=None))

    def test_count_for_who_owned_the_deal_when_it_was_asked(self) -> None:
        handed = HandOver(deal_id=DEAL, to=WANG, handover_note="moves")
        scenario = given(ASKED, handed).when(says(recommend="1"))
        assert answer_of(scenario).owner_id == LI


class TestSilence:
    WATCH = SilenceWatch.stream_of("after-a-win", CUSTOMER)
    SILENT = c.PublishSurvey(survey=replace(SURVEY, rules=(SendingRule(on=SurveyEvent.SILENT, days=60),)))
    BEGIN = WatchSilence(survey="after-a-win", customer_id=CUSTOMER, since=NOW)
    ASK = AskSilentCustomer(watch_id=WATCH, deal_id=DEAL, owner_id=LI, arming=1)

    def test_is_watched_from_a_touch_by_one_timer(self) -> None:
        scenario = given(WITH_ANN, self.SILENT).when(self.BEGIN)
        scenario.then(like(SilenceWatchSet, since=NOW, due_at=NOW + 60 * DAY, arming=1))
        scenario.when(replace(self.BEGIN, since=NOW + DAY)).silence()
        given(WITH_ANN).when(self.BEGIN).silence()
        (step,) = silence_steps(scenario.history.load(SilenceWatch, self.WATCH), {})
        assert (step.at, step.arming) == (NOW + 60 * DAY, 1)

    def test_goes_on_from_the_last_touch_or_asks_once_and_ends(self) -> None:
        began = (*WITH_ANN, self.SILENT, self.BEGIN)
        moved = MoveSilenceWatch(watch_id=self.WATCH, since=NOW + 30 * DAY, arming=1)
        scenario = given(began).when(moved, now=NOW + 60 * DAY)
        scenario.then(like(SilenceWatchSet, due_at=NOW + 90 * DAY, arming=2))
        scenario.when(moved).silence()
        scenario.when(self.ASK).silence()
        scenario = given(began).when(self.ASK, now=NOW + 60 * DAY)
        scenario.then(
            SilenceWatchEnded(reason="asked"),
            like(f.InvitationMade, on=SurveyEvent.SILENT, deal_id=DEAL, owner_id=LI, contact_id=ANN),
            like(f.ContactAsked),
        )
        scenario.when(self.ASK).silence()
        scenario.when(replace(self.BEGIN, since=NOW + 61 * DAY)).then(like(SilenceWatchSet, arming=2))
        given(began).when(EndSilenceWatch(watch_id=self.WATCH)).then(SilenceWatchEnded(reason="not-wanted"))

    def test_of_merged_records_is_watched_and_asked_about_once(self) -> None:
        twin = UUID(int=0xC2)
        merged = (
            RegisterCustomer(customer_id=twin, profile=Profile(name="Acme Ltd")),
            MergeCustomers(customer_id=twin, gone_id=CUSTOMER),
        )
        began = (*WITH_ANN, self.SILENT, self.BEGIN, *merged)
        scenario = given(began).when(replace(self.BEGIN, since=NOW + DAY))
        scenario.then(like(SilenceWatchSet, customer_id=twin, arming=1))
        assert scenario.history.load(SilenceWatch, SilenceWatch.stream_of("after-a-win", twin)).running
        scenario.when(self.ASK, now=NOW + 60 * DAY).then(SilenceWatchEnded(reason="not-wanted"))
        alone = given(began).when(self.ASK, now=NOW + 60 * DAY)
        alone.then(
            SilenceWatchEnded(reason="asked"),
            like(f.InvitationMade, customer_id=twin, contact_id=ANN),
            like(f.ContactAsked),
        )


def test_the_figures_are_those_of_the_answers_and_of_what_was_not_answered() -> None:
    log = Log()
    for command in WITH_BOTH:
        log.do(command)
    for n, contact in enumerate((ANN, BEN)):
        id, answer = UUID(int=0x510 + n), UUID(int=0x610 + n)
        log.do(replace(INVITE, invitation_id=id, contact_id=contact), now=NOW)
        log.do(replace(SENT, invitation_id=id), now=NOW)
        if contact == ANN:
            log.do(replace(says(recommend="10", content="4"), answer_id=answer, invitation_id=id), now=NOW)
        else:
            log.do(c.ExpireInvitation(invitation_id=id), now=NOW + 30 * DAY)
    log.do(NOTE, now=NOW)
    item = next(one.originator_id for one in log.recorded if isinstance(one.fact, ActionItemOpened))
    log.do(FinishActionItem(item_id=item), now=NOW + DAY)
    log.do(c.CloseLoop(answer_id=ANSWER), now=NOW + DAY)
    month, found = period_of(PeriodKind.MONTH, NOW.date()), log.contributions()
    keys = ("nps", "customer-satisfaction", "survey-response", "loop-time")
    assert {key: str(figure(found, metric(key), COMPANY, month)) for key in keys} == {
        "nps": "0.000000",
        "customer-satisfaction": "1.000000",
        "survey-response": "0.500000",
        "loop-time": "540.00",
    }
    assert figure(found, metric("nps"), rep(WANG), month) == -1
