"""Projections room: service cases — a team's board of them, on the pages of their deals, too — and the policies that they are under."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from domain.case.case import Case, Status
from domain.case.policy import ServicePolicies, ServicePolicy, Severity
from domain.engine.facts import FreeText
from projections.engine.stream_view import Events, Filter, StreamView


class CaseSeen(msgspec.Struct, kw_only=True):
    """`due_at` is when the next clock runs out, None while they stand still.
    `missed` are the clocks that ran out unmet. `score` is what the customer said, 1 to 5; None: nothing (yet).
    """

    case_id: UUID
    title: FreeText
    customer_id: UUID
    deal_id: UUID | None
    product_id: UUID | None
    follows: UUID | None
    category: str
    severity: Severity
    status: Status
    owner_id: UUID
    team_id: UUID | None
    policy: str
    policy_version: int
    made_at: datetime
    due_at: datetime | None
    missed: list[str]
    answered: bool
    solution: FreeText
    reopened: int
    score: int | None
    said: FreeText
    position: int
    version: int

    @property
    def overdue(self) -> bool:
        return bool(self.missed)


class Cases(StreamView[Case, CaseSeen]):
    name = "cases"
    columns = (
        *("case_id", "team_id", "owner_id", "customer_id", "deal_id", "severity", "category", "status"),
        *("overdue", "made_at", "due_at"),
    )
    indexes = {
        "team": "(team_id, due_at, case_id)",
        "owner": "(owner_id, due_at, case_id)",
        "due": "(due_at, case_id)",
        "customer": "(customer_id, case_id)",
        "deal": "(deal_id) WHERE deal_id IS NOT NULL",
    }
    order = ("due_at", "made_at")
    open_where = "status <> 'closed'"
    owed_by = "owner_id = %(person)s"
    must_not_stay_with = "owner_id"
    narrowing = {"due_before": Filter(datetime, "due_at < %(due_before)s")}
    shown_on = {"deal": "deal_id", "customer": "customer_id"}
    sentences = {
        "case.opened": ("opened the {severity!v} case “{title}” for {owner_id}", "新建服务单“{title}”，级别：{severity!v}，负责人 {owner_id}"),
        "case.answered": ("gave the first answer after {minutes} min[: {note}]", "首次响应，用时 {minutes} 分钟[：{note}]"),
        "case.waiting": ("waits for the customer: {what}", "等待客户：{what}"),
        "case.resumed": ("goes on with the case", "服务单恢复处理"),
        "case.severity-changed": ("changed the severity from {before!v} to {after!v}", "级别由 {before!v} 改为 {after!v}"),
        "case.customer-corrected": ("the case is another customer’s, as two records were taken for one", "客户记录被误合并，服务单改归另一客户"),
        "case.linked": ("changed which deal the case is about", "更改关联商机"),
        "case.handed-over": ("handed the case from {before} to {after}", "服务单由 {before} 移交给 {after}"),
        "case.missed": ("the {clock!c} was due {due_at}[; told {told}]", "{clock!c} 已超时，到期 {due_at}[；已通知 {told}]"),
        "case.solved": ("solved the case after {minutes} min: {solution}", "服务单已解决，用时 {minutes} 分钟：{solution}"),
        "case.reopened": ("reopened the case: {why}", "重开服务单：{why}"),
        "case.closed": ("closed the case[; the customer gave it {score} of 5][: {text}]", "关闭服务单[；客户评分 {score}/5][：{text}]"),
    }  # fmt: skip

    terms = {
        "v": {"minor": ("minor", "轻微"), "normal": ("normal", "一般"), "severe": ("severe", "严重")},
        "c": {
            "answer": ("answer", "首次响应"),
            "solve": ("solution", "解决"),
            "feedback": ("feedback", "反馈"),
        },
    }

    @classmethod
    def show(cls, case: Case, events: Events) -> CaseSeen:
        return cls.filled(
            case,
            events,
            missed=[one.what for one in case.commitments if one.missed],
            solution=case.solved.solution if case.solved else "",
            score=case.closed.score if case.closed else None,
            said=case.closed.text if case.closed else "",
        )


class ServicePolicySeen(msgspec.Struct, kw_only=True):
    """The newest version of a service policy."""

    policy_id: UUID
    name: str
    policy: ServicePolicy
    position: int
    version: int


class PublishedServicePolicies(StreamView[ServicePolicies, ServicePolicySeen]):
    name = "service_policies"
    columns = ("policy_id", "name")
    indexes = {"name": "(name)"}
    order = ("name",)

    @classmethod
    def show(cls, policies: ServicePolicies, events: Events) -> ServicePolicySeen:
        return cls.filled(policies, events, name=policies.current.name, policy=policies.current)
