"""cli: API keys. An administrator's key is made here and nowhere else, by whoever may migrate the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.common import Json, Zone, as_json, example, fail, group, ledger, run, zone
from cli.desk_views import show_keys
from cli.tables import say

app = group("keys", "API keys: make, list, revoke.")


class RoleName(StrEnum):
    REP = "rep"
    MANAGER = "manager"
    AUDITOR = "auditor"
    ADMIN = "admin"


@app.command(epilog=example("salesloop keys create --role admin --for ops"))
def create(
    *,
    role: Annotated[RoleName, typer.Option("--role", help="What the key may do.")],
    owner: Annotated[str, typer.Option("--user", "--for", help="Whose key: a pseudonym, no name.")],
    rep: Annotated[UUID | None, typer.Option("--rep", help="The rep, for a rep's key.")] = None,
    team: Annotated[UUID | None, typer.Option("--team", help="The team, for a manager's key.")] = None,
    label: Annotated[str, typer.Option("--label")] = "",
    days: Annotated[int | None, typer.Option("--days", min=1, max=3_650, help="Until it expires.")] = None,
    json: Json = False,
) -> None:
    """Make an API key. Its token is printed once and kept nowhere."""
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    id, token = run(_create(role, owner, rep, team, label, expires))
    if json:
        as_json({"id": id, "token": token, "user_id": owner, "role": role.value})
        return
    say(f"key {id} for {owner} ({role.value}). Shown once:")
    print(token)  # noqa: T201 - plain, so that it can be piped


async def _create(
    role: RoleName, owner: str, rep: UUID | None, team: UUID | None, label: str, expires: datetime | None
) -> tuple[str, str]:
    import re

    from api.users import USER_PATTERN, KeyBook, NewKey, Role

    if not re.fullmatch(USER_PATTERN, owner):
        fail("a user is letters, digits, dot, dash and underscore, at most 64")
    if role is RoleName.REP and rep is None:
        fail("a rep's key needs --rep")
    if role is RoleName.MANAGER and team is None:
        fail("a manager's key needs --team")
    async with ledger(operator=True) as opened:
        return await KeyBook(opened).create(NewKey(owner, Role(role.value), rep, team, label, expires), "cli")


@app.command("list", epilog=example("salesloop keys list --json"))
def list_(*, json: Json = False, tz: Zone = None) -> None:
    """All keys, without their secrets."""
    found = run(_all())
    if json:
        as_json(found)
        return
    show_keys(found, zone(tz))


async def _all() -> list[dict[str, Any]]:
    from api.users import KeyBook

    async with ledger() as opened:
        return await KeyBook(opened).all()


@app.command(epilog=example("salesloop keys revoke 5f0c2a526c2e4c0e"))
def revoke(
    id: Annotated[str, typer.Argument(help="The id between sl_ and the secret.")], *, json: Json = False
) -> None:
    """Revoke a key; it stops counting within seconds."""
    at = run(_revoke(id))
    if at is None:
        fail(f"no key has the id {id}")
    if json:
        as_json({"id": id, "revoked_at": at})
    else:
        say(f"key {id} is revoked")


async def _revoke(id: str) -> datetime | None:
    from api.users import KeyBook

    async with ledger() as opened:
        return await KeyBook(opened).revoke(id)
