"""Runtime room, file import: the events of a log gathered into cases, and a case's events paired into work. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from runtime.imports.lines import Row
from runtime.imports.mapping import ABORTS, BEGINS
from runtime.imports.plan import Planned
from runtime.imports.results import ImportProblem, Reason


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a log that could be read. `moment` is BEGINS, ENDS or ABORTS."""

    row: Row
    case: str
    name: str
    moment: str
    resource: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unread:
    """One that could not. `case` is empty where the row does not tell that either."""

    row: Row
    case: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """All events of a case, in the order in which they happened; those at the same instant as in the file."""

    key: str
    events: tuple[Event, ...]
    unread: tuple[Unread, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        return (*(event.row for event in self.events), *(event.row for event in self.unread))


@dataclass(frozen=True, slots=True)
class Work:
    """One activity, and the rows that tell of it: `started` and `done` are None where the log does not tell."""

    name: str
    resource: str
    started: datetime | None
    done: datetime | None
    rows: tuple[Row, ...] = ()

    @property
    def at(self) -> datetime:
        at = self.done or self.started
        assert at is not None
        return at


def grouped(events: Iterable[Event | Unread], file: str) -> Iterator[Case]:
    """Cases of a log that holds each case in one piece; one case in memory. Raises ImportProblem for another log."""
    done: set[str] = set()
    held: list[Event | Unread] = []
    for event in events:
        if not event.case:
            yield _case([event])
            continue
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


def gathered(events: Iterable[Event | Unread]) -> Iterator[Case]:
    """Cases of any log, in the order of their first rows; the whole log in memory."""
    cases: dict[str, list[Event | Unread]] = {}
    for event in events:
        cases.setdefault(event.case, []).append(event)
    return (_case(held) for held in cases.values())


def _case(held: list[Event | Unread]) -> Case:
    events = sorted((event for event in held if isinstance(event, Event)), key=lambda event: event.at)
    unread = tuple(event for event in held if isinstance(event, Unread))
    return Case(held[0].case, tuple(events), unread)


Wrong = Sequence[tuple[Row, tuple[Reason, ...]]]


def told_apart(
    key: str, rows: Sequence[Row], wrong: Wrong, *, of_deal: bool = False
) -> list[tuple[Reason, ...]]:
    """For each row of a case what is wrong with it, or for which rows it is refused: without those it would be another case."""
    known = {id(row): reasons for row, reasons in wrong}
    lines = sorted({row.first or row.line for row, _ in wrong})
    told = ", ".join(map(str, lines[:5])) + (" and others" if len(lines) > 5 else "")
    case = f"its case {key!r} is refused as a whole, for row {told}"
    deal = f"its deal {key!r} is refused as a whole, for row {told}"
    others = (Reason("", "", deal if of_deal else case),)
    return [known.get(id(row), others) for row in rows]


def refused(case: Case, wrong: Wrong) -> list[Planned]:
    rows = sorted(case.rows, key=lambda row: row.line)
    pairs = zip(rows, told_apart(case.key, rows, wrong), strict=True)
    return [Planned((row,), reasons=reasons) for row, reasons in pairs]


def works(events: Iterable[Event]) -> list[Work]:
    """Starts and completions paired, oldest start first; in the order of their ends. What was aborted was begun and not done."""
    begun: dict[tuple[str, str], list[Event]] = {}
    found = []
    for event in events:
        open_starts = begun.setdefault((event.name, event.resource), [])
        if event.moment == BEGINS:
            open_starts.append(event)
            continue
        start = open_starts.pop(0) if open_starts else None
        if event.moment == ABORTS:
            found.extend([_begun(start)] if start else [])
        else:
            rows = (start.row, event.row) if start else (event.row,)
            found.append(Work(event.name, event.resource, start.at if start else None, event.at, rows))
    found.extend(_begun(event) for starts in begun.values() for event in starts)
    return sorted(found, key=lambda work: work.at)


def _begun(event: Event) -> Work:
    return Work(event.name, event.resource, event.at, None, (event.row,))
