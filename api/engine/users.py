"""api: who may ask. Users, roles, and API keys whose secrets are only kept as hashes. HTTP may not enter."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.errors import InsufficientPrivilege, UniqueViolation
from psycopg.rows import dict_row

from api.engine.rates import Rate
from api.engine.roles import Role
from api.engine.turns import Turns
from domain.engine.context import Actor, Reach
from domain.engine.errors import AlreadyExists, Forbidden, KeyReused, NotFound
from domain.people.people import Rep, Team
from runtime.bounds import Bounds
from runtime.ledger import Ledger

MINUTE = 60
CACHED_SECONDS = 2.0
READING_SECONDS = 1.0
TRIES_AT_ONCE, TRIES_WAITING, PATIENCE = 8, 1_000, 5.0
CACHED_KEYS = 10_000
PREFIX = "sl"
USER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

ONE = "SELECT id, secret_hash, user_id, role, rep_id, team_id, revoked_at, expires_at FROM app.api_keys WHERE id = %s"
ALL = (
    "SELECT id, user_id, role, rep_id, team_id, label, created_at, created_by, revoked_at, expires_at"
    " FROM app.api_keys ORDER BY created_at, id LIMIT %s"
)
CREATE = "SELECT app.create_key(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
REVOKE = "SELECT app.revoke_key(%s)"
OPERATOR_ONLY = "an administrator's key is made by the operator, in the terminal: salesloop keys create --role admin --for WHO"


NAME_OF_AN_ACCOUNT = "user_id: an account has this login: choose another, such as one that ends in -laptop, as the ledger tells people by it"
MADE = "SELECT user_id, role, rep_id, team_id, label, expires_at FROM app.api_keys WHERE id = %s"


class Unauthenticated(Exception):
    """No key, or none that counts; the message says which and holds nothing of the key."""


class TooManyTries(Exception):
    """Too many wrong ones came from that address, or with that key's id. `wait`: seconds until one more is looked at."""

    def __init__(
        self, wait: float, message: str = "too many keys were wrong: wait before another is tried"
    ) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class User:
    """Who asks, as their key says. `team_id` of a rep is the team the rep is in now. `person_id` is who speaks with it: the
    rep, or the manager of a manager's team.
    """

    key_id: str
    user_id: str
    role: Role
    rep_id: UUID | None = None
    team_id: UUID | None = None
    person_id: UUID | None = None
    account_id: UUID | None = None
    """Of who is signed in; a key has none."""

    @property
    def actor(self) -> Actor:
        return Actor("user", self.user_id)

    @property
    def sees_team(self) -> UUID | None:
        """The one team whose deals this user may read; None: every team's."""
        return self.team_id if self.role in (Role.REP, Role.MANAGER) else None

    @property
    def reach(self) -> Reach | None:
        """What this user may change: a rep own deals, a manager the team's, an admin everything."""
        if self.role is Role.REP:
            return Reach(team_id=self.team_id, rep_id=self.rep_id)
        return Reach(team_id=self.team_id) if self.role is Role.MANAGER else None


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a key is made for. A rep's key names the rep, a manager's the team."""

    user_id: str
    role: Role
    rep_id: UUID | None = None
    team_id: UUID | None = None
    label: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A key as it was read, good until `until` on the monotonic clock."""

    user: User
    secret_hash: bytes
    expires_at: datetime | None
    until: float


