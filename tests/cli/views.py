"""tests/cli: every view there is, given the longest of everything."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

import msgspec

from api.action_item.acts import READS as ACTION_ITEMS
from api.case import READS as CASES
from api.deal.details import DealDetails
from api.engine.acts import Reads
from api.engine.notice_settings import FailingAddress
from api.engine.sent_notices import SentNotice
from cli import watch
from cli.engine.shown import found
from cli.views import (
    calendars as calendar_views,
)
from cli.views import customers as customer_views
from cli.views import (
    deals as deal_views,
)
from cli.views import derived as derived_views
from cli.views import duplicates as duplicate_views
from cli.views import leads as lead_views
from cli.views import (
    loop as loop_views,
)
from cli.views import (
    meetings as meeting_views,
)
from cli.views import notices as notice_views
from cli.views import overview as overview_views
from cli.views import (
    packs as pack_views,
)
from cli.views import (
    reviews as review_views,
)
from cli.views import rules as rule_views
from cli.views import webhooks as webhook_views
from domain.customer.likely import Evidence
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.figures.metrics import every_metric
from domain.notices import CALLED
from domain.scorecard.definition import Definition
from projections import (
    adjustment as adjustments,
)
from projections import (
    lead as leads,
)
from projections import (
    meeting as meetings,
)
from projections import (
    scorecard as scorecards,
)
from projections import (
    search,
)
from projections.customer.pairs import DuplicatePair
from projections.cycle import board as cycle_board
from projections.cycle import pack_view
from projections.deal import agenda, funnel
from projections.deal import board as deal_board
from projections.deal.events import DealEvent
from projections.engine import status
from projections.engine.paging import Page
from projections.engine.rebuild import Difference
from projections.figures import figures
from projections.people import directory, rep_load
from projections.policy.rules import CalendarKnown
from projections.target import attainment
from projections.target import tree as target_tree
from runtime.codec import encode
from tests.cli.extremes import AMOUNT, AT, ID, TEXT, extreme

NAMES = {ID: f"王小明 {TEXT[:20]}"}


def _several(kind: Any) -> list[Any]:
    return [extreme(kind), extreme(kind)]


def _page(kind: Any) -> Page[Any]:
    return Page(_several(kind), "more")


RESULT = {
    "currency": "CNY",
    "total": str(AMOUNT),
    "measures": [
        {
            "key": TEXT,
            "metric": "revenue-won",
            "figure": str(AMOUNT),
            "target": str(AMOUNT),
            "score": "118.25",
        }
        | {"weight": "33.333", "events": 9_876_543}
    ],
}


def _derived(reads: Reads) -> Iterator[Callable[[], None]]:
    """The views that a table of reads makes, each under a name of its own."""
    model = found(reads.model)
    columns, key = reads.columns.split(), model.columns[0]
    several = shows(derived_views.show_several, lambda: _several(model.view), NAMES, UTC, columns, key)
    several.__name__ = f"show_several_{model.name}"
    yield several
    if reads.fields:
        one = shows(derived_views.show_one, lambda: extreme(model.view), NAMES, UTC, reads.fields.split())
        one.__name__ = f"show_one_{model.name}"
        yield one


def _card() -> Any:
    card = extreme(scorecards.ScorecardSeen)
    closings = [msgspec.structs.replace(one, result=json.dumps(RESULT)) for one in card.closings]
    return msgspec.structs.replace(card, closings=closings)


def _recomputed() -> Any:
    told = json.dumps(RESULT)
    return msgspec.structs.replace(extreme(scorecards.Recomputed), result=told, recomputed=told, now=told)


def _pack() -> Any:
    found = extreme(pack_view.PackSeen)
    line = extreme(pack_view.Beside)
    values = [
        ("targets", "number", str(AMOUNT)),
        ("funnel", "deals", "98765"),
        ("stalled", "mean_days", "1234.5"),
    ]
    made = [
        msgspec.structs.replace(line, section=section, name=name, then=value, now=value + "1")
        for section, name, value in values
    ]
    return msgspec.structs.replace(found, lines=made)


def _details() -> Any:
    found = extreme(DealDetails)
    asked = [msgspec.structs.replace(one, spent=False) for one in found.overrides]
    return msgspec.json.decode(encode(msgspec.structs.replace(found, overrides=asked)))


def _happenings() -> Page[Any]:
    one = msgspec.structs.replace(
        extreme(DealEvent),
        sentence={"en": f"{TEXT} {AMOUNT:,} CNY", "zh": f"{TEXT} {AMOUNT:,} CNY"},
    )
    return Page([one], "more")


def _branch() -> target_tree.Branch:
    leaf = target_tree.Branch(extreme(target_tree.Targeted), None, [])
    inner = msgspec.structs.replace(leaf, children=[leaf])
    return msgspec.structs.replace(leaf, children=[inner, inner])


POLICY = {
    "version": 9_876,
    "due_after": "24bh",
    "due_after_by_stage": {"needs": "9999bh", "solution": "9999bh"},
    "remind_before": "4bh",
    "escalate_after": "24bh",
    "reassign_after": "72bh",
    "calendar": {"timezone": "America/Argentina/Buenos_Aires", "opens": "09:00", "closes": "18:00"}
    | {
        "known_until": "2027-12-31",
        "estimated_years": [2027],
        "own_holidays": ["2026-04-03"],
        "own_workdays": [],
    },
    "warnings": ["days off are known until 2027-12-31: every weekday after it counts as worked"],
}
KEY_ROW = {"id": "0123456789abcdef", "user_id": "wang.wei", "role": "manager", "label": TEXT} | {
    "created_at": AT.isoformat(),
    "expires_at": AT.isoformat(), "revoked_at": AT.isoformat(),
}  # fmt: skip
ENDPOINT_ROW = {
    "id": ID, "name": TEXT, "owner": "wang.wei", "url": TEXT, "topics": [TEXT],
    "envelope": "cloudevents", "personal": True, "state": "switched-off", "reason": "owner-gone", "position": 987_654_321,
    "behind": 87_654_321, "held": 1_000, "failing_since": AT.isoformat(), "next_try_at": AT.isoformat(),
    "created_at": AT.isoformat(), "last_at": AT.isoformat(), "last_status": 503, "last_error": "refused",
}  # fmt: skip
TRY_ROW = {
    "at": AT.isoformat(), "topic": "promise.missed", "position": 987_654_321, "attempt": 10, "status": 307,
    "error": "redirect", "took_ms": 15_000, "message_id": "msg_987654321_0123456789abcdef",
}  # fmt: skip
STAGE = {
    "name": TEXT,
    "probability": "0.125",
    "leave": ["pain-points", "budget", "decision-process"],
    "enter": [],
}
PROFILE = {"name": TEXT, "sector": TEXT, "employees": 987_654, "revenue": f"{AMOUNT} CNY"}
LIKELY = {
    "score": 100,
    "name": TEXT,
    "evidence": [*map(str, Evidence)],
    "teams": [TEXT, TEXT],
    "customer_id": ID,
}
CONTACT = {"name": TEXT, "note": TEXT, "phone": "+86 21 1234 5678 ext. 90", "mail": "a@example.com", "id": ID}

SUM = {"currency": "CNY", "deals": 9_876, "amount": str(AMOUNT)}
RECORDS = {
    "records": [
        {"customer_id": ID, "name": TEXT, "into": ID, "merged_at": "2026-11-30T09:00:00Z", "reason": TEXT}
    ],
    "fields": [{"field": "sector", "value": TEXT, "chosen": ID}],
}
SINCE = {
    "items": [
        {"what": what, "id": ID, "name": TEXT, "value": TEXT, "at": "2026-11-30T09:00:00Z"}
        for what in ("field", "contact", "deal", "lead", "case")
    ]
}
GROUP = {
    "members": [{"customer_id": ID, "name": TEXT, "depth": 1, "open": [SUM], "won": [SUM]}],
    "open": [SUM],
    "won": [SUM],
}


def _race() -> None:
    """A live table is drawn from the same lines."""
    deal = watch.Burning(ID, TEXT, ID, dict.fromkeys(watch.STEPS, AT))
    print(watch.Race({ID: deal}, NAMES).table())


def shows(view: Callable[..., None], make: Callable[[], Any], *more: Any, **named: Any) -> Callable[[], None]:
    def drawn() -> None:
        view(make(), *more, **named)

    drawn.__name__ = view.__name__
    return drawn


def _calendar(kind: str) -> CalendarKnown:
    return CalendarKnown(kind=kind, policy="1", version=9, known_until=None, estimated_years=(), warnings=[])


TOLD = {
    "login": "wang.wei", "email": "a@example.com", "chat_url": "ext.://…1234", "quiet_from": "21:00", "quiet_until": "07:30",
    "working_days": True, "daily_time": "08:00", "failing": [{"channel": "mail"}],
    "told": [{"what": "promise.handed-over", "called": TEXT, "mail": "at-once", "chat": "hourly"}],
    "rules": [{"what": "*", "channel": "mail", "cadence": "at-once"}],
}  # fmt: skip
ALL: list[Callable[[], None]] = [
    shows(deal_views.show_deals, lambda: _several(deal_board.DealView), UTC),
    shows(deal_views.show_found, lambda: _several(search.Group)),
    shows(deal_views.show_details, _details),
    shows(deal_views.show_deal, lambda: extreme(deal_board.DealView), UTC),
    shows(deal_views.show_history, _happenings, "zh", UTC),
    shows(overview_views.show_agenda, lambda: _page(agenda.AgendaItem), UTC),
    shows(overview_views.show_ended, lambda: _page(agenda.EndedItem), UTC),
    shows(rule_views.show_rules, lambda: [{"name": "default", "version": 9_876}]),
    shows(overview_views.show_outcomes, lambda: _several(agenda.Outcomes)),
    shows(overview_views.show_funnel, lambda: _several(funnel.FunnelStage), "default"),
    shows(overview_views.show_reps, lambda: _several(rep_load.Load)),
    shows(lead_views.show_leads, lambda: _several(leads.LeadView), UTC),
    shows(lead_views.show_lead, lambda: extreme(leads.LeadView), UTC),
    shows(lead_views.show_origins, lambda: _several(leads.Origin), "qualified_by"),
    shows(
        loop_views.show_cycle,
        lambda: extreme(cycle_board.CycleSeen),
        _several(attainment.Attainment),
        NAMES,
        UTC,
    ),
    shows(loop_views.show_board, lambda: _several(cycle_board.CycleSeen), NAMES, UTC),
    shows(loop_views.show_said, lambda: extreme(cycle_board.CycleSeen), NAMES, UTC),
    shows(loop_views.show_attainment, lambda: [extreme(attainment.Attainment)], NAMES),
    shows(loop_views.show_attainment, lambda: _several(attainment.Attainment), NAMES, "标题"),
    shows(loop_views.show_targets, lambda: _several(target_tree.Targeted), NAMES),
    shows(loop_views.show_target, lambda: extreme(target_tree.Targeted), NAMES),
    shows(loop_views.show_tree, _branch, NAMES),
    shows(pack_views.show_pack, _pack, NAMES, UTC, "zh"),
    shows(review_views.show_scorecards, lambda: [_card()], NAMES),
    shows(review_views.show_scorecard, _card, NAMES, UTC),
    shows(review_views.show_recomputed, _recomputed),
    shows(review_views.show_behind, lambda: _several(figures.Behind), NAMES),
    shows(review_views.show_definition, lambda: extreme(Definition)),
    *(view for reads in (*CASES, *ACTION_ITEMS) for view in _derived(reads)),
    shows(review_views.show_adjustments, lambda: _several(adjustments.AdjustmentSeen), NAMES, UTC),
    shows(review_views.show_adjustment, lambda: extreme(adjustments.AdjustmentSeen), NAMES, UTC),
    shows(meeting_views.show_meetings, lambda: _several(meetings.MeetingSeen), NAMES, UTC),
    shows(meeting_views.show_meeting, lambda: extreme(meetings.MeetingSeen), NAMES, UTC),
    shows(meeting_views.show_schedules, lambda: _several(meetings.ScheduleSeen), NAMES, UTC),
    shows(rule_views.show_policy, lambda: "default", [POLICY]),
    shows(calendar_views.show_calendars, lambda: [_calendar("cycle"), _calendar("follow-up")]),
    _race,
    shows(rule_views.show_process, lambda: "default", [{"version": 3, "stages": [STAGE, STAGE]}]),
    shows(rule_views.show_customer, lambda: {"customer_id": ID, "profile": PROFILE, "contacts": [CONTACT]}),
    shows(customer_views.show_records, lambda: RECORDS),
    shows(customer_views.show_since, lambda: SINCE),
    shows(customer_views.show_group, lambda: GROUP),
    shows(rule_views.show_listed, lambda: _several(directory.Listed)),
    shows(duplicate_views.show_pairs, lambda: _several(DuplicatePair)),
    shows(duplicate_views.show_likely, lambda: [LIKELY]),
    shows(
        duplicate_views.show_duplicate_policy,
        lambda: [{"version": 9_999, "tell_from": 100, "ask_from": None, "refuse_from": 100}],
    ),
    shows(rule_views.show_cycle_policy, lambda: "default", [DEFAULT_CYCLE_POLICY]),
    shows(rule_views.show_keys, lambda: [KEY_ROW], UTC),
    shows(notice_views.show_notices, lambda: _several(SentNotice), UTC),
    shows(notice_views.show_notifications, lambda: TOLD),
    shows(webhook_views.show_webhooks, lambda: [ENDPOINT_ROW], UTC),
    shows(webhook_views.show_webhook, lambda: ENDPOINT_ROW, UTC),
    shows(webhook_views.show_deliveries, lambda: [TRY_ROW], UTC),
    shows(notice_views.show_failing, lambda: _several(FailingAddress), UTC),
    shows(rule_views.show_standing, lambda: _several(status.ProjectionStatus), UTC),
    shows(rule_views.show_differences, lambda: _several(Difference)),
    shows(rule_views.show_metrics, every_metric, "zh"),
]
KEYS = {word for metric in every_metric() for word in re.split("[-:]", metric.key)}
KEYS |= {"msg", "cloudevents"}
KEYS |= {word for kind in CALLED for word in re.split("[-.]", kind)}
"""What of the views' own values is neither fixed nor a user's."""
