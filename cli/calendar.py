"""cli: addresses of people's calendars — made for somebody by the operator or an administrator, looked at, revoked."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, Zone, as_json, example, group, moment, run, zone
from cli.engine.language import sentence, word
from cli.engine.tables import facts, say
from cli.users import base

app = group("calendar", "Calendars: a secret address for somebody's calendar program.")

Login = Annotated[str, typer.Argument(help="The pseudonym that the person signs in with.")]


@app.command(epilog=example("salesloop calendar create li"))
def create(login: Login, *, json: Json = False) -> None:
    """Make an address for a rep's or manager's calendar; the one of before counts no more. It is printed once and kept nowhere."""
    address = base() + run(_act(f"/accounts/{login}/calendar"))["path"]
    if json:
        as_json({"login": login, "address": address})
        return
    say(sentence("the calendar of {login}, to subscribe to. Shown once:", login=login))
    print(address)  # noqa: T201 - plain, so that it can be piped


@app.command(epilog=example("salesloop calendar show li"))
def show(login: Login, *, json: Json = False, tz: Zone = None) -> None:
    """Whether a calendar has an address, since when, and when it was fetched last. Never the address itself."""
    found = run(_read(login))
    if json:
        as_json(found)
        return
    to = zone(tz)
    if found["made_at"] is None:
        say(sentence("the calendar of {login} has no address", login=login))
        return
    read = moment(found["read_at"], to) if found["read_at"] else word("never")
    facts(login, [("made", moment(found["made_at"], to)), ("by", found["made_by"]), ("fetched last", read)])


@app.command(epilog=example("salesloop calendar revoke li"))
def revoke(login: Login, *, json: Json = False) -> None:
    """A calendar has no address any more; it counts at once."""
    run(_act(f"/accounts/{login}/calendar/revoke"))
    if json:
        as_json({"login": login, "revoked": True})
    else:
        say(sentence("the calendar of {login} has no address any more", login=login))


async def _act(path: str) -> Any:
    import msgspec

    async with backend(operator=True) as at:
        content = await at.act("POST", path, options={"login": "LOGIN"})
    return msgspec.json.decode(content) if content else None


async def _read(login: str) -> Any:
    async with backend(operator=True) as at:
        return await at.read(f"/accounts/{login}/calendar", dict[str, Any])
