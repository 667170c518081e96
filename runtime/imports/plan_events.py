"""Runtime room, file import: the cases of an event log to deals with activities. Pure; no file, no database.

A start and the completion of the same work by the same resource are one activity: it happened when it was completed, and keeps
when it was begun. A completion without a start is an activity of unknown length, a start without a completion one that
was begun and not finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.deal.commands import ImportDeal, PastActivity
from domain.engine.values import Activity, ActivityKind
from runtime.imports.cases import Case, Event, Work, Wrong, refused, works
from runtime.imports.kinds.kind import Planning, ReasonAt
from runtime.imports.kinds.reps import REPS
from runtime.imports.lines import Row
from runtime.imports.mapping import PASSED_OVER, ActivityRule, Mapping, Sheet
from runtime.imports.plan import Planned, Values
from runtime.imports.plan_deals import DEAL
from runtime.imports.references import Name
from runtime.imports.results import Reason
from runtime.imports.rows import Cells, Reasons
from runtime.imports.suggest import did_you_mean

ACTIVITY = "activity"
STARTED = "started"
RESOURCE = "resource"


class EventReader:
    """A row's cells to an event. None: the mapping says to pass over it."""

    def __init__(self, mapping: Mapping, sheet: Sheet, values: Values) -> None:
        self._rules, self._sheet, self._values = mapping.events, sheet, values

    def read(self, row: Row, cells: Cells) -> Event | list[Reason] | None:
        reasons = Reasons(self._sheet, cells)
        word = cells.get("lifecycle", "")
        moment = self._rules.moments.get(word.casefold())
        if moment == PASSED_OVER:
            return None
        if moment is None:
            known = sorted(filter(None, self._rules.moments))
            reasons.wrong(
                "lifecycle", f"is not in [events.lifecycle] ({', '.join(known)}){did_you_mean(word, known)}"
            )
        at = self._values.instant(reasons, "timestamp")
        if reasons.found or at is None or moment is None:
            return reasons.found
        return Event(row, cells["case"], cells["activity"], moment, cells.get("resource", ""), at)


class CasePlanner:
    def __init__(self, at_hand: Planning) -> None:
        self._mapping, self._rules, self._id_of = at_hand.mapping, at_hand.mapping.events, at_hand.id_of
        self._fitting: dict[str, ActivityRule] = {}

    def names(self, case: Case) -> list[tuple[str, Name]]:
        if case.unread:
            return []
        people = {event.resource for event in case.events if self._is_person(event.resource)}
        return [(RESOURCE, (REPS, name)) for name in sorted(people) or [self._rules.desk]]

    def _is_person(self, resource: str) -> bool:
        return bool(resource) and resource not in self._rules.systems

    def plan(self, case: Case, reason: ReasonAt) -> list[Planned]:
        """One deal, or a refusal for each row."""
        if case.unread:
            return refused(case, [(unread.row, unread.reasons) for unread in case.unread])
        done = works(case.events)
        if too_long := self._too_long(done, reason):
            return refused(case, too_long)
        return [self._deal(case, done)]

    def _deal(self, case: Case, done: list[Work]) -> Planned:
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
            timezone=self._mapping.timezone,
            activities=tuple(self._activities(case.key, done)),
            assumed=frozenset({"opened_at"}),
        )
        parts = tuple(work.rows for work in done)
        return Planned(case.rows, (command,), refers=tuple(self.names(case)), parts=parts)

    def _too_long(self, done: list[Work], reason: ReasonAt) -> Wrong:
        """The rows of work that took longer than work takes."""
        longest = timedelta(days=float(self._rules.longest_days))
        return [
            (row, (reason(row, "timestamp", self._long(work)),))
            for work in done
            if work.started is not None and work.done is not None and work.done - work.started > longest
            for row in work.rows
        ]

    def _long(self, work: Work) -> str:
        assert work.started is not None
        assert work.done is not None
        zone, days = ZoneInfo(self._mapping.timezone), (work.done - work.started) / timedelta(days=1)
        since, until = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (work.started, work.done))
        most = f"{self._rules.longest_days:f} days"
        return (
            f"{work.name!r} took {days:.1f} days, {since} to {until}; more than {most} is taken for a completion that is"
            " missing: raise `longest_days` under [events]"
        )

    def _owner(self, done: list[Work]) -> UUID:
        people = [work.resource for work in done if self._is_person(work.resource)]
        last = self._rules.owner == "last"
        name = people[-1 if last else 0] if people else self._rules.desk
        return self._id_of(REPS, name)

    def _activities(self, case: str, done: list[Work]) -> Iterator[PastActivity]:
        """Ids are made of what happened, so that a log which grew keeps those it told before."""
        ids, begun = self._numbered(), self._numbered()
        for work in done:
            told = (case, work.name, work.resource, work.started)
            both = work.started is not None and work.done is not None
            begun_id = begun(*told, None) if both else None
            yield PastActivity(ids(*told, work.done), work.at, self._activity(work), begun_id)

    def _numbered(self) -> Callable[..., UUID]:
        """Ids of what is told by these words, for the first time, the second and so on."""
        times: dict[tuple[object, ...], int] = {}

        def id_of(*told: object) -> UUID:
            times[told] = n = times.get(told, 0) + 1
            return self._id_of(ACTIVITY, "\x1f".join(map(str, (*told, n))))

        return id_of

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
