"""Projections room: revisits — which customer is to be seen again by whom and until when — and the policies that ask for them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from domain.engine.facts import FreeText
from domain.lifecycle.policy import LifecycleStage
from domain.revisit.policy import RevisitPolicies, RevisitPolicy
from domain.revisit.revisit import Offered, Revisit, RevisitEnded, RevisitReleased
from domain.time.commitment import Deadlines
from projections.engine.stream_view import Events, Filter, StreamView


class RevisitOutcome(StrEnum):
    """What became of a revisit: what becomes of promises, and two more."""

    OPEN = "open"
    KEPT = "kept"
    LATE = "late"
    BROKEN = "broken"
    EXCUSED = "excused"
    RELEASED = "released"


class RevisitSeen(msgspec.Struct, kw_only=True):
    """The customer's last revisit. `outcome` is "open" until it has ended, "released" where nobody had to make it any more. `stage` is the
    customer's in the lifecycle when it was promised; None where a person promised it, whether or not a policy asks for one.
    """

    revisit_id: UUID
    customer_id: UUID
    owner_id: UUID
    team_id: UUID | None
    stage: LifecycleStage | None
    policy_version: int | None
    made_at: datetime
    due_at: datetime
    remind_at: datetime
    deadlines: Deadlines
    arming: int
    reminded: bool = False
    missed: bool = False
    escalated: bool = False
    outcome: RevisitOutcome = RevisitOutcome.OPEN
    done_at: datetime | None = None
    kind: str | None = None
    note: FreeText = ""
    offers: tuple[Offered, ...] = ()
    last_seen: datetime | None = None
    position: int
    version: int


class Revisits(StreamView[Revisit, RevisitSeen]):
    name = "revisits"
    columns = ("revisit_id", "customer_id", "owner_id", "team_id", "stage", "due_at", "remind_at", "outcome")
    indexes = {
        "due": "(due_at, revisit_id)",
        "owner": "(owner_id, due_at, revisit_id)",
        "team": "(team_id, due_at, revisit_id)",
        "customer": "(customer_id)",
        "awake": "(remind_at, revisit_id) WHERE outcome = 'open'",
        "open": "(revisit_id) WHERE outcome = 'open'",
    }
    order = ("due_at",)
    open_where = "outcome = 'open'"
    awake_where = "remind_at < %(now)s::timestamptz + interval '2 days'"
    owed_by = "owner_id = %(person)s"
    must_not_stay_with = "owner_id"
    awaited = True
    narrowing = {"due_before": Filter(datetime, "due_at < %(due_before)s")}
    shown_on = {"customer": "customer_id"}
    sentences = {
        "revisit.promised": ("is to be seen again by {owner_id}[; stage: {stage!y}]", "安排 {owner_id} 回访[；阶段：{stage!y}]"),
        "revisit.moved": ("changed when the customer is seen again", "更改回访时间"),
        "revisit.handed-over": ("handed the revisit from {before} to {after}", "回访由 {before} 移交给 {after}"),
        "revisit.reminded": ("reminded {told} of the revisit", "提醒 {told} 回访"),
        "revisit.missed": ("the revisit was due {due_at} and is not done; told {told}", "回访到期 {due_at} 未完成；已通知 {told}"),
        "revisit.escalated": ("told {told} of the missed revisit", "已将未完成的回访上报 {told}"),
        "revisit.ended": ("the revisit ended: {outcome!o}[, by {kind!k}][: {note}]", "回访结束：{outcome!o}[，方式：{kind!k}][：{note}]"),
        "revisit.released": ("the revisit is owed no more: {why!y}", "不再需要回访：{why!y}"),
    }  # fmt: skip
    terms = {
        "y": {
            "prospect": ("prospect", "潜在客户"),
            "first-purchase": ("first purchase", "首次成交"),
            "repeat": ("repeat", "复购"),
            "loyal": ("loyal", "忠诚"),
            "dormant": ("dormant", "沉睡"),
            "won-back": ("won back", "赢回"),
            "deal-is-open": ("a deal is open", "已有进行中的商机"),
            "merged": ("the record was merged", "客户记录已合并"),
            "no-rule": ("the policy asks for none", "策略不要求"),
        }
    }

    @classmethod
    def show(cls, revisit: Revisit, events: Events) -> RevisitSeen:
        promised, ended = revisit.promised, revisit.ended
        owed = revisit.commitment or cls.replayed(revisit.id, events[:-1]).commitment
        assert promised is not None
        assert owed is not None
        done = ended if isinstance(ended, RevisitEnded) else None
        return cls.filled(
            revisit,
            events,
            made_at=promised.made_at,
            due_at=owed.deadlines.due_at,
            remind_at=owed.deadlines.remind_at,
            deadlines=owed.deadlines,
            reminded=owed.reminded,
            missed=owed.missed,
            escalated=owed.escalated,
            outcome=_outcome(revisit),
            done_at=done.done_at if done else None,
            kind=str(done.kind) if done and done.kind else None,
            note=done.note if done else "",
        )


def _outcome(revisit: Revisit) -> RevisitOutcome:
    match revisit.ended:
        case RevisitEnded(outcome=outcome):
            return RevisitOutcome(outcome)
        case RevisitReleased():
            return RevisitOutcome.RELEASED
        case _:
            return RevisitOutcome.OPEN


class RevisitPolicySeen(msgspec.Struct, kw_only=True):
    """The newest version of a revisit policy."""

    policy_id: UUID
    name: str
    policy: RevisitPolicy
    position: int
    version: int


class PublishedRevisitPolicies(StreamView[RevisitPolicies, RevisitPolicySeen]):
    name = "revisit_policies"
    columns = ("policy_id", "name")
    indexes = {"name": "(name)"}
    order = ("name",)

    @classmethod
    def show(cls, policies: RevisitPolicies, events: Events) -> RevisitPolicySeen:
        return cls.filled(policies, events, name=policies.current.name, policy=policies.current)
