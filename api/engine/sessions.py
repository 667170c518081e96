"""api: who is signed in — sessions on the server, of which only a hash is kept. HTTP may not enter: that is `signed_in.py`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.engine.roles import Role
from api.engine.turns import Turns
from api.engine.users import User, digest, user_now
from runtime.ledger import Ledger
from runtime.sign_in import SignIn

CHANNEL = "sessions"
"""Of notifications: an account's id or a session's hash, whose sessions are others now, or none."""
CACHED_SECONDS = 1.0
CACHED_SESSIONS = 10_000
TOUCHED_SECONDS = 60.0
"""Use is noted so often at most."""
AT_ONCE, WAITING, PATIENCE = 8, 1_000, 5.0
"""Of cookies that are looked up: anybody may make some up."""
PREFIX = "session:"

FIND = (
    "SELECT a.id, a.login, a.name, a.role, a.rep_id, a.team_id, a.language, a.timezone, now() - s.seen_at"
    " FROM app.sessions s JOIN app.accounts a ON a.id = s.account_id"
    " WHERE s.id_hash = %s AND s.expires_at > now() AND s.seen_at > now() - %s AND a.disabled_at IS NULL"
)
PLACE = "SELECT login, role, rep_id, team_id FROM app.accounts WHERE id = %s AND disabled_at IS NULL"
OPEN = "SELECT app.open_session(%s, %s, %s, %s, %s)"
ENDED = "SELECT provider, id_token FROM app.sessions WHERE id_hash = %s"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person, as now. `user.key_id` is the session's, so that rates and turns count per session. `language` and
    `timezone` are as chosen by the person; empty where nothing was chosen. `csrf` belongs into every form.
    """

    id_hash: bytes
    account_id: UUID
    user: User
    login: str
    name: str
    language: str
    timezone: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Times are of the monotonic clock: when it is read again, and when use was noted last."""

    session: Session
    until: float
    used: float


class Sessions:
    """Opens, finds and ends sessions. What another process ended counts here as soon as its notification comes, and within a second
    where none does.
    """

    def __init__(self, ledger: Ledger, settings: SignIn) -> None:
        self._ledger = ledger
        self._settings = settings
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._heard = 0
        self._turns = Turns(AT_ONCE, WAITING, PATIENCE)

    async def find(
        self, cookie: str | None, *, address: str | None = None, used: bool = True
    ) -> Session | None:
        """Whose cookie this is, if anybody's who is signed in now. Not `used`: a stream looks, and nobody sits before it. Raises
        Crowded where too many cookies are looked up at once; each `address` waits in a line of its own.
        """
        if not cookie or len(cookie) > 200 or not cookie.isascii():
            return None
        id_hash = digest(cookie)
        kept = self._kept.get(id_hash)
        if kept is None or time.monotonic() >= kept.until:
            await self._turns.take(address or "")
            try:
                kept = await self._read(id_hash, cookie)
            finally:
                self._turns.give()
        if used and kept is not None:
            await self._used(kept)
        return kept.session if kept is not None else None

    async def open(
        self, account: UUID, *, provider: str | None = None, id_token: str | None = None
    ) -> str | None:
        """The new session's cookie, which is kept nowhere; None for an account that is not there, disabled, or of a rep who left."""
        if await self._placed(account) is None:
            return None
        cookie = secrets.token_urlsafe(32)
        ends = datetime.now(UTC) + self._settings.absolute
        row = await self._one(OPEN, [digest(cookie), account, provider, id_token, ends])
        return cookie if row is not None and row[0] else None

    async def end(self, session: Session) -> tuple[str | None, str | None]:
        """Signed out, in every process; the provider that vouched, and what to tell it with."""
        row = await self._one(ENDED, [session.id_hash])
        await self._one("SELECT app.end_session(%s)", [session.id_hash])
        self._kept.pop(session.id_hash, None)
        return (row[0], row[1]) if row is not None else (None, None)

    async def end_all(self, account: UUID, by: str) -> int:
        """How many of the account's sessions were ended."""
        row = await self._one("SELECT app.end_sessions(%s, %s)", [account, by])
        self.heard(str(account))
        assert row is not None
        return int(row[0])

    def heard(self, payload: str) -> None:
        """What a notification says: an account's id or a session's hash. Empty: any may have been ended."""
        self._heard += 1
        if not payload:
            self._kept.clear()
        gone = [h for h, kept in self._kept.items() if payload in (h.hex(), str(kept.session.account_id))]
        for id_hash in gone:
            del self._kept[id_hash]

    async def _read(self, id_hash: bytes, cookie: str) -> Kept | None:
        heard = self._heard
        row = await self._one(FIND, [id_hash, self._settings.idle])
        made = await self._made(id_hash, cookie, row) if row is not None else None
        if made is None or heard != self._heard:  # in the second case it may be what was said to have ended
            self._kept.pop(id_hash, None)
        else:
            self._keep(made)
        return made

    async def _made(self, id_hash: bytes, cookie: str, row: tuple[Any, ...]) -> Kept | None:
        account, login, name, role, rep_id, team_id, language, timezone, idle = row
        user = await user_now(
            self._ledger, User(_key(id_hash), login, Role(role), rep_id, team_id, account_id=account)
        )
        if user is None:
            return None
        session = Session(
            id_hash, account, user, login, name or login, language or "", timezone or "", csrf(cookie)
        )
        now = time.monotonic()
        return Kept(session, now + CACHED_SECONDS, now - idle.total_seconds())

    async def _used(self, kept: Kept) -> None:
        now = time.monotonic()
        if now - kept.used < TOUCHED_SECONDS:
            return
        if kept.session.id_hash in self._kept:
            self._kept[kept.session.id_hash] = replace(kept, used=now)
        await self._one("SELECT app.touch_session(%s)", [kept.session.id_hash])

    def _keep(self, kept: Kept) -> None:
        self._kept[kept.session.id_hash] = kept
        self._kept.move_to_end(kept.session.id_hash)
        while len(self._kept) > CACHED_SESSIONS:
            self._kept.popitem(last=False)

    async def _placed(self, account: UUID) -> User | None:
        row = await self._one(PLACE, [account])
        if row is None:
            return None
        login, role, rep_id, team_id = row
        return await user_now(self._ledger, User("", login, Role(role), rep_id, team_id))

    async def _one(self, query: str, parameters: list[Any]) -> tuple[Any, ...] | None:
        async with self._ledger.pool.connection() as connection:
            row: tuple[Any, ...] | None = await (
                await connection.execute(query.encode(), parameters)
            ).fetchone()
            return row


def csrf(cookie: str) -> str:
    """The token of the forms of this session: whoever can say it has read a page of the session, or knows its cookie."""
    made = hmac.new(cookie.encode(), b"form", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _key(id_hash: bytes) -> str:
    return PREFIX + id_hash.hex()[:16]


def in_language(session: Session, language: str, timezone: str) -> Session:
    """With what to take where the person chose nothing."""
    if session.language and session.timezone:
        return session
    return replace(session, language=session.language or language, timezone=session.timezone or timezone)
