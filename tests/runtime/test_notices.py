"""Every rule of what people are told: whom the fact concerns, what it says in each language, and after what it is not true any more.

The facts are the stored samples, with the values that matter here: every id is `SOME`, every time half past nine, every arming 7.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import domain.registry  # noqa: F401 - every fact is registered by importing it
from domain.customer.customer import Customer
from domain.customer.facts import CustomerRegistered, Profile
from domain.cycle.facts import CycleAwaiting
from domain.cycle.policy import Awaited, Step
from domain.engine.aggregate import Aggregate
from domain.engine.facts import FACTS, Fact
from domain.engine.notices import ADMINS, Leaders, Login, NoticeRule, Who
from domain.notices import BY_TOPIC, CALLED, GROUPS, NOTICES, UNRECORDED, called
from domain.notification.hours import Cadence, Hours
from domain.people.people import Rep, RepHired
from runtime.codec import decode_fact
from runtime.language import catalogue
from runtime.notices import judging
from runtime.notices.accounts import Account, Way
from runtime.notices.wording import PATHS, Wording, needed
from tests.domain.stored_names import read_sample

ROOT = Path(__file__).parents[2]
SOME, OTHER, THIRD = UUID(int=0xA1), UUID(int=0xB2), UUID(int=0xC3)
NAMES: dict[UUID, Aggregate] = {
    SOME: Rep(SOME).replay(RepHired(name="Zhang Min", team_id=SOME), 1),
    OTHER: Rep(OTHER).replay(RepHired(name="Li Wei", team_id=SOME), 1),
    THIRD: Customer(THIRD).replay(CustomerRegistered(profile=Profile(name="Blue Sea")), 1),
}
WHEN = "Mon, Mar 2, 2026 10:30"
"""In Berlin."""
DANN = "2026年3月2日周一 10:30"


def fact(topic: str, **values: Any) -> Fact:
    version = FACTS[topic].SCHEMA
    return replace(decode_fact(topic, version, read_sample(topic, version)), **values)


def awaited(step: Step) -> Awaited:
    held = fact("cycle.awaiting")
    assert isinstance(held, CycleAwaiting)
    return replace(held.awaited, step=step, subject_id=None)


def owed(topic: str, step: Step) -> Fact:
    return fact(topic, step=step, subject_id=None)


@dataclass(frozen=True)
class Case:
    """`before`, then `told` is recorded; `after` it is not true any more."""

    rule: str
    before: list[Fact]
    told: Fact
    to: set[Who]
    en: str
    zh: str
    after: list[Fact] = field(default_factory=list)


DEAL = [
    fact("deal.opened", title="Forty boilers", customer_id=THIRD),
    fact("promise.made", by_rule=False, what="send the drawings"),
]
LATE = {
    "send": "“send the drawings” for Forty boilers (Blue Sea)",
    "zh": "Forty boilers（Blue Sea）的跟进“send the drawings”",
}
ITEM = [fact("action-item.opened", what="train the team")]
CYCLE = [fact("cycle.opened")]
MEETING = [fact("meeting.called")]
TRIED = [fact("adjustment.started", hypothesis="more visits"), fact("adjustment.measured")]
SEEN = [fact("revisit.promised", customer_id=THIRD)]
CASES = [
    Case("promise.reminded", DEAL, fact("promise.reminded"), {SOME}, f"{LATE['send']} falls due {WHEN}", f"{LATE['zh']}将于 {DANN} 到期", [fact("promise.missed")]),
    Case("promise.missed", DEAL, fact("promise.missed"), {SOME}, f"{LATE['send']} was due {WHEN} and is not done", f"{LATE['zh']}已逾期，应于 {DANN} 前完成", [fact("promise.rearmed", arming=8)]),
    Case("promise.missed", DEAL, fact("promise.missed"), {SOME}, f"{LATE['send']} was due {WHEN} and is not done", f"{LATE['zh']}已逾期，应于 {DANN} 前完成", [fact("promise.handed-over", after=OTHER)]),
    Case("promise.escalated", DEAL, fact("promise.escalated"), {SOME}, f"Zhang Min has not done {LATE['send']}, which was due {WHEN}", f"Zhang Min尚未完成{LATE['zh']}，应于 {DANN} 前完成", [fact("promise.ended")]),
    Case("promise.reassigned", DEAL, fact("deal.owner-changed", before=SOME, after=OTHER, rule="escalation"), {SOME, OTHER}, "Forty boilers (Blue Sea) went from Zhang Min to Li Wei, as its promise was long overdue", "Forty boilers（Blue Sea）的跟进严重逾期，负责人已由Zhang Min改为Li Wei", [fact("deal.owner-changed", before=OTHER, after=THIRD)]),
    Case("promise.handed-over", DEAL, fact("deal.owner-changed", before=SOME, after=OTHER, rule="rep-left"), {OTHER}, "Forty boilers (Blue Sea) and its promise are yours now: Zhang Min has left", "Zhang Min已离职，Forty boilers（Blue Sea）及其跟进现由您负责", [fact("deal.lost")]),
    Case("deal.given", DEAL, fact("deal.owner-changed", before=SOME, after=OTHER, rule="handover"), {OTHER}, "Forty boilers (Blue Sea) is yours now; it was with Zhang Min", "Forty boilers（Blue Sea）现由您负责，此前由Zhang Min负责", [fact("deal.lost")]),
    Case("deal.given", [], DEAL[0], {SOME}, "Forty boilers (Blue Sea) was opened for you", "已为您新建商机：Forty boilers（Blue Sea）", [fact("deal.owner-changed", before=SOME, after=OTHER)]),
    Case("override.asked", DEAL, fact("deal.override-requested", to="solution", missing=("budget", "amount")), {Leaders(SOME)}, "An approval is asked for: Forty boilers (Blue Sea) to solution without budget, amount", "待您审批：Forty boilers（Blue Sea）申请进入“方案提供”，缺少：预算、金额", [fact("deal.override-decided")]),
    Case("override.decided", [*DEAL, fact("deal.override-requested", to="solution", requested_by="user:li.wei")], fact("deal.override-decided", approved=True), {Login("li.wei")}, "Your approval was given: Forty boilers (Blue Sea) may go to solution", "您的申请已获批准：Forty boilers（Blue Sea）可以进入“方案提供”"),
    Case("override.decided", [*DEAL, fact("deal.override-requested", to="solution", requested_by="user:li.wei")], fact("deal.override-decided", approved=False), {Login("li.wei")}, "Your approval was refused: Forty boilers (Blue Sea) may not go to solution", "您的申请未获批准：Forty boilers（Blue Sea）不能进入“方案提供”"),
    Case("lead.given", [fact("lead.captured", name="Wang Wei")], fact("lead.allocated", before=None), {SOME}, "The lead Wang Wei is yours now", "线索Wang Wei现由您负责", [fact("lead.discarded")]),
    Case("target.proposed", [], fact("target.proposed", metric="activities:call"), {SOME}, "A target is proposed to you for name 例: activities: call, 12.5", "已向您提出 name 例 的目标：活动数：call，12.5", [fact("target.agreed")]),
    Case("cycle.behind", [*CYCLE, fact("cycle.execution-started")], fact("cycle.fell-behind"), {SOME}, "The cycle name 例 of Zhang Min fell behind its target", "Zhang Min的 name 例 闭环落后于目标", [fact("cycle.recovered")]),
    Case("cycle.pack-ready", CYCLE, fact("cycle.review-opened"), {SOME}, "The review of name 例 of Zhang Min is open, and its pack is ready", "Zhang Min的 name 例 复盘已开始，复盘包已就绪", [fact("cycle.feedback-given")]),
    Case("cycle.self-assessment-due", CYCLE, fact("cycle.awaiting", awaited=awaited(Step.SELF_ASSESS)), {SOME}, f"Your own assessment of name 例 is due {WHEN}", f"您的 name 例 自评应于 {DANN} 前完成", [fact("cycle.self-assessed")]),
    Case("cycle.self-assessment-due", [*CYCLE, fact("cycle.awaiting", awaited=awaited(Step.SELF_ASSESS))], owed("cycle.reminded", Step.SELF_ASSESS), {SOME}, f"Your own assessment of name 例 is due {WHEN}", f"您的 name 例 自评应于 {DANN} 前完成", [fact("cycle.paused")]),
    Case("cycle.feedback-given", CYCLE, fact("cycle.awaiting", awaited=awaited(Step.ACKNOWLEDGE)), {SOME}, f"Feedback on name 例 waits for you to acknowledge it, until {WHEN}", f"name 例 的反馈待您确认，截止时间 {DANN}", [fact("cycle.acknowledged")]),
    Case("cycle.feedback-given", [*CYCLE, fact("cycle.awaiting", awaited=awaited(Step.ACKNOWLEDGE))], owed("cycle.reminded", Step.ACKNOWLEDGE), {SOME}, f"Feedback on name 例 waits for you to acknowledge it, until {WHEN}", f"name 例 的反馈待您确认，截止时间 {DANN}", [fact("cycle.left-unacknowledged")]),
    Case("cycle.reminded", [*CYCLE, fact("cycle.awaiting", awaited=awaited(Step.ASSESS))], owed("cycle.reminded", Step.ASSESS), {SOME}, f"The cycle name 例 waits for you: assess, due {WHEN}", f"name 例 闭环待您处理：主管评估，应于 {DANN} 前完成", [fact("cycle.assessed")]),
    Case("cycle.escalated", [*CYCLE, fact("cycle.awaiting", awaited=awaited(Step.ASSESS))], owed("cycle.escalated", Step.ASSESS), {SOME}, f"The cycle name 例 still waits for Zhang Min: assess, which was due {WHEN}", f"name 例 闭环仍在等待Zhang Min：主管评估，应于 {DANN} 前完成", [fact("cycle.cancelled")]),
    Case("cycle.decision-handed-over", [*CYCLE, fact("cycle.decision-asked", question="Hire?", of=OTHER)], fact("cycle.decision-handed-over", before=OTHER, after=SOME), {SOME}, "The decision on name 例 is yours now: Hire?", "name 例 的决定现由您作出：Hire?", [fact("cycle.decision-taken")]),
    Case("action-item.given", [], ITEM[0], {SOME}, f"The action item “train the team” is yours, due {WHEN}", f"改进措施“train the team”由您负责，应于 {DANN} 前完成", [fact("action-item.ended")]),
    Case("action-item.given", ITEM, fact("action-item.handed-over", before=SOME, after=OTHER), {OTHER}, f"The action item “train the team” was handed over to you, due {WHEN}", f"改进措施“train the team”已移交给您，应于 {DANN} 前完成", [fact("action-item.ended")]),
    Case("action-item.reminded", ITEM, fact("action-item.reminded"), {SOME}, f"The action item “train the team” falls due {WHEN}", f"改进措施“train the team”将于 {DANN} 到期", [fact("action-item.missed")]),
    Case("action-item.missed", ITEM, fact("action-item.missed"), {SOME}, f"The action item “train the team” was due {WHEN} and is not done", f"改进措施“train the team”已逾期，应于 {DANN} 前完成", [fact("action-item.handed-over", after=OTHER)]),
    Case("action-item.escalated", ITEM, fact("action-item.escalated"), {SOME}, f"Zhang Min has not done the action item “train the team”, which was due {WHEN}", f"Zhang Min尚未完成改进措施“train the team”，应于 {DANN} 前完成", [fact("action-item.ended")]),
    Case("adjustment.reminded", TRIED, fact("adjustment.reminded"), {SOME}, f"The adjustment “more visits” is to be decided by {WHEN}: keep, change or stop", f"调整“more visits”应于 {DANN} 前作出决定：保留、修改或停止", [fact("adjustment.handed-over", after=OTHER)]),
    Case("adjustment.escalated", TRIED, fact("adjustment.escalated"), {SOME}, f"Zhang Min has not decided the adjustment “more visits”, which was due {WHEN}", f"Zhang Min尚未就调整“more visits”作出决定，应于 {DANN} 前完成", [fact("adjustment.decided")]),
    Case("meeting.called", [], MEETING[0], {SOME}, f"A review meeting is called for {WHEN}; its agenda is ready", f"已召集复盘会议，时间 {DANN}，议程已就绪", [fact("meeting.cancelled")]),
    Case("meeting.reminded", [*MEETING, fact("meeting.awaiting", awaited=awaited(Step.HOLD))], owed("meeting.reminded", Step.HOLD), {SOME}, f"A review meeting waits for you: hold, due {WHEN}", f"复盘会议待您处理：记录会议，应于 {DANN} 前完成", [fact("meeting.held")]),
    Case("meeting.escalated", [*MEETING, fact("meeting.awaiting", awaited=awaited(Step.HOLD))], owed("meeting.escalated", Step.HOLD), {SOME}, f"A review meeting still waits for Zhang Min: hold, which was due {WHEN}", f"复盘会议仍在等待Zhang Min：记录会议，应于 {DANN} 前完成", [fact("meeting.lapsed")]),
    Case("meeting.decision-handed-over", [*MEETING, fact("meeting.decision-asked", question="Hire?", of=OTHER)], fact("meeting.decision-handed-over", before=OTHER, after=SOME), {SOME}, "The decision of a review meeting is yours now: Hire?", "复盘会议的决定现由您作出：Hire?", [fact("meeting.decision-taken")]),
    Case("case.missed", [fact("case.opened", title="It leaks", customer_id=THIRD)], fact("case.missed"), {SOME}, f"The service case It leaks (Blue Sea) is late: answer was due {WHEN}", f"服务单It leaks（Blue Sea）已逾期：首次响应应于 {DANN} 前完成", [fact("case.answered")]),
    Case("customer.merged", [fact("customer.registered", profile=Profile(name="Red Sea"))], fact("customer.merged", into=THIRD, told=(SOME,)), {SOME}, "Red Sea was merged into Blue Sea: they are one customer", "Red Sea 已合并到 Blue Sea：两者是同一客户", [fact("customer.unmerged")]),
    Case("customer.unmerged", [fact("customer.registered", profile=Profile(name="Red Sea"))], fact("customer.unmerged", out_of=THIRD, told=(SOME,)), {SOME}, "Red Sea and Blue Sea are two customers again", "Red Sea 和 Blue Sea 恢复为两个客户", [fact("customer.merged", into=THIRD)]),
    Case("revisit.given", SEEN, fact("revisit.handed-over", before=SOME, after=OTHER), {OTHER}, f"The revisit of Blue Sea was handed over to you, due {WHEN}", f"Blue Sea的回访已移交给您，应于 {DANN} 前完成", [fact("revisit.ended")]),
    Case("revisit.reminded", SEEN, fact("revisit.reminded"), {SOME}, f"The revisit of Blue Sea falls due {WHEN}", f"Blue Sea的回访将于 {DANN} 到期", [fact("revisit.missed")]),
    Case("revisit.missed", SEEN, fact("revisit.missed"), {SOME}, f"The revisit of Blue Sea was due {WHEN} and is not done", f"Blue Sea的回访已逾期，应于 {DANN} 前完成", [fact("revisit.released")]),
    Case("revisit.escalated", SEEN, fact("revisit.escalated"), {SOME}, f"Zhang Min has not seen Blue Sea again, which was due {WHEN}", f"Zhang Min尚未回访Blue Sea，应于 {DANN} 前完成", [fact("revisit.ended")]),
    Case("survey-answer.low", [], fact("survey-answer.given", survey="visit", customer_id=THIRD, nps=2), {SOME}, "A low score, 2/10, in the survey visit (Blue Sea)", "问卷 visit（Blue Sea） 收到低分：2/10", [fact("survey-answer.loop-closed")]),
    Case("survey-answer.low", [], fact("survey-answer.given", survey="visit", customer_id=THIRD, nps=None, csat=1, told=(SOME, OTHER)), {SOME, OTHER}, "A low score, 1/5, in the survey visit (Blue Sea)", "问卷 visit（Blue Sea） 收到低分：1/5", [fact("survey-answer.loop-closed")]),
    Case("recipient.address-failed", [], fact("recipient.address-failed", login="li.wei", code="smtp-550"), {ADMINS}, "What is sent to li.wei by mail is refused for good (smtp-550): nothing more is sent there", "发往 li.wei 邮箱的通知被永久拒收（smtp-550）：不再向该地址发送", [fact("recipient.address-restored")]),
    Case("webhook.switched-off", [], fact("webhook.switched-off", owner="li.wei"), {ADMINS, Login("li.wei")}, "A webhook of li.wei was switched off (failing): nothing more is sent to it until somebody resumes it", "li.wei 的事件推送已停用（持续失败）：在有人恢复之前不再推送"),
]  # fmt: skip


def account(language: str) -> Account:
    return Account(
        id=SOME, login="x", name="", role="rep", rep_id=SOME, team_id=None, language=language, hours=Hours("Europe/Berlin"),
        addresses={}, failed={}, rules={}, persons=frozenset(),
    )  # fmt: skip


def about(rule: NoticeRule, facts: list[Fact]) -> Any:
    assert rule.about is not None
    held = rule.about(SOME)
    for version, one in enumerate(facts, 1):
        held.replay(one, version)
    return held


def rule_of(case: Case, held: Any) -> NoticeRule:
    """The one of that name that tells this fact to somebody."""
    rules = [rule for rule in BY_TOPIC[case.told.TOPIC] if rule.name == case.rule]
    (found,) = (rule for rule in rules if list(rule.to(case.told, held)))
    return found


def recorded(case: Case, facts: list[Fact]) -> tuple[NoticeRule, Any]:
    held = about(BY_TOPIC[case.told.TOPIC][0], facts)
    return rule_of(case, held), held


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
class TestARule:
    def test_concerns_these_people(self, case: Case) -> None:
        rule, held = recorded(case, [*case.before, case.told])
        assert {who for who in rule.to(case.told, held) if who is not None} == case.to
        if not rule.near:
            assert list(rule.to(case.told, None)) == list(rule.to(case.told, held))

    def test_says_it_in_each_language(self, case: Case) -> None:
        rule, held = recorded(case, [*case.before, case.told])
        places = rule.filled(held, case.told)
        assert needed([places]).keys() <= NAMES.keys()
        assert Wording(account("en"), NAMES).sentence(rule.says, places) == case.en
        assert Wording(account("zh"), NAMES).sentence(rule.says, places) == case.zh

    def test_is_true_until_it_is_not(self, case: Case) -> None:
        rule, held = recorded(case, [*case.before, case.told])
        assert rule.still(held, case.told)
        if case.after:
            assert not rule.still(about(rule, [*case.before, case.told, *case.after]), case.told)


def test_every_rule_is_looked_at_here() -> None:
    told = {(case.rule, case.told.TOPIC) for case in CASES}
    assert told == {(rule.name, one.TOPIC) for rule in NOTICES for one in rule.facts}


def test_what_no_fact_tells_of_is_said_in_each_language() -> None:
    places = {
        "import.finished": {"source": "crm", "state": "done", "accepted": 7, "rows": 9, "refused": 2},
        "read-model.stopped": {"model": "deal_board", "position": 12},
    }
    assert {rule.name for rule in UNRECORDED} == places.keys()
    said = {
        rule.name: Wording(account("zh"), {}).sentence(rule.says, places[rule.name]) for rule in UNRECORDED
    }
    assert said["import.finished"].startswith("导入“crm”已结束")
    assert said["read-model.stopped"] == "读模型 deal_board 已在位置 12 停止：所示内容停留在该处"


def test_why_it_is_told_names_a_group_as_the_settings_do() -> None:
    """ "promises" is a number of them elsewhere."""
    way = Way("mail", Cadence.DAILY, "promise")
    assert Wording(account("en"), {}).why(way) == "You get this because you are told of promises once a day."
    assert Wording(account("zh"), {}).why(way) == "您收到此通知，是因为您选择每日汇总接收：跟进。"


def test_who_moves_along_with_their_deals_is_told_nothing() -> None:
    moved = fact("deal.owner-changed", before=SOME, after=SOME, rule="rep-moved")
    assert [who for rule in BY_TOPIC[moved.TOPIC] for who in rule.to(moved, None)] == []


def test_every_kind_has_a_place_to_be_looked_at_and_a_name_in_each_language() -> None:
    assert {rule.about.KIND for rule in NOTICES if rule.about is not None} <= PATHS.keys()
    assert {name.partition(".")[0] for name in CALLED} == GROUPS.keys()
    assert len({*CALLED.values()}) == len(CALLED), (
        "whoever narrows a list down tells them apart by that alone"
    )
    for what in (*CALLED, *GROUPS, "*"):
        assert catalogue("zh").pgettext("notice", called(what)) != called(what)


@pytest.mark.parametrize(
    "code",
    [
        judging.NO_LONGER_TRUE, judging.NOT_CONCERNED, judging.LEFT, judging.NOT_ALLOWED, judging.SWITCHED_OFF, judging.NO_ADDRESS,
        judging.ADDRESS_FAILED, judging.UNKNOWN, judging.NO_CHANNEL, judging.NOT_MADE,
    ],
)  # fmt: skip
def test_why_something_was_dropped_is_said_in_chinese_and_explained(code: str) -> None:
    assert catalogue("zh").gettext(code) != code
    assert f"`{code}`" in (ROOT / "docs" / "notifications.md").read_text()
