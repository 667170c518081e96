"""cli: service cases — a team's board, one of them, and its history. What can be done is in `api/case.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING
from uuid import UUID

from api.engine.acts import WHICH
from cli.engine.common import moment
from cli.engine.derive import group
from cli.engine.language import word
from cli.engine.options import who
from cli.engine.shown import Shown, add_history, add_list, add_show
from cli.engine.tables import facts, table
from cli.views.calendars import calendar_words

if TYPE_CHECKING:
    from domain.case.case import Promised
    from projections.case import CaseSeen, ServicePolicySeen

app = group(
    "case",
    "Service cases: list, show, open, answer, wait, solve, reopen, feedback.",
    acts="api.case",
)
MODEL = "projections.case:Cases"
add_list(
    app,
    Shown(
        path="/cases",
        model=MODEL,
        view="cli.case:show_cases",
        options="team owner customer severity=minor|normal|severe status=open|waiting|solved|closed",
        help="What is due first comes first.",
        example="salesloop case list --team 'North' --status open",
        names=lambda case: (case.owner_id, case.customer_id),
        clock="machine",
    ),
)
ONE = Shown(
    path="/cases",
    model=MODEL,
    view="cli.case:show_case",
    help="One case: its clocks, its solution, and what the customer said.",
    example=f"salesloop case show {WHICH}",
    names=lambda case: (case.owner_id, case.customer_id),
    clock="machine",
)
add_show(app, ONE, "case")
add_history(
    app,
    Shown(
        path="/cases",
        model=MODEL,
        view="cli.views.deals:show_history",
        help="Every event of a case.",
        example=f"salesloop case history {WHICH}",
        names=lambda _: (),
        clock="machine",
        limit=100,
    ),
    "case",
)
add_list(
    app,
    Shown(
        path="/service-policies",
        model="projections.case:PublishedServicePolicies",
        view="cli.case:show_policies",
        help="Service policies, the newest version of each.",
        example="salesloop case policies",
        names=lambda _: (),
    ),
    "policies",
)


def show_cases(cases: Iterable[CaseSeen], names: Mapping[UUID, str], to: tzinfo | None) -> None:
    rows = [
        (
            moment(one.due_at, to),
            word(one.severity),
            "overdue" if one.overdue else one.status,
            who(one.owner_id, names),
            who(one.customer_id, names),
            one.title,
            one.case_id,
        )
        for one in cases
    ]
    columns = ("due", "severity", "state", "who", "customer", "what", "id")
    table(columns, rows, whole=("due", "id"), spare=("who", "customer"))


def show_case(case: CaseSeen, names: Mapping[UUID, str], to: tzinfo | None) -> None:
    rows = [
        ("case", case.case_id),
        ("customer", who(case.customer_id, names)),
        ("owner", who(case.owner_id, names)),
        ("severity", word(case.severity)),
        ("category", case.category),
        ("state", word(case.status)),
        ("due", moment(case.due_at, to)),
        ("missed", ", ".join(map(word, case.missed))),
        ("deal", case.deal_id),
        ("follows", case.follows),
        ("reopened", case.reopened or ""),
        ("solution", case.solution),
        ("feedback", f"{case.score}/5 {case.said}" if case.score else ""),
        ("policy", f"{case.policy} {case.policy_version}"),
    ]
    facts(case.title, rows)


def show_policies(policies: Iterable[ServicePolicySeen], names: Mapping[UUID, str]) -> None:
    """What is promised is the first answer, then the solution."""
    rows = [
        (
            one.name,
            one.policy.version,
            _promised(one.policy.severe),
            _promised(one.policy.normal),
            _promised(one.policy.minor),
            one.policy.feedback_after,
            f"{one.policy.reopen_days}d",
            calendar_words(one.policy.calendar),
        )
        for one in policies
    ]
    columns = ("name", "version", "severe", "normal", "minor", "asked until", "reopened within", "calendar")
    table(columns, rows, whole=("name", "version"), spare=("calendar",))


def _promised(promised: Promised) -> str:
    return f"{promised.answer}, {promised.solve}"
