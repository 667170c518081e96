"""runtime: handing over what is due to one receiver — claimed, given the id of its message, sent by a channel, settled.

A message has its id, made of its first notice, before it is first handed over: whatever is killed between, the repeat is the same message.
By each channel one message is under way to a receiver; while it is refused for now the others wait, and make one digest if that takes long.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

from psycopg import Rollback

from domain.engine.reasoning import Language
from domain.notification.hours import Cadence
from runtime.channels.message import Channel, Message, MessageRefused, TryAgain, Undeliverable
from runtime.database import Pool
from runtime.failures import where
from runtime.notices.accounts import COMPANY_CALENDAR, ONE, Account, account_of, calendar_of
from runtime.notices.deciding import ADDRESS_RESTORED, WAITING, Load
from runtime.notices.judging import LEFT, Judged, Open, judged
from runtime.notices.wording import Wording

NAMESPACE = UUID("6f0c3c0e-6a53-4b7d-9d0e-5f6f3a0f8a52")
MOST = 500
"""Notices that are looked at together, beside those of messages that are under way: a part of one would be sent for all of it."""
LATE, SEVERAL = timedelta(hours=1), 3
"""More than so many that are late make one digest."""
PAUSES = (
    *(
        timedelta(seconds=5),
        timedelta(seconds=15),
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=15),
    ),
    *(timedelta(hours=1), timedelta(hours=3)),
    *[timedelta(hours=6)] * 12,
)
"""After each try that was refused for now. Altogether three days; then it is given up."""
OF_ONE_MESSAGE = 4
"""After so many pauses a message is given up that is refused for what is in it: six minutes, which others wait for. One that may be refused
for it, for now, is put aside then: it is tried for three days, and others go on.
"""
ASIDE, MOST_ASIDE = ["smtp-data-4%", "chat-refused"], 3
"""How such refusals are called; when so many messages of a channel are aside it is rather the server, and the others wait."""
HOLDS = "u.state = 'sending' AND NOT (u.tries >= %(soon)s AND u.reason LIKE ANY(%(aside)s))"
OPEN = f"""
    SELECT n.position, n.channel, n.kind, n.detail, n.stream_id, n.deal_id, n.state, n.due_at, n.decided_at, n.message_id, n.tries,
           e.topic, e.schema_version, e.data::text, e.recorded_at, e.event_id
      FROM app.notices n LEFT JOIN ledger.events e ON e.position = n.position AND e.stream_id = n.stream_id
     WHERE n.account_id = %(account)s AND n.state IN ('waiting', 'sending') AND n.due_at <= %(now)s
       AND (n.state = 'sending' OR (
           SELECT NOT COALESCE(bool_or({HOLDS}), false) AND count(DISTINCT u.message_id) < %(most_aside)s FROM app.notices u
            WHERE u.account_id = n.account_id AND u.channel = n.channel AND u.state = 'sending' AND u.due_at > %(now)s))
     ORDER BY n.state, n.position
     LIMIT %(most)s + (SELECT count(*) FROM app.notices s WHERE s.account_id = %(account)s AND s.state = 'sending')"""
PLAN = f"""
    SELECT min(due) FROM (
        SELECT CASE WHEN bool_or({HOLDS}) OR count(DISTINCT u.message_id) FILTER (WHERE u.state = 'sending') >= %(most_aside)s
                    THEN min(u.due_at) FILTER (WHERE u.state = 'sending') ELSE min(u.due_at) END AS due
          FROM app.notices u WHERE u.account_id = %(account)s AND u.state IN ('waiting', 'sending') GROUP BY u.channel) open"""
"""While a message is under way the rest of its channel waits for what becomes of it."""
OF_HELD = {"soon": OF_ONE_MESSAGE, "aside": ASIDE, "most_aside": MOST_ASIDE}
OF_KEYS = """
      FROM unnest(%(positions)s::bigint[], %(channels)s::text[], %(kinds)s::text[], %(details)s::text[]) AS k(position, channel, kind, detail)
     WHERE (n.position, n.account_id, n.channel, n.kind, n.detail) = (k.position, %(account)s, k.channel, k.kind, k.detail)
       AND n.state IN ('waiting', 'sending')"""
CLAIM = (
    f"UPDATE app.notices n SET state = 'sending', message_id = %(message)s {OF_KEYS} AND n.message_id IS NULL"
)
QUIET = """
    UPDATE app.notices SET due_at = %(until)s
     WHERE account_id = %(account)s AND state IN ('waiting', 'sending') AND due_at <= %(now)s"""
SETTLE = f"UPDATE app.notices n SET state = %(state)s, reason = %(reason)s, tries = n.tries + %(tried)s, settled_at = clock_timestamp() {OF_KEYS}"
LATER = f"UPDATE app.notices n SET tries = n.tries + 1, due_at = %(due_at)s, reason = %(reason)s {OF_KEYS}"
TRIED_IN_VAIN = """
    INSERT INTO app.failed_addresses (account_id, channel, address) VALUES (%(id)s, %(channel)s, %(address)s)
    ON CONFLICT (account_id, channel) DO UPDATE SET address = excluded.address"""
ALL_GONE = """
    UPDATE app.notices SET state = 'dropped', reason = %s, settled_at = clock_timestamp()
     WHERE account_id = %s AND state IN ('waiting', 'sending')"""
MADE = "INSERT INTO app.notification_settings (account_id) VALUES (%s) ON CONFLICT DO NOTHING"
UNSUBSCRIBED_BY = "SELECT unsubscribe_token FROM app.notification_settings WHERE account_id = %s"
UNSUBSCRIBE = "/desk/unsubscribe/{token}"

log = logging.getLogger(__name__)


class Records(Protocol):
    """How the ledger hears of what became of an address."""

    async def failed(self, account: Account, channel: str, code: str) -> None: ...

    async def changed(self, account: Account, channel: str) -> None: ...


@dataclass(frozen=True)
class NoticeSender:
    """`load` reads aggregates as recorded now."""

    pool: Pool
    load: Load
    channels: Mapping[str, Channel]

    async def plan(self, account_id: UUID) -> datetime | None:
        """When something is due next; None: nothing is open."""
        rows = await self._rows(PLAN, {"account": account_id, **OF_HELD})
        due: datetime | None = rows[0][0]
        return due

    async def waiting(self, due_by: datetime) -> list[UUID]:
        """The accounts that something is open for that is due by then."""
        return [id for (id,) in await self._rows(WAITING, [due_by])]

    async def deliver(self, account_id: UUID, now: datetime, records: Records) -> datetime | None:
        """Send what is due, or find that it is not to be sent; when to look again."""
        account = await self._account(account_id)
        if account is None or account.disabled:
            await self._rows(ALL_GONE, [LEFT, account_id])
            return None
        if (until := account.hours.put_off(now)) > now:
            await self._rows(QUIET, {"account": account_id, "until": until, "now": now})
            return await self.plan(account_id)
        await self._new_addresses(account, records)
        asked = {"account": account_id, "now": now, "most": MOST, **OF_HELD}
        opened = [Open(*row) for row in await self._rows(OPEN, asked)]
        if opened:
            found, words = await judged(self.pool, self.load, account, opened, frozenset(self.channels))
            await self._drop(account, found)
            good = [one for one in found if one.reason is None]
            for channel in dict.fromkeys(one.open.channel for one in good):
                through = [one for one in good if one.open.channel == channel]
                await Round(self, account, words, records, now).go(channel, through)
        return await self.plan(account_id)

    async def _account(self, account_id: UUID) -> Account | None:
        company = calendar_of(await self._rows(*COMPANY_CALENDAR))
        rows = await self._rows(ONE, [account_id])
        return account_of(rows[0], company) if rows else None

    async def _new_addresses(self, account: Account, records: Records) -> None:
        """One that failed is another one now: it is tried."""
        for channel, failed in account.failed.items():
            if channel in account.addresses and account.addresses[channel] != failed:
                await records.changed(account, channel)
                await self._rows(ADDRESS_RESTORED, {"id": account.id, "channel": channel})

    async def _drop(self, account: Account, found: Iterable[Judged]) -> None:
        by_reason: dict[str, list[Judged]] = {}
        for one in found:
            if one.reason is not None:
                by_reason.setdefault(one.reason, []).append(one)
        for reason, many in by_reason.items():
            await self.settle(account, many, "dropped", reason, tried=0)

    async def settle(
        self,
        account: Account,
        many: Sequence[Judged],
        state: str,
        reason: str | None = None,
        *,
        tried: int = 1,
    ) -> None:
        await self._rows(SETTLE, {**_keys(account, many), "state": state, "reason": reason, "tried": tried})

    async def claim(self, account: Account, many: Sequence[Judged], message_id: UUID) -> bool:
        """All of them or, where another one that sends has some of them in its message already, none."""
        async with self.pool.connection() as connection:
            async with connection.transaction() as transaction:
                claimed = await connection.execute(CLAIM, {**_keys(account, many), "message": message_id})
                if claimed.rowcount != len(many):
                    raise Rollback(transaction)
            return claimed.rowcount == len(many)

    async def put_off(self, account: Account, many: Sequence[Judged], until: datetime, code: str) -> None:
        await self._rows(LATER, {**_keys(account, many), "due_at": until, "reason": code})

    async def token(self, account: Account) -> UUID:
        await self._rows(MADE, [account.id])
        return UUID(str((await self._rows(UNSUBSCRIBED_BY, [account.id]))[0][0]))

    async def mark_failed(self, account: Account, channel: str) -> None:
        """The address that was tried: it may be another one by now."""
        address = account.addresses[channel]
        await self._rows(TRIED_IN_VAIN, {"id": account.id, "channel": channel, "address": address})

    async def _rows(self, query: Any, params: Any) -> list[Any]:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(query, params)
            return await cursor.fetchall() if cursor.description else []


@dataclass(frozen=True)
class Round:
    """What is due to one receiver now."""

    sender: NoticeSender
    account: Account
    words: Wording
    records: Records
    now: datetime

    async def go(self, channel: str, good: Sequence[Judged]) -> None:
        """First what was under way already; no more after what was refused."""
        under_way: dict[UUID, list[Judged]] = {}
        for one in good:
            if one.open.message_id is not None:
                under_way.setdefault(one.open.message_id, []).append(one)
        for id, many in under_way.items():
            if not await self._send(channel, id, many):
                return
        for many in batches([one for one in good if one.open.message_id is None], self.now):
            id = message_id(self.account.id, many[0].open)
            if not await self.sender.claim(self.account, many, id) or not await self._send(channel, id, many):
                return

    async def _send(self, channel: str, id: UUID, many: Sequence[Judged]) -> bool:
        """Whether it was taken."""
        try:
            await self.sender.channels[channel].send(await self._message(channel, id, many))
        except TryAgain as refused:
            pauses = OF_ONE_MESSAGE if isinstance(refused, MessageRefused) else len(PAUSES)
            await self._again(many, refused.code, pauses)
        except Undeliverable as refused:
            await self._dead(channel, many, refused.code)
        except Exception as failure:  # noqa: BLE001 - what one message breaks on is no reason to send no other
            log.warning(
                "a message to the account %s was not made or sent: %s", self.account.id, where(failure)
            )
            await self._again(many, type(failure).__name__)
        else:
            await self.sender.settle(self.account, many, "sent")
            return True
        return False

    async def _again(self, many: Sequence[Judged], code: str, pauses: int = len(PAUSES)) -> None:
        tries = max(one.open.tries for one in many)
        if tries >= pauses:
            await self.sender.settle(self.account, many, "failed", code)
            return
        await self.sender.put_off(self.account, many, self.now + PAUSES[tries], code)

    async def _dead(self, channel: str, many: Sequence[Judged], code: str) -> None:
        """Which address it was is kept before the ledger, and who follows it, hear of it; what is not settled is refused again, and that
        is silence then.
        """
        log.info("an address of the account %s takes nothing by %s: %s", self.account.id, channel, code)
        await self.sender.mark_failed(self.account, channel)
        await self.records.failed(self.account, channel, code)
        await self.sender.settle(self.account, many, "failed", code)

    async def _message(self, channel: Any, id: UUID, many: Sequence[Judged]) -> Message:
        language: Language = "zh" if self.account.language == "zh" else "en"
        notices = tuple(one.told(self.words) for one in many)
        return Message(
            id=id,
            channel=channel,
            language=language,
            timezone=self.account.hours.timezone,
            notices=notices,
            digest=len(notices) > 1,
            why=self.words.why(many[0].way),
            to=self.account.addresses[channel],
            name=self.account.name,
            unsubscribe=UNSUBSCRIBE.format(token=await self.sender.token(self.account)),
        )


def message_id(account_id: UUID, first: Open) -> UUID:
    """Of the event itself where there is one: after a restore of an earlier backup another event may have its position."""
    of = first.event_id or first.position
    return uuid5(NAMESPACE, f"{account_id}|{first.channel}|{of}|{first.kind}|{first.detail}")


def batches(good: Sequence[Judged], now: datetime) -> list[list[Judged]]:
    """What goes together: everything that is told hourly or daily, and everything where much is late; the rest one by one."""
    together = [one for one in good if one.way.cadence is not Cadence.AT_ONCE]
    alone = [one for one in good if one.way.cadence is Cadence.AT_ONCE]
    if sum(min(one.open.due_at, one.open.decided_at) < now - LATE for one in alone) > SEVERAL:
        together, alone = list(good), []
    return [*([together] if together else []), *([one] for one in alone)]


def _keys(account: Account, many: Sequence[Judged]) -> dict[str, Any]:
    positions, channels, kinds, details = zip(*(one.open.key for one in many), strict=True)
    return {
        "account": account.id,
        "positions": list(positions),
        "channels": list(channels),
        "kinds": list(kinds),
        "details": list(details),
    }
