"""cli: action items — what somebody is to do by a time, followed up like a promise."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

import typer

from cli.common import (
    AsUser,
    Json,
    Limit,
    Reason,
    Zone,
    as_json,
    example,
    execute,
    fail,
    group,
    ledger,
    receipt,
    run,
    zone,
)
from cli.loop import Cursor, Why, cycle_of, instant, more, names

if TYPE_CHECKING:
    from projections.action_items import ItemSeen
    from projections.paging import Page

app = group("action", "Action items: list, show, open, finish, move, hand over, excuse, break.")
WHICH = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
Id = Annotated[UUID, typer.Argument(metavar="ITEM", help="Its id.")]
What = Annotated[str, typer.Argument(help="What is to be done.")]
Due = Annotated[datetime, typer.Option("--due", help="By when, in your time zone.")]


class Outcome(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    LATE = "late"
    BROKEN = "broken"
    EXCUSED = "excused"


@app.command("list", epilog=example(f"salesloop action list --owner {WHICH}"))
def list_(
    *,
    owner: Annotated[UUID | None, typer.Option("--owner", help="A person's id.")] = None,
    team: Annotated[UUID | None, typer.Option("--team", help="A team's id.")] = None,
    cycle: Annotated[str | None, typer.Option("--cycle", help="A cycle's id, or SCOPE@PERIOD.")] = None,
    outcome: Annotated[Outcome | None, typer.Option("--outcome", show_default="all")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """What is due first comes first."""
    narrowed = {"owner_id": owner, "team_id": team, "outcome": outcome}
    page, known = run(_list(narrowed, cycle, cursor, limit))
    if json:
        as_json(page)
        return
    from cli.review_views import show_items

    show_items(page.items, known, zone(tz))
    more(page)


async def _list(
    narrowed: dict[str, Any], cycle: str | None, cursor: str | None, limit: int
) -> tuple[Page[ItemSeen], dict[UUID, str]]:
    from projections import action_items

    async with ledger() as opened:
        narrowed["cycle_id"] = await cycle_of(opened, cycle) if cycle else None
        found = action_items.ItemFilter(**narrowed)
        page = await action_items.listing(opened.pool, found, cursor=cursor, limit=limit)
        return page, await names(opened.pool, [item.owner_id for item in page.items])


@app.command(epilog=example(f"salesloop action show {WHICH}"))
def show(item: Id, *, json: Json = False, tz: Zone = None) -> None:
    """One action item, who was told of it, and how it ended."""
    found, known = run(_show(item))
    if json:
        as_json(found)
        return
    from cli.review_views import show_item

    show_item(found, known, zone(tz))


async def _show(id: UUID) -> tuple[ItemSeen, dict[UUID, str]]:
    from projections import action_items

    async with ledger() as opened:
        found = await action_items.get(opened.pool, id) or fail(f"no action item has the id {id}")
        return found, await names(opened.pool, [found.owner_id, found.manager_id])


# --- acting ----------------------------------------------------------------------------------------------------------


@app.command(
    "open",
    epilog=example(f"salesloop action open 'call the silent ones' --owner {WHICH} --due 2027-01-15T18:00"),
)
def open_(
    what: What,
    *,
    owner: Annotated[UUID, typer.Option("--owner", help="Who is to do it.")],
    due: Due,
    manager: Annotated[UUID | None, typer.Option("--manager", help="Who is told when it is late.")] = None,
    cycle: Annotated[str | None, typer.Option("--cycle", help="The cycle's id, or SCOPE@PERIOD.")] = None,
    decision: Annotated[UUID | None, typer.Option("--decision", help="That it came from.")] = None,
    policy: Annotated[str, typer.Option("--policy", help="A follow-up policy.")] = "default",
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Somebody is to do something by a time: reminded, missed, escalated."""
    given = {"what": what, "owner_id": owner, "due_at": instant(due), "manager_id": manager}
    receipt(run(_open(given | {"decision_id": decision, "policy": policy}, cycle, user, reason)), json)


async def _open(given: dict[str, Any], cycle: str | None, user: str, reason: str | None) -> Any:
    from cli.common import context
    from domain.action_item_decisions import OpenActionItem
    from domain.door import Door

    async with ledger() as opened:
        of = await cycle_of(opened, cycle) if cycle else None
        command = OpenActionItem(item_id=uuid4(), cycle_id=of, **given)
        return await Door(opened).execute(command, context(user, reason))


@app.command(epilog=example(f"salesloop action finish {WHICH} --note 'all but one'"))
def finish(
    item: Id, *, note: Annotated[str, typer.Option("--note")] = "", user: AsUser = "cli", json: Json = False
) -> None:
    """It is done."""
    from domain.action_item_decisions import FinishActionItem

    receipt(run(execute(FinishActionItem(item_id=item, note=note), user)), json)


@app.command(epilog=example(f"salesloop action reword {WHICH} 'call every silent customer'"))
def reword(item: Id, what: What, *, user: AsUser = "cli", json: Json = False) -> None:
    """Say better what is to be done."""
    from domain.action_item_decisions import RewordActionItem

    receipt(run(execute(RewordActionItem(item_id=item, what=what), user)), json)


@app.command(epilog=example(f"salesloop action move {WHICH} --due 2027-02-01T18:00"))
def move(item: Id, *, due: Due, user: AsUser = "cli", reason: Reason = None, json: Json = False) -> None:
    """Another due time. What was overdue stays so: it can end late, but no longer be kept."""
    from domain.action_item_decisions import MoveActionItem

    receipt(run(execute(MoveActionItem(item_id=item, due_at=instant(due)), user, reason)), json)


@app.command(epilog=example(f"salesloop action handover {WHICH} --to {WHICH}"))
def handover(
    item: Id,
    *,
    to: Annotated[UUID, typer.Option("--to", help="Who is to do it from now.")],
    manager: Annotated[UUID | None, typer.Option("--manager", help="Who is told when it is late.")] = None,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Somebody else is to do it."""
    from domain.action_item_decisions import HandOverActionItem

    receipt(run(execute(HandOverActionItem(item_id=item, to=to, manager_id=manager), user, reason)), json)


@app.command(epilog=example(f"salesloop action excuse {WHICH} --why 'the customer merged'"))
def excuse(item: Id, *, why: Why, user: AsUser = "cli", json: Json = False) -> None:
    """It need not be done."""
    from domain.action_item_decisions import ExcuseActionItem

    receipt(run(execute(ExcuseActionItem(item_id=item, why=why), user)), json)


@app.command("break", epilog=example(f"salesloop action break {WHICH} --why 'no time'"))
def break_(item: Id, *, why: Why, user: AsUser = "cli", json: Json = False) -> None:
    """It will not be done."""
    from domain.action_item_decisions import BreakActionItem

    receipt(run(execute(BreakActionItem(item_id=item, why=why), user)), json)
