"""cli: accounts of people who sign in. The first administrator's is made here, by whoever may reach the database."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from cli.engine.backend import URL, Query, backend
from cli.engine.common import Json, Zone, as_json, example, group, run, settings, zone
from cli.engine.failure import fail
from cli.engine.language import Language, sentence, word
from cli.engine.options import RepFilter, TeamFilter
from cli.engine.tables import say
from cli.keys import RoleName
from cli.views.rules import show_account_changes, show_accounts

app = group("user", "People who sign in on the desk: add, list, link, role, e-mail, disable.")

Login = Annotated[str, typer.Argument(help="The pseudonym that the person signs in with.")]
OPTIONS = {
    "login": "LOGIN",
    "rep_id": "--rep",
    "team_id": "--team",
    "email": "--email",
    "timezone": "--timezone",
}
NAMED = {"rep": "rep", "manager": "team"}


@app.command(epilog=example("salesloop user add li --role rep --rep 'Li Wei'"))
def add(
    login: Login,
    *,
    role: Annotated[RoleName, typer.Option("--role", help="What the person may do.")],
    rep: RepFilter = None,
    team: TeamFilter = None,
    name: Annotated[
        str, typer.Option("--name", help="As it is shown. Personal: it stays out of the ledger.")
    ] = "",
    email: Annotated[
        str | None, typer.Option("--email", help="By which a provider's sign-in is known.")
    ] = None,
    language: Annotated[Language | None, typer.Option("--language", help="Of the pages.")] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="IANA name, such as Asia/Shanghai.")
    ] = None,
    json: Json = False,
) -> None:
    """Make an account: a rep's names the rep, a manager's the team. The link is printed once; whoever opens it sets the password."""
    body = {
        "login": login, "role": role.value, "name": name, "email": email,
        "language": language.value if language else None, "timezone": timezone,
    }  # fmt: skip
    _tell(run(_placed("/accounts", body, {"rep": rep, "team": team})), json_=json)


@app.command(epilog=example("salesloop user link li"))
def link(login: Login, *, json: Json = False) -> None:
    """A new link to set the password by; the one of before counts no more."""
    _tell(run(_act(f"/accounts/{login}/link")), json_=json)


@app.command(epilog=example("salesloop user role li --role manager --team North"))
def role(
    login: Login,
    *,
    role: Annotated[RoleName, typer.Option("--role", help="What the person may do from now on.")],
    rep: RepFilter = None,
    team: TeamFilter = None,
    json: Json = False,
) -> None:
    """Give an account another role; its sessions end."""
    run(_placed(f"/accounts/{login}/role", {"role": role.value}, {"rep": rep, "team": team}))
    _said(
        sentence("{login} is {role} now", login=login, role=word(role.value)),
        {"login": login, "role": role.value},
        json,
    )


@app.command(epilog=example("salesloop user email li li.wei@example.com"))
def email(
    login: Login,
    address: Annotated[str | None, typer.Argument(help="Where mail goes from now on.")] = None,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="There is none any more.")] = False,
    json: Json = False,
) -> None:
    """Give an account another e-mail address, or none; one that had failed is tried no more, the new one is."""
    if (address is None) != remove:
        fail("say ADDRESS or --remove")
    run(_act(f"/accounts/{login}/email", {"email": address}, {"email": "ADDRESS"}))
    said = (
        sentence("{login} has no e-mail address now", login=login)
        if remove
        else sentence("{login} has another e-mail address now", login=login)
    )
    _said(said, {"login": login, "email": address}, json)


@app.command(epilog=example("salesloop user disable li"))
def disable(login: Login, *, json: Json = False) -> None:
    """Let nobody in by an account any more; its sessions and links end at once."""
    run(_act(f"/accounts/{login}/disable"))
    _said(sentence("{login} is disabled", login=login), {"login": login, "disabled": True}, json)


@app.command(epilog=example("salesloop user enable li"))
def enable(login: Login, *, json: Json = False) -> None:
    """Let somebody in again."""
    run(_act(f"/accounts/{login}/enable"))
    _said(sentence("{login} is enabled", login=login), {"login": login, "disabled": False}, json)


@app.command("sign-out", epilog=example("salesloop user sign-out li"))
def sign_out(login: Login, *, json: Json = False) -> None:
    """End all sessions of an account, at once in every process."""
    ended = run(_act(f"/accounts/{login}/sign-out"))
    _said(
        sentence("{n} sessions of {login} are over", n=ended["ended"], login=login),
        {"login": login, **ended},
        json,
    )


@app.command("list", epilog=example("salesloop user list --json"))
def list_(*, json: Json = False, tz: Zone = None) -> None:
    """All accounts."""
    found = run(_read("/accounts"))["accounts"]
    if json:
        as_json(found)
    else:
        show_accounts(found, zone(tz))


@app.command(epilog=example("salesloop user history li"))
def history(login: Login, *, json: Json = False, tz: Zone = None) -> None:
    """Who changed what about an account, newest first."""
    found = run(_read(f"/accounts/{login}/changes"))["changes"]
    if json:
        as_json(found)
    else:
        show_account_changes(found, zone(tz))


# --- how -------------------------------------------------------------------------------------------------------------


async def _placed(path: str, body: dict[str, Any], whose: dict[str, str | None]) -> Any:
    from cli.engine.kinds import ids

    option = NAMED.get(body["role"])
    if option and not whose[option]:
        fail(f"a {body['role']}'s account needs --{option}")
    async with backend(operator=True) as at:
        return _answer(await at.act("POST", path, body | await ids(at, whose), options=OPTIONS))


async def _act(path: str, body: Query | None = None, options: dict[str, str] | None = None) -> Any:
    """`options` is how fields are called here, where it is another way than elsewhere."""
    async with backend(operator=True) as at:
        return _answer(await at.act("POST", path, body, options=OPTIONS | (options or {})))


async def _read(path: str) -> Any:
    async with backend(operator=True) as at:
        return await at.read(path, dict[str, Any])


def _answer(content: bytes) -> Any:
    import msgspec

    return msgspec.json.decode(content) if content else None


def _tell(made: Query, *, json_: bool) -> None:
    """The link alone on its line, so that it can be piped."""
    address = base() + made["path"]
    if json_:
        as_json({"login": made["login"], "link": address})
        return
    say(sentence("a link for {login}, to be opened once. Shown once:", login=made["login"]))
    print(address)  # noqa: T201


def _said(text: str, facts: Query, as_json_: bool) -> None:  # noqa: FBT001 - a flag straight from the command line
    if as_json_:
        as_json(facts)
    else:
        say(text)


def base() -> str:
    """Where people's browsers find the pages."""
    if os.environ.get(URL):
        return os.environ[URL].rstrip("/")
    return settings().public_url