class KeyStore:
    """Makes, revokes and checks keys. A revocation counts everywhere within three seconds.

    Of wrong keys so many a minute are looked at, from one address and with one key's id, and few at once. A key that was right
    here before is looked at whatever others tried.
    """

    def __init__(self, ledger: Ledger, wrong_keys: int = Bounds.wrong_keys) -> None:
        self._ledger = ledger
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._wrong = Rate(wrong_keys / MINUTE, wrong_keys)
        self._tries = Turns(TRIES_AT_ONCE, TRIES_WAITING, PATIENCE)

    async def user(self, token: str, address: str | None = None) -> User:
        """Whose token this is. Raises Unauthenticated, TooManyTries or Crowded."""
        id, secret = _parts(token)
        held = self._held.get(id)
        if held is not None and _opens(held, secret):
            return _unexpired(await self._fresh(held))
        await self._tries.take(address or "")
        try:
            return await self._tried(id, secret, address)
        finally:
            self._tries.give()

    async def _fresh(self, held: Held) -> Held:
        """As it is now: read again when it is time, by one of those who ask; the others take it as it was a moment longer."""
        now = time.monotonic()
        if now < held.until:
            return held
        id = held.user.key_id
        self._held[id] = replace(held, until=now + READING_SECONDS)
        try:
            return await self._read(id)
        except BaseException:
            self._held.pop(id, None)
            raise

    async def _tried(self, id: str, secret: str, address: str | None) -> User:
        names = [f"{what} {which}" for what, which in (("key", id), ("address", address)) if which]
        _check([self._wrong.wait(name) for name in names])
        try:
            if not secret:
                raise Unauthenticated("the API key is not one of ours")
            if not _opens(held := self._held.get(id) or await self._read(id), secret):
                raise Unauthenticated("the API key is not known")
            return _unexpired(held)
        except Unauthenticated:
            _check([self._wrong.take(name) for name in names])  # others may have come meanwhile
            raise

    async def create(self, new: NewKey, created_by: str) -> tuple[str, str]:
        """The new key's id, and its token, which is not kept and cannot be shown again. Raises NotFound for a rep or team
        that is not there, AlreadyExists for an account's login, Forbidden for an administrator's key over a connection that is not the
        operator's.
        """
        return await self._insert(secrets.token_hex(8), new, created_by)

    async def create_once(self, new: NewKey, created_by: str, request: str) -> tuple[str, str | None]:
        """The same `request` again is the same key, without its token. Raises KeyReused where it was for another key."""
        id = hashlib.sha256(request.encode()).hexdigest()[:16]
        if await self._made(id, new):
            return id, None
        try:
            return await self._insert(id, new, created_by)
        except UniqueViolation:
            await self._made(id, new)
            return id, None

    async def _insert(self, id: str, new: NewKey, created_by: str) -> tuple[str, str]:
        await check_named(self._ledger, new.rep_id, new.team_id)
        secret = secrets.token_urlsafe(32)
        row = (new.user_id, new.role.value, new.rep_id, new.team_id, new.label, created_by, new.expires_at)
        async with self._ledger.pool.connection() as connection:
            try:
                await connection.execute(CREATE, (id, digest(secret), *row))
            except InsufficientPrivilege as refused:
                raise Forbidden(OPERATOR_ONLY) from refused
            except UniqueViolation as taken:
                if taken.diag.constraint_name != "names_of_accounts":
                    raise
                raise AlreadyExists(NAME_OF_AN_ACCOUNT, field="user_id") from None
        return id, f"{PREFIX}_{id}_{secret}"

    async def _made(self, id: str, new: NewKey) -> bool:
        """Whether this request was answered before. Raises KeyReused where it asked for something else."""
        async with self._ledger.pool.connection() as connection:
            held = await (await connection.execute(MADE, [id])).fetchone()
        said = (new.user_id, new.role.value, new.rep_id, new.team_id, new.label, new.expires_at)
        if held is not None and held != said:
            raise KeyReused("the idempotency key was used for another API key")
        return held is not None

    async def revoke(self, id: str) -> datetime | None:
        """When it was revoked, now or earlier; None when there is no such key."""
        self._held.pop(id, None)
        async with self._ledger.pool.connection() as connection:
            row = await (await connection.execute(REVOKE, [id])).fetchone()
        assert row is not None
        at: datetime | None = row[0]
        return at

    async def all(self, limit: int = 1_000) -> list[dict[str, Any]]:
        async with self._ledger.pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return await (await cursor.execute(ALL, [limit])).fetchall()

    async def _read(self, id: str) -> Held:
        async with self._ledger.pool.connection() as connection:
            row = await (await connection.execute(ONE, [id])).fetchone()
        if row is None:
            raise Unauthenticated("the API key is not known")
        _, secret_hash, user_id, role, rep_id, team_id, revoked_at, expires_at = row
        if revoked_at is not None:
            raise Unauthenticated("the API key was revoked")
        user = await user_now(self._ledger, User(id, user_id, Role(role), rep_id, team_id))
        if user is None:
            raise Unauthenticated("the rep this API key is bound to has left")
        return self._hold(Held(user, secret_hash, expires_at, time.monotonic() + CACHED_SECONDS))

    def _hold(self, held: Held) -> Held:
        self._held[held.user.key_id] = held
        while len(self._held) > CACHED_KEYS:
            self._held.popitem(last=False)
        return held


async def user_now(ledger: Ledger, user: User) -> User | None:
    """The user as placed now, whatever the key was made with: where the rep is, and who speaks. None: the rep has left."""
    if user.role is Role.REP:
        assert user.rep_id is not None
        rep = (await ledger.load({user.rep_id: Rep}))[user.rep_id]
        if not isinstance(rep, Rep) or not rep.active or rep.team_id is None:
            return None
        return replace(user, team_id=rep.team_id, person_id=user.rep_id)
    if user.role is Role.MANAGER and user.rep_id is None:
        assert user.team_id is not None
        team = (await ledger.load({user.team_id: Team}))[user.team_id]
        assert isinstance(team, Team)
        return replace(user, person_id=team.manager_id)
    return replace(user, person_id=user.rep_id)


async def check_named(ledger: Ledger, rep_id: UUID | None, team_id: UUID | None) -> None:
    """A key or an account is bound to a rep who is there, and to a team that is. Raises NotFound."""
    wanted: dict[UUID, type[Rep | Team]] = {}
    wanted |= {rep_id: Rep} if rep_id is not None else {}
    wanted |= {team_id: Team} if team_id is not None else {}
    found = await ledger.load({**wanted}) if wanted else {}
    for id, kind in wanted.items():
        one = found[id]
        rep, team = (
            isinstance(one, Rep) and one.active,
            isinstance(one, Team) and one.exists and not one.archived,
        )
        if not (rep or team):
            raise _nobody(kind.KIND, id)


def _nobody(kind: str, id: UUID) -> NotFound:
    field = f"{kind}_id"
    return NotFound(f"{field}: no {kind} who is there has the id {id}", kind=kind, id=str(id), field=field)


def _parts(token: str) -> tuple[str, str]:
    """Id and secret of `sl_<id>_<secret>`; without a secret where it is none of ours."""
    prefix, _, rest = token.partition("_")
    id, _, secret = rest.partition("_")
    if prefix != PREFIX or len(id) != 16 or not secret or len(token) > 200 or not token.isascii():
        return "", ""
    return id, secret


def _opens(held: Held, secret: str) -> bool:
    return hmac.compare_digest(held.secret_hash, digest(secret))


def _unexpired(held: Held) -> User:
    if held.expires_at is not None and held.expires_at <= datetime.now(UTC):
        raise Unauthenticated("the API key has expired")
    return held.user


def _check(waits: list[float]) -> None:
    if (wait := max(waits, default=0.0)) > 0:
        raise TooManyTries(wait)


def digest(secret: str) -> bytes:
    """256 random bits need no slow hash: nobody can try them all."""
    return hashlib.sha256(secret.encode()).digest()
