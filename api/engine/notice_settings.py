"""api: what people chose of notices — of what, by which channel, how often and when. Nothing is decided on or sent here, and HTTP may
not enter.

Rules and settings are the account's. A chat's address has secrets in it: it is kept, and read back masked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from domain.engine.errors import FieldError, Invalid
from domain.notification import hours
from domain.notification.recipient import AddressFailed, AddressRestored
from runtime.ledger import Ledger

Channel = Literal["mail", "chat"]
Cadence = Literal["at-once", "hourly", "daily", "off"]
ALL = "*"
"""A rule of everything."""
SHOWN = 4
"""Of a chat's address so many last characters are shown."""
LONG_ENOUGH = 16
"""Characters that an address has, or none of it is shown."""

SETTINGS = """
    SELECT s.quiet_from, s.quiet_until, s.working_days, s.daily_at AS daily_time, s.chat_url
      FROM app.notification_settings s WHERE s.account_id = %s
"""
RULES = "SELECT what, channel, cadence FROM app.notification_rules WHERE account_id = %s ORDER BY what <> '*', what, channel"
TOPICS = ([AddressFailed.TOPIC, AddressRestored.TOPIC], AddressFailed.TOPIC)
FAILING = """
    SELECT a.login, f.channel, e.recorded_at AS since, e.data->>'code' AS code
      FROM app.failed_addresses f JOIN app.accounts a ON a.id = f.account_id
      LEFT JOIN app.notification_settings s ON s.account_id = a.id
      JOIN LATERAL (SELECT e.topic, e.recorded_at, e.data FROM ledger.events e
                     WHERE e.stream_id = f.account_id AND e.topic = ANY(%s) AND e.data->>'channel' = f.channel
                     ORDER BY e.version DESC LIMIT 1) e ON e.topic = %s
       AND (CASE f.channel WHEN 'mail' THEN a.email ELSE s.chat_url END <> f.address) IS NOT TRUE
"""
"""Restored ones are left out at once, before whoever follows the ledger has them off the table; so are those that are another now."""
ACCOUNT = "SELECT login, email, role, timezone FROM app.accounts WHERE id = %s"
MADE = "INSERT INTO app.notification_settings (account_id) VALUES (%s) ON CONFLICT DO NOTHING"
CHANGED = """
    UPDATE app.notification_settings
       SET quiet_from = %s, quiet_until = %s, working_days = %s, daily_at = %s, chat_url = %s WHERE account_id = %s
"""
RULED = """
    INSERT INTO app.notification_rules (account_id, what, channel, cadence) VALUES (%s, %s, %s, %s)
    ON CONFLICT (account_id, what, channel) DO UPDATE SET cadence = EXCLUDED.cadence
"""
UNRULED = "DELETE FROM app.notification_rules WHERE account_id = %s AND what = %s AND channel = %s"
STOPPED = """
    WITH whose AS (SELECT account_id FROM app.notification_settings WHERE unsubscribe_token = %(token)s),
         narrower AS (DELETE FROM app.notification_rules r USING whose w
                       WHERE r.account_id = w.account_id AND r.channel = 'mail' AND r.what <> '*')
    INSERT INTO app.notification_rules (account_id, what, channel, cadence) SELECT account_id, '*', 'mail', 'off' FROM whose
    ON CONFLICT (account_id, what, channel) DO UPDATE SET cadence = 'off'
"""


@dataclass(frozen=True, slots=True)
class Times:
    """Of the day in the account's time zone; nothing is sent from `quiet_from` until `quiet_until`, which may be the next day, and on
    days off with `working_days`. `chat_url` has secrets.
    """

    quiet_from: time | None = None
    quiet_until: time | None = None
    working_days: bool = False
    daily_time: time = time(8)
    chat_url: str | None = None


