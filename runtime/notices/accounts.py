"""runtime: the accounts that can be told of something — whose they are, what they chose, when they may be disturbed.

Read anew for each window of facts and for each message: what somebody changes counts from then on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from domain.cycle.policies import CyclePolicies, cycle_policy_stream
from domain.engine.notices import Administrators, Leaders, Login, Who
from domain.notification.hours import Cadence, Hours, chosen
from domain.time.calendar import BusinessCalendar
from domain.time.zones import timezone_problem
from runtime.codec import decode_fact

ACCOUNTS = """
    SELECT a.id, a.login, a.name, a.role, a.rep_id, a.team_id, a.language, a.timezone, a.email, s.chat_url,
           s.quiet_from, s.quiet_until, s.daily_at, COALESCE(s.working_days, false), a.disabled_at IS NOT NULL,
           (SELECT json_object_agg(r.what || ' ' || r.channel, r.cadence) FROM app.notification_rules r WHERE r.account_id = a.id),
           (SELECT json_object_agg(f.channel, f.address) FROM app.failed_addresses f WHERE f.account_id = a.id),
           CASE WHEN a.role = 'manager' THEN
               (SELECT COALESCE(e.data->>'manager_id', e.data->>'after')::uuid FROM ledger.events e
                 WHERE e.stream_id = a.team_id AND e.topic IN ('team.formed', 'team.manager-changed')
                 ORDER BY e.version DESC LIMIT 1) END
      FROM app.accounts a LEFT JOIN app.notification_settings s ON s.account_id = a.id
"""
"""The last is who manages a manager's team, by the ledger."""
ALL = f"{ACCOUNTS} WHERE a.disabled_at IS NULL"
ONE = f"{ACCOUNTS} WHERE a.id = %s"
CALENDAR = """
    SELECT topic, schema_version, data::text FROM ledger.events
     WHERE stream_id = %s AND topic = 'cycle-policy.published' ORDER BY version DESC LIMIT 1
"""
CHANNELS = ("mail", "chat")


class Way(NamedTuple):
    """A channel that somebody hears of a kind of notice by, and how often; `what` is the rule of theirs that says so."""

    channel: str
    cadence: Cadence
    what: str


@dataclass(frozen=True)
class Account:
    """`persons` are those of the ledger that it stands for. `addresses` by channel; `failed` are those that took nothing."""

    id: UUID
    login: str
    name: str = field(repr=False)
    role: str
    rep_id: UUID | None
    team_id: UUID | None
    language: str
    hours: Hours
    addresses: Mapping[str, str] = field(repr=False)
    failed: Mapping[str, str] = field(repr=False)
    rules: dict[tuple[str, str], Cadence]
    persons: frozenset[UUID]
    disabled: bool = False

    def way(self, kind: str, channel: str) -> Way:
        what, cadence = chosen(self.rules, kind, channel)
        return Way(channel, cadence, what)

    def ways(self, kind: str) -> tuple[Way, ...]:
        """Of every channel that they want to hear of it by."""
        found = (self.way(kind, channel) for channel in CHANNELS)
        return tuple(one for one in found if one.cadence is not Cadence.OFF)


def account_of(row: tuple[Any, ...], company: BusinessCalendar) -> Account:
    (id, login, name, role, rep_id, team_id, language, timezone, email, chat_url, *times) = row
    quiet_from, quiet_until, daily_at, working_days, disabled, rules, failed, manager_id = times
    addresses = {"mail": email, "chat": chat_url}
    return Account(
        id=id,
        login=login,
        name=name,
        role=role,
        rep_id=rep_id,
        team_id=team_id,
        language=language or "en",
        hours=Hours(
            timezone if timezone and not timezone_problem(timezone) else company.timezone,
            quiet_from,
            quiet_until,
            daily_at or time(8),
            company if working_days else None,
        ),
        addresses={channel: at for channel, at in addresses.items() if at},
        failed=failed or {},
        rules={
            (key.split(" ")[0], key.split(" ")[1]): Cadence(value) for key, value in (rules or {}).items()
        },
        persons=frozenset(id for id in (rep_id, manager_id) if id is not None),
        disabled=disabled,
    )


def calendar_of(rows: Iterable[tuple[str, int, str]]) -> BusinessCalendar:
    """The company's, from what was published last of its cycle policy; the built-in one where nothing was."""
    found: BusinessCalendar = CyclePolicies.BUILT_IN.calendar
    for topic, version, data in rows:
        fact: Any = decode_fact(topic, version, data)
        found = fact.policy.calendar
    return found


COMPANY_CALENDAR = (CALENDAR, [cycle_policy_stream("default")])


class Book:
    """All accounts that are not disabled, to be found by whom a notice concerns."""

    def __init__(self, accounts: Collection[Account]) -> None:
        self.accounts = accounts
        self._found: dict[Who, tuple[Account, ...]] = {}
        self._ways: dict[tuple[UUID, str], tuple[Way, ...]] = {}
        self._due: dict[tuple[UUID, Way, datetime], datetime] = {}

    def of(self, who: Who) -> tuple[Account, ...]:
        found = self._found.get(who)
        if found is None:
            found = self._found[who] = tuple(self._look(who))
        return found

    def _look(self, who: Who) -> Iterable[Account]:
        match who:
            case Administrators():
                return [one for one in self.accounts if one.role == "admin"]
            case Leaders(team_id=team_id):
                return [one for one in self.accounts if one.role == "manager" and one.team_id == team_id]
            case Login(name=name):
                return [one for one in self.accounts if one.login.lower() == name.lower()]
        return self._persons.get(who, ())

    def selves(self, login: str) -> frozenset[UUID]:
        """The accounts of who acts under this name: that one, and others of the same person."""
        own = self.of(Login(login))
        persons = (account for one in own for person in one.persons for account in self.of(person))
        return frozenset(one.id for one in (*own, *persons))

    @cached_property
    def _persons(self) -> dict[UUID, list[Account]]:
        found: dict[UUID, list[Account]] = {}
        for one in self.accounts:
            for person in one.persons:
                found.setdefault(person, []).append(one)
        return found

    def ways(self, account: Account, kind: str) -> tuple[Way, ...]:
        found = self._ways.get((account.id, kind))
        if found is None:
            found = self._ways[account.id, kind] = account.ways(kind)
        return found

    def due(self, account: Account, way: Way, at: datetime) -> datetime:
        """When it is told. Facts of one minute are told together where they are not told at once."""
        if way.cadence is Cadence.AT_ONCE and account.hours.always:
            return at
        key = (account.id, way, at.replace(second=0, microsecond=0))
        found = self._due.get(key)
        if found is None:
            found = self._due[key] = account.hours.due(way.cadence, key[-1])
        return max(found, at)
