"""api: passwords — hashed with argon2, few at once, wrong ones counted. HTTP may not enter, and nothing that was typed is kept or told."""

from __future__ import annotations

import asyncio
import unicodedata
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.engine.rates import Rate
from api.engine.turns import Turns
from api.engine.users import TooManyTries
from domain.engine.errors import FieldError, Invalid
from runtime.bounds import Bounds
from runtime.ledger import Ledger

SHORTEST, LONGEST = 10, 200
AT_ONCE, WAITING, PATIENCE = 2, 200, 5.0
"""Each takes 64 MiB and 0.16 s of a core."""
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$UghzlY79IJqYNiIAL5AgYA$w/DVjGgX45WHrIxd5xHx9J6o6T2f+4iulzW7Z9LlH58"
"""Of no password: what an unknown login is held against, as costly as any other."""
MINUTE, HOUR = 60, 3_600
OF_ONE_ADDRESS, OF_ONE_LOGIN = 10, 60
"""Wrong passwords for one login: from one address, at once and then an hour, and an hour from all of them. One stranger alone, who has
one address, cannot lock anybody out.
"""
FIND = (
    "SELECT id, password_hash FROM app.accounts"
    " WHERE lower(login) = %s AND disabled_at IS NULL AND (role = 'admin' OR created_by NOT LIKE 'oidc:%%')"
)
"""Who is given and taken by a provider's rules comes in by the provider alone, which alone knows whether they still fit."""


class Passwords:
    """One per process. An unknown login takes as long as a wrong password, and is told apart by nothing."""

    def __init__(self, ledger: Ledger, bounds: Bounds) -> None:
        self._ledger = ledger
        self._hasher = PasswordHasher()
        self._turns = Turns(AT_ONCE, WAITING, PATIENCE)
        self._of_address = Rate(bounds.wrong_keys / MINUTE, bounds.wrong_keys)
        self._of_both = Rate(OF_ONE_ADDRESS / HOUR, OF_ONE_ADDRESS)
        self._of_login = Rate(OF_ONE_LOGIN / HOUR, OF_ONE_LOGIN)

    async def account(self, login: str, password: str, address: str | None) -> UUID | None:
        """Whose login and password these are; None where they are nobody's. Raises TooManyTries and Crowded."""
        await self._turns.take(address or "")
        try:
            login = login.lower()[:64]  # what is counted is what is looked for
            rates = self._rates(login, address)
            if (wait := max(rate.wait(name) for rate, name in rates)) > 0:
                raise TooManyTries(wait, "too many passwords were wrong: wait before another is tried")
            id, hashed = await self._known(login)
            right = await asyncio.to_thread(self._verify, hashed, plain(password))
            if right and hashed is not None:
                return id
            for rate, name in rates:
                rate.take(name)
            return None
        finally:
            self._turns.give()

    async def hashed(self, password: str, address: str | None = None) -> str:
        """Raises Invalid for one that is too short or too long, and Crowded."""
        check(password)
        await self._turns.take(address or "")
        try:
            return await asyncio.to_thread(self._hasher.hash, plain(password))
        finally:
            self._turns.give()

    def _verify(self, hashed: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(hashed or NOBODYS, password)
        except (VerificationError, InvalidHashError):
            return False

    def _rates(self, login: str, address: str | None) -> list[tuple[Rate, str]]:
        counted = [(self._of_login, login), (self._of_both, f"{address} {login}")]
        return [*counted, (self._of_address, address)] if address is not None else counted

    async def _known(self, login: str) -> tuple[UUID | None, str | None]:
        async with self._ledger.pool.connection() as connection:
            row = await (await connection.execute(FIND, [login])).fetchone()
        return (row[0], row[1]) if row is not None else (None, None)


def check(password: str) -> None:
    """Length is all that is asked of one. Raises Invalid."""
    if not SHORTEST <= len(plain(password)) <= LONGEST:
        raise Invalid([FieldError("password", f"must have from {SHORTEST} to {LONGEST} characters")])


def plain(password: str) -> str:
    """The same characters, however a keyboard put them together (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
