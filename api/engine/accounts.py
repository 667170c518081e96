"""api: people's accounts — made, listed, disabled, given links. HTTP may not enter, and no password as it was typed."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg.errors import InsufficientPrivilege, UniqueViolation
from psycopg.rows import dict_row

from api.engine.roles import Role
from api.engine.users import check_named, digest
from domain.engine.errors import AlreadyExists, Forbidden, NotFound
from runtime.ledger import Ledger
from runtime.sign_in import SignIn

OPERATOR_ONLY = (
    "an administrator's account is the operator's, in the terminal beside the database: salesloop user --help"
)
COLUMNS = (
    "a.id, a.login, a.name, a.email, a.role, a.rep_id, a.team_id, a.language, a.timezone, a.created_at, a.created_by, a.disabled_at,"
    " a.password_hash IS NOT NULL AS has_password,"
    " (SELECT count(*) FROM app.sessions s WHERE s.account_id = a.id AND s.expires_at > now() AND s.seen_at > now() - %s) AS sessions,"
    " (SELECT max(s.seen_at) FROM app.sessions s WHERE s.account_id = a.id) AS seen_at"
)
ALL = f"SELECT {COLUMNS} FROM app.accounts a ORDER BY lower(a.login) LIMIT %s"
BY_RULES = "oidc:"
"""Begins who made an account, where a provider's rules did. No login holds a colon."""
ONE = f"SELECT {COLUMNS} FROM app.accounts a WHERE lower(a.login) = lower(%s)"
OWN = "SELECT login, name, role, rep_id, team_id, language, timezone FROM app.accounts WHERE id = %s"
PLAIN = "SELECT a.id, a.login, a.role, a.created_by, a.disabled_at FROM app.accounts a"
NAMES = "SELECT login, name FROM app.accounts WHERE login = ANY(%s) AND name <> ''"
IDENTITY = "WHERE i.issuer = %s AND i.subject = %s"
ADDRESS = (
    "WHERE lower(a.email) = lower(%s)"
    " AND NOT EXISTS (SELECT FROM app.account_identities i WHERE i.account_id = a.id AND i.issuer = %s)"
)
CREATE = "SELECT app.create_account(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
CHANGES = "SELECT at, by, what, detail FROM app.account_changes WHERE account_id = %s ORDER BY position DESC LIMIT %s"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Whose it is. A rep's account names the rep, a manager's the team. `login` is a pseudonym; `name` and `email` are personal."""

    login: str
    role: Role
    rep_id: UUID | None = None
    team_id: UUID | None = None
    name: str = ""
    email: str | None = None
    language: str | None = None
    timezone: str | None = None


class Accounts:
    """All changes are on record in `app.account_changes`, with who made them. What is about an administrator's account raises
    Forbidden over a connection that is not the operator's.
    """

    def __init__(self, ledger: Ledger, idle: timedelta = SignIn().idle) -> None:  # noqa: B008 - frozen
        """`idle`: a session that nobody used for so long is over."""
        self._ledger = ledger
        self._idle = idle

    async def create(self, new: NewAccount, by: str, id: UUID | None = None) -> UUID:
        """Raises AlreadyExists for a login or an address that is taken, or a key's name, NotFound for a rep or team that is not there."""
        await check_named(self._ledger, new.rep_id, new.team_id)
        id = id or uuid4()
        said = (new.name, new.email, new.role.value, new.rep_id, new.team_id, new.language, new.timezone)
        try:
            await self._call(CREATE, [id, new.login, *said, by])
        except UniqueViolation as taken:
            raise _taken(taken.diag.constraint_name) from None
        return id

    async def all(self, limit: int = 1_000) -> list[dict[str, Any]]:
        return await self._rows(ALL, [self._idle, limit])

    async def of(self, login: str) -> dict[str, Any]:
        """Raises NotFound."""
        if not (rows := await self._rows(ONE, [self._idle, login])):
            raise NotFound(f"no account has the login {login}", kind="account", id=login)
        return rows[0]

    async def own(self, id: UUID) -> dict[str, Any]:
        """What its owner is told of it."""
        (row,) = await self._rows(OWN, [id])
        return row

    async def names(self, logins: Collection[str]) -> dict[str, str]:
        """Of those with these logins who have an account with a name. Personal."""
        rows = await self._rows(NAMES, [list(logins)]) if logins else []
        return {row["login"]: row["name"] for row in rows}

    async def changes(self, id: UUID, limit: int = 100) -> list[dict[str, Any]]:
        """Newest first."""
        return await self._rows(CHANGES, [id, limit])

    async def set_role(
        self, id: UUID, role: Role, rep_id: UUID | None, team_id: UUID | None, by: str
    ) -> None:
        await check_named(self._ledger, rep_id, team_id)
        await self._call("SELECT app.set_role(%s, %s, %s, %s, %s)", [id, role.value, rep_id, team_id, by])

    async def set_email(self, id: UUID, email: str | None, by: str) -> None:
        """None takes it away. Raises AlreadyExists where it is another account's."""
        try:
            await self._call("SELECT app.set_email(%s, %s, %s)", [id, email, by])
        except UniqueViolation as taken:
            raise _taken(taken.diag.constraint_name) from None

    async def disable(self, id: UUID, by: str) -> datetime:
        """When it was disabled, now or earlier. Its sessions and links end."""
        at: datetime = await self._call("SELECT app.disable_account(%s, %s)", [id, by])
        return at

    async def enable(self, id: UUID, by: str) -> None:
        await self._call("SELECT app.enable_account(%s, %s)", [id, by])

    async def prefer(self, id: UUID, language: str | None, timezone: str | None) -> None:
        """What the person chose; None leaves a choice as it is. Open pages know it at once."""
        await self._call("SELECT app.set_preferences(%s, %s, %s)", [id, language, timezone])

    async def link(self, id: UUID, by: str, lasts: timedelta, *, once: bool = True) -> str:
        """The token of a link by which a password is set; earlier ones count no more. Not `once`: it opens a session each time, on
        this machine alone. Raises Forbidden for a disabled account, and one that a provider's rules give and take.
        """
        token = secrets.token_urlsafe(32)
        values = [id, digest(token), once, datetime.now(UTC) + lasts, by]
        if not await self._call("SELECT app.create_link(%s, %s, %s, %s, %s)", values):
            raise Forbidden(await self._why_no_link(id))
        return token

    async def _why_no_link(self, id: UUID) -> str:
        rows = await self._rows(f"{PLAIN} WHERE a.id = %s", [id])
        if rows and rows[0]["disabled_at"] is None and follows_rules(rows[0]):
            return "a provider's rules made this account, and give and take it: its owner comes in by the provider alone"
        return "the account is disabled: enable it first"

    async def spend(self, token: str, password_hash: str) -> UUID | None:
        """The account whose password it is now; None where the link counts no more. Its sessions end."""
        id: UUID | None = await self._call("SELECT app.spend_link(%s, %s)", [token, password_hash])
        return id

    async def identified(self, issuer: str, subject: str) -> dict[str, Any] | None:
        """The account of who is called so at a provider."""
        rows = await self._rows(
            f"{PLAIN} JOIN app.account_identities i ON i.account_id = a.id {IDENTITY}", [issuer, subject]
        )
        return rows[0] if rows else None

    async def addressed(self, email: str, issuer: str) -> dict[str, Any] | None:
        """The account of that address, unless it is somebody's at that provider already."""
        rows = await self._rows(f"{PLAIN} {ADDRESS}", [email, issuer])
        return rows[0] if rows else None

    async def identify(self, id: UUID, issuer: str, subject: str, by: str) -> bool:
        """Whether who is called so at a provider has this account, now or before, and no other."""
        return bool(await self._call("SELECT app.link_identity(%s, %s, %s, %s)", [id, issuer, subject, by]))

    async def _call(self, query: str, values: list[Any]) -> Any:
        async with self._ledger.pool.connection() as connection:
            try:
                row = await (await connection.execute(query.encode(), values)).fetchone()
            except InsufficientPrivilege as refused:
                raise Forbidden(OPERATOR_ONLY) from refused
        assert row is not None
        return row[0]

    async def _rows(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        async with self._ledger.pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return await (await cursor.execute(query.encode(), values)).fetchall()


def follows_rules(account: Mapping[str, Any]) -> bool:
    """Whether a provider's rules give and take it, whatever the provider was called when it vouched: else a new name would free its
    people of the rules. What the operator made an administrator is the operator's.
    """
    return made_by_rules(account) and account["role"] != Role.ADMIN.value


def made_by_rules(account: Mapping[str, Any]) -> bool:
    return str(account["created_by"]).startswith(BY_RULES)


def _taken(constraint: str | None) -> AlreadyExists:
    if constraint == "names_of_keys":
        return AlreadyExists(
            "login: an API key has this user id, now or once: choose another, as the ledger tells people by it",
            field="login",
            kind="key",
        )
    field = "email" if constraint == "accounts_by_email" else "login"
    return AlreadyExists(f"{field}: there is an account with it already", field=field)
