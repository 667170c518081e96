"""cli: what people are told of — chosen for somebody by the operator or an administrator; and what became of notices."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.engine.backend import OPERATOR, Query, backend
from cli.engine.common import AsUser, Json, Limit, Zone, as_json, example, group, run, zone
from cli.engine.failure import USAGE, fail
from cli.engine.options import Cursor, more
from cli.views.notices import show_address, show_failing, show_notices, show_notifications

app = group("notifications", "What people are told of: rules, times, chat; and what failed.")

Login = Annotated[str, typer.Argument(help="The pseudonym that the person signs in with.")]
OPTIONS = {
    "rules": "WHAT",
    "quiet_from": "--from",
    "quiet_until": "--until",
    "daily_time": "--daily",
    "chat_url": "ADDRESS",
    "code": "--why",
}


class Cadence(StrEnum):
    AT_ONCE = "at-once"
    HOURLY = "hourly"
    DAILY = "daily"
    OFF = "off"
    AS_BEFORE = "no-rule"


class State(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


class Way(StrEnum):
    MAIL = "mail"
    CHAT = "chat"


@app.command(epilog=example("salesloop notifications rules li"))
def rules(login: Login, *, json: Json = False) -> None:
    """What somebody is told of, by which channel, how often and when."""
    _tell(run(_read(login)), json_=json)


@app.command("set", epilog=example("salesloop notifications set li promise --mail daily --chat at-once"))
def set_(
    login: Login,
    what: Annotated[str, typer.Argument(help="promise.missed, promise for all of them, or '*'.")],
    *,
    mail: Annotated[Cadence | None, typer.Option("--mail", help="How often, by mail.")] = None,
    chat: Annotated[Cadence | None, typer.Option("--chat", help="How often, by chat.")] = None,
    json: Json = False,
) -> None:
    """Tell somebody of something at once, hourly, daily or not at all. Of several rules the one that names most counts; no-rule takes it
    away."""
    if mail is None and chat is None:
        fail("say --mail, --chat or both", USAGE)
    chosen = [
        {"what": what, "channel": way, "cadence": None if cadence is Cadence.AS_BEFORE else cadence.value}
        for way, cadence in (("mail", mail), ("chat", chat))
        if cadence is not None
    ]
    _tell(run(_choose(login, {"rules": chosen})), json_=json)


@app.command(epilog=example("salesloop notifications quiet li --from 21:00 --until 07:30"))
def quiet(
    login: Login,
    *,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="In the person's time zone.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="May be of the next day.")
    ] = None,
    never: Annotated[bool, typer.Option("--never", help="No quiet hours any more.")] = False,
    working_days: Annotated[
        bool | None,
        typer.Option(
            "--working-days/--any-day", help="Nothing is sent on days off of the company's calendar."
        ),
    ] = None,
    daily: Annotated[
        str | None, typer.Option("--daily", metavar="TIME", help="When daily digests come.")
    ] = None,
    json: Json = False,
) -> None:
    """When somebody is left alone: what is sent waits until then."""
    if never and (since or until):
        fail("--never is said without --from and --until", USAGE)
    body: dict[str, Any] = {
        "quiet_from": since,
        "quiet_until": until,
        "daily_time": daily,
        "working_days": working_days,
    }
    body = {name: value for name, value in body.items() if value is not None}
    if never:
        body |= {"quiet_from": None, "quiet_until": None}
    if not body:
        fail("say what is to change: see --help", USAGE)
    _tell(run(_choose(login, body)), json_=json)


@app.command(epilog=example("salesloop notifications chat li < address.txt"))
def chat(
    login: Login,
    *,
    none: Annotated[bool, typer.Option("--none", help="Take the address away.")] = False,
    json: Json = False,
) -> None:
    """Where chat goes, such as slack://…: asked for, or read from a file, as it has secrets in it. What goes there is said by set."""
    _tell(run(_choose(login, {"chat_url": None if none else _secret()})), json_=json)


@app.command("list", epilog=example("salesloop notifications list --state failed"))
def list_(
    *,
    state: Annotated[State | None, typer.Option("--state", help="What became of it.")] = None,
    channel: Annotated[Way | None, typer.Option("--channel")] = None,
    what: Annotated[str | None, typer.Option("--what", help="promise.missed, or promise for all.")] = None,
    login: Annotated[str | None, typer.Option("--login", help="Whose they are.")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """Notices of everybody, those of the newest events first."""
    asked = {
        "state": state,
        "channel": channel,
        "kind": what,
        "login": login,
        "cursor": cursor,
        "limit": limit,
    }
    page = run(_listed("/notices", asked))
    if json:
        as_json(page)
        return
    show_notices(page.items, zone(tz))
    more(page)


@app.command(epilog=example("salesloop notifications failing"))
def failing(*, json: Json = False, tz: Zone = None) -> None:
    """Whose addresses take nothing any more: nothing is sent there until it is another one, or restored."""
    found = run(_failing())
    if json:
        as_json(found)
    else:
        show_failing(found, zone(tz))


@app.command(epilog=example("salesloop notifications bounced li --why bounced"))
def bounced(
    login: Login,
    *,
    channel: Annotated[Way, typer.Option("--channel")] = Way.MAIL,
    why: Annotated[str, typer.Option("--why", help="In a word; kept for ever, so no address.")] = "bounced",
    user: AsUser = None,
    json: Json = False,
) -> None:
    """Send somebody nothing more to an address: of a mail that came back after it was taken."""
    done = run(_address(login, "address-failed", {"channel": channel.value, "code": why}, user))
    as_json(done) if json else show_address(done, login)


@app.command(epilog=example("salesloop notifications restore li"))
def restore(
    login: Login,
    *,
    channel: Annotated[Way, typer.Option("--channel")] = Way.MAIL,
    user: AsUser = None,
    json: Json = False,
) -> None:
    """Send to an address again that took nothing; one that was changed is tried without this."""
    done = run(_address(login, "address-restored", {"channel": channel.value}, user))
    as_json(done) if json else show_address(done, login)


async def _failing() -> Any:
    from api.engine.notice_settings import FailingAddress

    async with backend() as at:
        return (await at.read("/notices/failing", dict[str, list[FailingAddress]]))["addresses"]


async def _address(login: str, what: str, body: Query, user: str | None) -> Any:
    import msgspec

    async with backend() as at:
        if at.remote and user:
            fail(
                "--user is the operator's, who reaches the database: through an address the key says who it is"
            )
        path = f"/accounts/{login}/{what}"
        answer = await at.act("POST", path, body, user=user or OPERATOR, options=OPTIONS)
        return msgspec.json.decode(answer)


async def _listed(path: str, asked: Query) -> Any:
    from api.engine.sent_notices import SentNotice
    from projections.engine.paging import Page

    async with backend() as at:
        return await at.read(path, Page[SentNotice], asked)


async def _read(login: str) -> Any:
    async with backend() as at:
        return await at.read(f"/accounts/{login}/notifications", dict[str, Any])


async def _choose(login: str, body: Query) -> Any:
    import msgspec

    async with backend() as at:
        answer = await at.act("POST", f"/accounts/{login}/notifications", body, options=OPTIONS)
        return msgspec.json.decode(answer)


def _secret() -> str:
    """Not from the command line: that stands in the shell's history, and others see it run."""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass("ADDRESS: ").strip()
    return sys.stdin.readline().strip()


def _tell(found: Query, *, json_: bool) -> None:
    if json_:
        as_json(found)
    else:
        show_notifications(found)
