"""api: what people chose of notices — of what, by which channel, how often and when. Nothing is decided on or sent here, and HTTP may
not enter.

Rules and settings are the account's. A chat's address has secrets in it: it is kept, and read back masked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from domain.engine.errors import FieldError, Invalid
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
    working_days: bool = True
    daily_time: time = time(8)
    chat_url: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an account has: `rules` as dicts of what, channel and cadence, that of everything first."""

    login: str
    role: str
    email: str | None
    timezone: str | None
    rules: Sequence[Mapping[str, str]]
    times: Times

    def cadence(self, what: str, channel: str) -> str:
        """How what is called so is told by that channel: of several rules the one that names most counts; without any, mails at once."""
        rules = {rule["what"]: rule["cadence"] for rule in self.rules if rule["channel"] == channel}
        named = (what, what.partition(".")[0], ALL)
        return next((rules[one] for one in named if one in rules), "at-once" if channel == "mail" else "off")


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

    async def stop_mails(self, token: UUID) -> None:
        """Of whoever has that token no more mails are sent: whatever else was said of mails counts no more. Nobody: nothing."""
        async with self._ledger.pool.connection() as connection:
            await connection.execute(STOPPED, {"token": token})


async def _chosen(connection: AsyncConnection[Any], account: UUID) -> Chosen:
    cursor = connection.cursor(row_factory=dict_row)
    (whose,) = await (await cursor.execute(ACCOUNT, [account])).fetchall()
    rules = await (await cursor.execute(RULES, [account])).fetchall()
    return Chosen(**whose, rules=rules, times=await _times(connection, account))


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
