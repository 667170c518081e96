"""Runtime room, file import: event logs, whose cases are deals. What a case becomes is in `plan_events.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from domain.engine.values import ActivityKind
from domain.policy.closed import LOST, WON
from runtime.imports.kinds.deals import NOTED
from runtime.imports.kinds.kind import Kind
from runtime.imports.kinds.reps import REPS
from runtime.imports.mapping import (
    LIFECYCLE,
    MOMENTS,
    REJECT,
    ActivityRule,
    EventRules,
    Field,
    Mapping,
    needed,
    told,
)
from runtime.imports.mapping_table import Reading
from runtime.imports.plan_events import CasePlanner

EVENTS = "events"
MOST_DAYS = 3660


def _settings(mapping: Mapping, here: Reading) -> Mapping:
    usual = EventRules()
    rules = EventRules(
        activities=_activities(here),
        moments=_moments(here.inside("lifecycle")),
        systems=frozenset(here.texts("systems")),
        team=here.text("team", usual.team, needed=True),
        desk=here.text("desk", usual.desk, needed=True),
        owner=here.one_of("owner", ("first", "last"), usual.owner),
        stage=here.text("stage", usual.stage, needed=True),
        title=here.text("title", usual.title, needed=True),
        grouped=here.flag("grouped"),
        longest_days=here.number("longest_days", usual.longest_days, most=MOST_DAYS),
    )
    if rules.stage in (WON, LOST):
        here.wrong("stage", "an event log does not tell how a case was closed: choose an open stage")
    here.check_template("title", rules.title, ("case",))
    return replace(mapping, events=rules)


def _moments(here: Reading) -> dict[str, str]:
    """The mapping's words beside the standard's."""
    own: dict[str, str] = {}
    for moment in MOMENTS:
        for word in here.texts(moment):
            if own.setdefault(word.casefold(), moment) != moment:
                here.wrong(moment, f"{word!r} is under `{own[word.casefold()]}` already")
    here.done(MOMENTS)
    return LIFECYCLE | own


def _activities(here: Reading) -> tuple[ActivityRule, ...]:
    given = here.left.pop("activities", [])
    if not isinstance(given, list) or not all(isinstance(rule, dict) for rule in given):
        here.wrong("activities", "must be tables: [[events.activities]]")
        return ()
    rules = []
    for n, table in enumerate(given):
        rule = Reading(table, f"{here.at}activities[{n}].", here.problems)
        kind = rule.one_of("kind", list(ActivityKind), "")
        rules.append(ActivityRule(rule.text("match", needed=True), kind, rule.text("outcome")))
        rule.done(("match", "kind", "outcome"))
    return tuple(rules)


def _stages(mapping: Mapping) -> Iterator[tuple[str, str]]:
    yield "the log's cases", mapping.events.stage


KIND = Kind(
    name=EVENTS,
    one="case",
    fields=(
        Field("case", (REJECT,), "is empty: the event belongs to no case", of_all=True),
        *needed("activity", "timestamp"),
        *told("lifecycle", "resource"),
    ),
    case_planner=CasePlanner,
    makes=frozenset({REPS}),
    settings=(
        "activities",
        "lifecycle",
        "systems",
        "team",
        "desk",
        "owner",
        "stage",
        "title",
        "grouped",
        "longest_days",
    ),
    read=_settings,
    stages=_stages,
    noted=NOTED,
    paths={
        "at": "timestamp",
        "activities.at": "timestamp",
        "activity.name": "activity",
        "activity.duration_minutes": "timestamp",
        "opened_at": "timestamp",
        "title": "case",
        "reference": "case",
    },
)
