"""cli: API keys. The first admin's key is made here, by whoever may reach the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.engine.backend import backend, remote
from cli.engine.common import Json, Zone, as_json, example, group, run, zone
from cli.engine.failure import fail
from cli.engine.language import sentence, word
from cli.engine.options import RepFilter, TeamFilter
from cli.engine.tables import say
from cli.views.rules import show_keys

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
    rep: RepFilter = None,
    team: TeamFilter = None,
    label: Annotated[str, typer.Option("--label")] = "",
    days: Annotated[int | None, typer.Option("--days", min=1, max=3_650, help="Until it expires.")] = None,
    json: Json = False,
) -> None:
    """Make an API key: a rep's names the rep, a manager's the team. Its token is printed once and kept nowhere."""
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    body: dict[str, Any] = {"user_id": owner, "role": role.value, "label": label}
    id, token = run(_create(body, expires, {"rep": rep, "team": team}))
    if json:
        as_json({"id": id, "token": token, "user_id": owner, "role": role.value})
        return
    say(sentence("key {id} for {who} ({role}). Shown once:", id=id, who=owner, role=word(role.value)))
    print(token)  # noqa: T201 - plain, so that it can be piped


async def _create(
    body: dict[str, Any], expires: datetime | None, whose: dict[str, str | None]
) -> tuple[str, str]:
    """An administrator's key is the operator's to make, past the API."""
    import msgspec

    from cli.engine.kinds import ids

    for named in ("rep", "manager"):
        option = {"rep": "rep", "manager": "team"}[named]
        if body["role"] == named and not whose[option]:
            fail(f"a {named}'s key needs --{option}")
    async with backend() as at:
        body |= await ids(at, whose)
        if body["role"] == "admin" and not remote():
            return await _operators(body, expires)
        body |= {"expires_at": expires.isoformat()} if expires else {}
        made = msgspec.json.decode(await at.act("POST", "/keys", body, options=OPTIONS))
        return made["id"], made["token"]


OPTIONS = {"user_id": "--user", "rep_id": "--rep", "team_id": "--team"}


async def _operators(body: dict[str, Any], expires: datetime | None) -> tuple[str, str]:
    import re

    from api.engine.roles import Role
    from api.engine.users import USER_PATTERN, KeyStore, NewKey
    from cli.engine.common import ledger

    if not re.fullmatch(USER_PATTERN, body["user_id"]):
        fail("--user: must be letters, digits, dot, dash and underscore, at most 64")
    async with ledger() as opened:
        new = NewKey(body["user_id"], Role.ADMIN, None, None, body["label"], expires)
        return await KeyStore(opened).create(new, "cli")


@app.command("list", epilog=example("salesloop keys list --json"))
def list_(*, json: Json = False, tz: Zone = None) -> None:
    """All keys, without their secrets."""
    found = run(_all())
    if json:
        as_json(found)
    else:
        show_keys(found, zone(tz))


async def _all() -> Any:
    async with backend() as at:
        return (await at.read("/keys", dict[str, Any]))["keys"]


@app.command(epilog=example("salesloop keys revoke 5f0c2a526c2e4c0e"))
def revoke(
    id: Annotated[str, typer.Argument(help="The id between sl_ and the secret.")], *, json: Json = False
) -> None:
    """Revoke a key; it stops counting within seconds."""
    at = run(_revoke(id))
    if json:
        as_json({"id": id, "revoked_at": at})
    else:
        say(sentence("key {id} is revoked", id=id))


async def _revoke(id: str) -> Any:
    """When it was, now or before."""
    async with backend() as at:
        await at.act("DELETE", f"/keys/{id}")
        keys = (await at.read("/keys", dict[str, Any]))["keys"]
    return next(key["revoked_at"] for key in keys if key["id"] == id)