class FailingAddress(msgspec.Struct):
    """An address that takes nothing: since when, and `code` says why."""

    login: str
    channel: Channel
    code: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an account has: `rules` as dicts of what, channel and cadence, that of everything first; `failing` by which channels nothing
    reaches them. Without a time zone times of the day are the company's.
    """

    login: str
    role: str
    email: str | None
    timezone: str | None
    rules: Sequence[Mapping[str, str]]
    times: Times
    failing: Sequence[FailingAddress]

    def cadence(self, what: str, channel: str) -> str:
        """How what is called so is told by that channel now."""
        rules = {(rule["what"], rule["channel"]): hours.Cadence(rule["cadence"]) for rule in self.rules}
        return str(hours.chosen(rules, what, channel)[1])


class NoticeSettings:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def of(self, account: UUID) -> Chosen:
        async with self._ledger.pool.connection() as connection:
            return await _chosen(connection, account)

    async def choose(
        self,
        account: UUID,
        rules: Sequence[tuple[str, Channel, Cadence | None]],
        times: Mapping[str, Any],
    ) -> Chosen:
        """What is not named stays as it is. A rule without a cadence is taken away. Raises Invalid for quiet hours without an end or a
        beginning.
        """
        async with self._ledger.pool.connection() as connection:
            await connection.execute(MADE, [account])
            changed = replace(await _times(connection, account, lock=True), **times)
            _check(changed)
            given = (changed.quiet_from, changed.quiet_until, changed.working_days, changed.daily_time)
            await connection.execute(CHANGED, [*given, changed.chat_url, account])
            for what, channel, cadence in rules:
                if cadence is None:
                    await connection.execute(UNRULED, [account, what, channel])
                else:
                    await connection.execute(RULED, [account, what, channel, cadence])
            return await _chosen(connection, account)

    async def failing(self, limit: int = 1_000) -> list[FailingAddress]:
        """The addresses that nothing is sent to any more."""
        async with self._ledger.pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(FailingAddress))
            query = f"{FAILING} ORDER BY lower(a.login), f.channel LIMIT %s"
            return await (await cursor.execute(query.encode(), [*TOPICS, limit])).fetchall()

    async def stop_mails(self, token: UUID) -> None:
        """Of whoever has that token no more mails are sent: whatever else was said of mails counts no more. Nobody: nothing."""
        async with self._ledger.pool.connection() as connection:
            await connection.execute(STOPPED, {"token": token})


async def _chosen(connection: AsyncConnection[Any], account: UUID) -> Chosen:
    cursor = connection.cursor(row_factory=dict_row)
    (whose,) = await (await cursor.execute(ACCOUNT, [account])).fetchall()
    rules = await (await cursor.execute(RULES, [account])).fetchall()
    failing = connection.cursor(row_factory=class_row(FailingAddress))
    query = f"{FAILING} WHERE a.id = %s"
    refused = await (await failing.execute(query.encode(), [*TOPICS, account])).fetchall()
    return Chosen(**whose, rules=rules, times=await _times(connection, account), failing=refused)


async def _times(connection: AsyncConnection[Any], account: UUID, *, lock: bool = False) -> Times:
    cursor = connection.cursor(row_factory=class_row(Times))
    query = f"{SETTINGS} FOR UPDATE" if lock else SETTINGS
    return await (await cursor.execute(query.encode(), [account])).fetchone() or Times()


def _check(times: Times) -> None:
    """Raises Invalid."""
    if times.quiet_from is None and times.quiet_until is not None:
        raise Invalid([FieldError("quiet_from", "say when it begins, too")])
    if times.quiet_from is not None and times.quiet_until is None:
        raise Invalid([FieldError("quiet_until", "say when it ends, too")])
    if times.quiet_from is not None and times.quiet_from == times.quiet_until:
        raise Invalid([FieldError("quiet_until", "must be another time than when it begins")])


def masked(url: str) -> str:
    """An address that a person knows again, and nobody can use: `slack://…abcd`."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://…{rest[-SHOWN:] if len(rest) >= LONG_ENOUGH else ''}"
