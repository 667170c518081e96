"""api: the secret addresses of people's calendars, of which only a hash is kept — made, found and revoked. HTTP may not enter."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.engine.rates import Rate
from api.engine.roles import Role
from api.engine.users import MINUTE, TooManyTries, User, digest, user_now
from domain.engine.errors import Forbidden, NotFound
from runtime.bounds import Bounds
from runtime.ledger import Ledger

LONGEST = 100
"""Letters of an address that are looked at: no right one has as many."""
KNOWN = 10_000
"""Addresses remembered that were right here: they are looked at whatever others tried."""
AGAIN_SECONDS, BURST = 10, 12
"""One address is answered so often, and so many times at once: calendar programs ask every few minutes at most."""
WRONG = "too many addresses of calendars were wrong: wait before another is tried"
OFTEN = "this calendar is asked for too often: wait before it is fetched again"

WHOSE = (
    "SELECT a.id, a.login, a.role, a.rep_id, a.team_id, a.language, a.timezone FROM app.calendar_addresses c"
    " JOIN app.accounts a ON a.id = c.account_id WHERE c.token_hash = %s AND a.disabled_at IS NULL AND a.role IN ('rep', 'manager')"
)
ONE = "SELECT created_at, created_by, read_at FROM app.calendar_addresses WHERE account_id = %s"


class Address(msgspec.Struct, frozen=True):
    """When it was made and by whom, and when it was fetched last, to the minute; None: never."""

    made_at: datetime
    made_by: str
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose calendar an address leads to, as placed now. `language` and `timezone` are as chosen; empty where nothing was."""

    token_hash: bytes
    user: User
    language: str
    timezone: str


class CalendarAddresses:
    """An account has one at most. A revocation counts at once: nothing of it is remembered but that it was right."""

    def __init__(self, ledger: Ledger, wrong: int = Bounds.wrong_keys) -> None:
        self._ledger = ledger
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._wrong = Rate(wrong / MINUTE, wrong)
        self._often = Rate(1 / AGAIN_SECONDS, BURST)

    async def of(self, account: UUID) -> Address | None:
        row = await self._one(ONE, [account])
        return None if row is None else Address(*row)

    async def make(self, account: UUID, by: str) -> str:
        """The token of the new address, which is not kept and cannot be shown again; the one of before counts no more. Raises Forbidden
        for an account that is disabled, or of who owes nobody anything.
        """
        token = secrets.token_urlsafe(32)
        row = await self._one("SELECT app.set_calendar(%s, %s, %s)", [account, digest(token), by])
        if row is None or not row[0]:
            raise Forbidden(
                "this account has no calendar: reps and managers have one, as long as their account counts"
            )
        return token

    async def revoke(self, account: UUID, by: str) -> None:
        """There is none any more, or was none."""
        await self._one("SELECT app.end_calendar(%s, %s)", [account, by])

    async def whose(self, token: str, address: str | None) -> Whose:
        """Raises NotFound for one that counts no more or is nobody's, of which no more is told; TooManyTries where too many were wrong
        from that network address, or this one is asked for too often.
        """
        token_hash = digest(token[:LONGEST])
        if token_hash not in self._known and address is not None and (wait := self._wrong.wait(address)) > 0:
            raise TooManyTries(wait, WRONG)
        found = await self._found(token_hash)
        if found is None:
            self._known.pop(token_hash, None)
            if address is not None:
                self._wrong.take(address)
            raise NotFound("there is no calendar at this address", kind="calendar")
        if (wait := self._often.take(str(found.user.account_id))) > 0:
            raise TooManyTries(wait, OFTEN)
        self._known[token_hash] = None
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return found

    async def noted(self, whose: Whose, tag: str) -> datetime:
        """That it was fetched, and since when it has been what has this tag, in whole seconds. Raises NotFound."""
        row = await self._one("SELECT app.note_calendar(%s, %s)", [whose.token_hash, tag])
        if row is None or row[0] is None:
            raise NotFound("there is no calendar at this address", kind="calendar")
        at: datetime = row[0]
        return at

    async def _found(self, token_hash: bytes) -> Whose | None:
        row = await self._one(WHOSE, [token_hash])
        if row is None:
            return None
        id, login, role, rep_id, team_id, language, timezone = row
        user = await user_now(self._ledger, User("", login, Role(role), rep_id, team_id, account_id=id))
        return None if user is None else Whose(token_hash, user, language or "", timezone or "")

    async def _one(self, query: str, values: list[Any]) -> tuple[Any, ...] | None:
        async with self._ledger.pool.connection() as connection:
            row: tuple[Any, ...] | None = await (await connection.execute(query.encode(), values)).fetchone()
            return row
