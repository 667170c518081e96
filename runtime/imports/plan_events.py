"""Runtime room, file import: the cases of an event log to deals with activities. Pure; no file, no database.

A start and the completion of the same work by the same resource are one activity: it happened when it was completed, and keeps
when it was begun. A completion without a start is an activity of unknown length, a start without a completion one that
was begun and not finished.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.deal.commands import ImportDeal, PastActivity
from domain.values import Activity, ActivityKind
from runtime.imports.mapping import REPS, ActivityRule, Mapping, Sheet
from runtime.imports.plan import IdOf, Planned, Values
from runtime.imports.plan_deals import DEAL
from runtime.imports.readers import Row
from runtime.imports.references import Name
from runtime.imports.results import ImportProblem, Reason
from runtime.imports.rows import Cells, Reasons
from runtime.imports.suggest import did_you_mean

ACTIVITY = "activity"
STARTED = "started"
RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a log that could be read."""

    row: Row
    case: str
    name: str
    begins: bool
    resource: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """All events of a case, in the order in which they happened; those at the same instant as in the file."""

    key: str
    events: tuple[Event, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(event.row for event in self.events)


@dataclass(frozen=True, slots=True)
class Work:
    """One activity: `started` and `done` are None where the log does not tell."""

    name: str
    resource: str
    started: datetime | None
    done: datetime | None

    @property
    def at(self) -> datetime:
        at = self.done or self.started
        assert at is not None
        return at


class EventReader:
    """A row's cells to an event. None: the mapping says to pass over it."""

    def __init__(self, mapping: Mapping, sheet: Sheet, values: Values) -> None:
        self._rules, self._sheet, self._values = mapping.events, sheet, values

    def read(self, row: Row, cells: Cells) -> Event | list[Reason] | None:
        reasons = Reasons(self._sheet, cells)
        moment = cells.get("lifecycle", "")
        if moment in self._rules.ignore:
            return None
        if moment not in self._rules.start and moment not in self._rules.complete:
            known = sorted(filter(None, self._rules.start | self._rules.complete | self._rules.ignore))
            reasons.wrong(
                "lifecycle", f"is not in [events.lifecycle] ({', '.join(known)}){did_you_mean(moment, known)}"
            )
        at = self._values.instant(reasons, "timestamp")
        if reasons.found or at is None:
            return reasons.found
        begins = moment in self._rules.start
        return Event(row, cells["case"], cells["activity"], begins, cells.get("resource", ""), at)


def grouped(events: Iterable[Event], file: str) -> Iterator[Case]:
    """Cases of a log that holds each case in one piece; one case in memory. Raises ImportProblem for another log."""
    done: set[str] = set()
    held: list[Event] = []
    for event in events:
        if held and event.case != held[0].case:
            done.add(held[0].case)
            yield _case(held)
            held = []
        if event.case in done:
            raise ImportProblem(
                f"{file} line {event.row.line}: case {event.case!r} goes on after another one: set `grouped = false`"
            )
        held.append(event)
    if held:
        yield _case(held)


def gathered(events: Iterable[Event]) -> Iterator[Case]:
    """Cases of any log, in the order of their first rows; the whole log in memory."""
    cases: dict[str, list[Event]] = {}
    for event in events:
        cases.setdefault(event.case, []).append(event)
    return (_case(held) for held in cases.values())


def _case(events: list[Event]) -> Case:
    return Case(events[0].case, tuple(sorted(events, key=lambda event: event.at)))


def works(events: Iterable[Event]) -> list[Work]:
    """Starts and completions paired, oldest start first; in the order of their ends."""
    begun: dict[tuple[str, str], list[Event]] = {}
    found = []
    for event in events:
        open_starts = begun.setdefault((event.name, event.resource), [])
        if event.begins:
            open_starts.append(event)
        else:
            started = open_starts.pop(0).at if open_starts else None
            found.append(Work(event.name, event.resource, started, event.at))
    unfinished = (event for starts in begun.values() for event in starts)
    found.extend(Work(event.name, event.resource, event.at, None) for event in unfinished)
    return sorted(found, key=lambda work: work.at)


class CasePlanner:
    def __init__(self, mapping: Mapping, id_of: IdOf) -> None:
        self._mapping, self._rules, self._id_of = mapping, mapping.events, id_of
        self._fitting: dict[str, ActivityRule] = {}

    def names(self, case: Case) -> list[tuple[str, Name]]:
        people = {event.resource for event in case.events if self._is_person(event.resource)}
        return [(RESOURCE, (REPS, name)) for name in sorted(people) or [self._rules.desk]]

    def _is_person(self, resource: str) -> bool:
        return bool(resource) and resource not in self._rules.systems

    def plan(self, case: Case) -> Planned:
        done = works(case.events)
        command = ImportDeal(
            deal_id=self._id_of(DEAL, case.key),
            title=self._rules.title.replace("{case}", case.key),
            owner_id=self._owner(done),
            source=self._mapping.source,
            reference=case.key,
            opened_at=case.events[0].at,
            stage=self._rules.stage,
            process=self._mapping.process,
            policy=self._mapping.policy,
            activities=tuple(self._activities(case.key, done)),
            assumed=frozenset({"opened_at"}),
        )
        return Planned(case.rows, (command,), refers=tuple(self.names(case)))

    def _owner(self, done: list[Work]) -> UUID:
        people = [work.resource for work in done if self._is_person(work.resource)]
        last = self._rules.owner == "last"
        name = people[-1 if last else 0] if people else self._rules.desk
        return self._id_of(REPS, name)

    def _activities(self, case: str, done: list[Work]) -> Iterator[PastActivity]:
        """Ids are made of what happened, so that a log which grew keeps those it told before."""
        times: dict[tuple[object, ...], int] = {}
        for work in done:
            told = (case, work.name, work.resource, work.started, work.done)
            times[told] = n = times.get(told, 0) + 1
            key = "\x1f".join(map(str, (*told, n)))
            yield PastActivity(self._id_of(ACTIVITY, key), work.at, self._activity(work))

    def _activity(self, work: Work) -> Activity:
        rule = self._fitting.get(work.name)
        if rule is None:
            rule = self._fitting[work.name] = self._rules.rule_for(work.name)
        minutes = None
        if work.started is not None and work.done is not None:
            minutes = round((work.done - work.started).total_seconds() / 60)
        return Activity(
            kind=ActivityKind(rule.kind),
            outcome=rule.outcome if work.done is not None else STARTED,
            duration_minutes=minutes,
            rep_id=self._id_of(REPS, work.resource) if self._is_person(work.resource) else None,
            name=work.name,
            started_at=work.started,
        )
