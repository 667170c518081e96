"""cli: the demonstration's people — a rep, the manager of the rep's team and an auditor, each with a link that opens the desk signed in.

The links open again and again, on this machine, until the demonstration is started anew or half a day has passed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cli.demo.day import Desk, fill
from cli.engine.common import ledger
from cli.engine.event_output import EventOutput
from cli.engine.language import sentence, word
from cli.engine.tables import say
from cli.watch import caught_up

if TYPE_CHECKING:
    from api.engine.accounts import Accounts, NewAccount
    from runtime.ledger import Ledger

BY, REP, MANAGER = "demo", "demo-rep", "demo-manager"
LASTS = timedelta(hours=12)


async def open_the_desk(address: str, output: EventOutput) -> None:
    """`address` of the API, which serves the desk."""
    from api.engine.accounts import Accounts
    from api.engine.calendar_addresses import CalendarAddresses
    from api.engine.roles import Role
    from domain.engine.command_handler import CommandHandler

    links: dict[str, str] = {}
    calendar = ""
    async with ledger(operator=True) as opened:
        accounts = Accounts(opened)
        people, desk = await _people(opened)
        if desk is not None:
            await fill(opened, CommandHandler(opened), desk)
            await caught_up(opened, output)
        for new in people:
            id = await _account(accounts, new)
            links[new.role.value] = f"{address}/sign-in/link/{await accounts.link(id, BY, LASTS, once=False)}"
            if new.role is Role.REP:
                calendar = f"{address}/calendars/{await CalendarAddresses(opened).make(id, BY)}.ics"
    output.view("desk", lambda: _show(links, calendar), links=links, calendar=calendar)


async def _people(opened: Ledger) -> tuple[list[NewAccount], Desk | None]:
    """The rep of the run before, or with most to do, of a team that somebody manages, and whose day is played."""
    from api.engine.accounts import NewAccount
    from api.engine.roles import Role
    from projections.people import directory, rep_load

    teams = {team["id"]: team for team in await directory.everybody(opened.pool, "team") if team["active"]}
    loads = await rep_load.reps(opened.pool, datetime.now(UTC), active=True)
    people = [NewAccount("demo-auditor", Role.AUDITOR, name=word("auditor"))]
    desk = None
    if loads:
        known = {one["user_id"]: one["id"] for one in await directory.everybody(opened.pool, "rep")}
        before = (load for load in loads if load.rep_id == known.get(REP))
        first = next(before, next((load for load in loads if load.team_id in teams), loads[0]))
        manager = await directory.get(opened.pool, first.team_id)
        boss = await directory.get(opened.pool, manager.parent_id) if manager and manager.parent_id else None
        name = str(boss.name) if boss else word("manager")
        people = [
            NewAccount(REP, Role.REP, rep_id=first.rep_id, name=str(first.rep_name or "")),
            NewAccount(MANAGER, Role.MANAGER, team_id=first.team_id, name=name),
            *people,
        ]
        if boss is not None:
            desk = Desk({first.rep_id: REP, boss.id: MANAGER}, first.rep_id, first.team_id, boss.id)
    return people, desk


async def _account(accounts: Accounts, new: NewAccount) -> Any:
    """The one of the run before, placed as people are now."""
    from domain.engine.errors import NotFound

    try:
        id = (await accounts.of(new.login))["id"]
    except NotFound:
        return await accounts.create(new, BY)
    await accounts.enable(id, BY)
    await accounts.set_role(id, new.role, new.rep_id, new.team_id, BY)
    return id


def _show(links: dict[str, str], calendar: str) -> None:
    say("\n" + sentence("the desk, signed in (these links open again and again, on this machine alone):"))
    for role, link in links.items():
        say(f"{word(role):<10}{link}")
    if calendar:
        say(sentence("the rep's calendar, for a calendar program to subscribe to:"))
        say(f"{'':<10}{calendar}")
    say("")
