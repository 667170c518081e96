"""cli: adjustments — a change of strategy with a hypothesis, measured at its horizon against a control."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

import typer

from cli.common import (
    USAGE,
    AsUser,
    Json,
    Limit,
    Reason,
    Zone,
    as_json,
    context,
    example,
    execute,
    fail,
    group,
    ledger,
    receipt,
    run,
    zone,
)
from cli.loop import DAYS, By, Cursor, ScopeFilter, Why, cycle_of, more, names, scope_of

if TYPE_CHECKING:
    from domain.door import Receipt
    from domain.periods import Window
    from projections.adjustments import AdjustmentSeen
    from projections.paging import Page

app = group("adjustment", "Adjustments of the strategy: list, show, start, decide, hand over.")
WHICH = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
Id = Annotated[UUID, typer.Argument(metavar="ADJUSTMENT", help="Its id.")]


class Status(StrEnum):
    STARTED = "started"
    RUNNING = "running"
    MEASURED = "measured"
    DECIDED = "decided"


class Outcome(StrEnum):
    KEEP = "keep"
    CHANGE = "change"
    STOP = "stop"


@app.command("list", epilog=example("salesloop adjustment list --status measured"))
def list_(
    *,
    scope: ScopeFilter = None,
    metric: Annotated[str | None, typer.Option("--metric")] = None,
    owner: Annotated[UUID | None, typer.Option("--owner", help="A person's id.")] = None,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """By when something is to happen; decided ones come last."""
    key = scope_of(scope).key if scope else None
    narrowed = {"scope_key": key, "metric": metric, "owner_id": owner, "status": status}
    page, known = run(_list(narrowed, cursor, limit))
    if json:
        as_json(page)
        return
    from cli.review_views import show_adjustments

    show_adjustments(page.items, known, zone(tz))
    more(page)


async def _list(
    narrowed: dict[str, Any], cursor: str | None, limit: int
) -> tuple[Page[AdjustmentSeen], dict[UUID, str]]:
    from projections import adjustments

    async with ledger() as opened:
        found = adjustments.AdjustmentFilter(**narrowed)
        page = await adjustments.listing(opened.pool, found, cursor=cursor, limit=limit)
        return page, await names(opened.pool, [one.scope.id for one in page.items])


@app.command(epilog=example(f"salesloop adjustment show {WHICH}"))
def show(adjustment: Id, *, json: Json = False, tz: Zone = None) -> None:
    """One adjustment: before, after, its control, and what it brought."""
    found, known = run(_show(adjustment))
    if json:
        as_json(found)
        return
    from cli.review_views import show_adjustment

    show_adjustment(found, known, zone(tz))


async def _show(id: UUID) -> tuple[AdjustmentSeen, dict[UUID, str]]:
    from projections import adjustments

    async with ledger() as opened:
        found = await adjustments.get(opened.pool, id) or fail(f"no adjustment has the id {id}")
        compared = [one.scope.id for one in found.controls]
        people = [found.scope.id, found.owner_id, found.decided_by]
        return found, await names(opened.pool, [*people, *compared])


# --- acting ----------------------------------------------------------------------------------------------------------


@app.command(
    epilog=example(
        f"salesloop adjustment start 'a demo in the first week wins more' --scope team:{WHICH} --metric win-rate "
        f"--baseline 2026-07-01..2026-09-30 --horizon 2027-03-31 --owner {WHICH}"
    )
)
def start(
    hypothesis: Annotated[str, typer.Argument()] = "",
    *,
    scope: Annotated[str | None, typer.Option("--scope", metavar="SCOPE")] = None,
    metric: Annotated[str, typer.Option("--metric")] = "",
    currency: Annotated[str, typer.Option("--currency")] = "",
    baseline: Annotated[str | None, typer.Option("--baseline", metavar="DAY..DAY")] = None,
    horizon: Annotated[datetime | None, typer.Option("--horizon", formats=DAYS, help="Its last day.")] = None,
    owner: Annotated[UUID | None, typer.Option("--owner", help="A person's id.")] = None,
    starts: Annotated[datetime | None, typer.Option("--starts", formats=DAYS, show_default="today")] = None,
    above: Annotated[UUID | None, typer.Option("--above", help="Who is told of silence.")] = None,
    cycle: Annotated[str | None, typer.Option("--cycle", help="The cycle's id, or SCOPE@PERIOD.")] = None,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Start one. What is left out is named in the refusal; a workflow measures it and asks what becomes of it."""
    said: dict[str, Any] = {"hypothesis": hypothesis, "metric": metric, "currency": currency}
    said |= {"scope": scope_of(scope) if scope else None, "owner_id": owner, "above_id": above}
    said |= {"baseline": _window(baseline), "horizon": _day(horizon), "starts": _day(starts)}
    receipt(run(_start(said, cycle, user, reason)), json)


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


def _window(text: str | None) -> Window | None:
    from domain import reading
    from domain.periods import Window

    if text is None:
        return None
    first, _, last = text.partition("..")
    try:
        return Window(reading.day(first), reading.day(last))
    except ValueError:
        fail(f"{text!r} are no days: write 2026-07-01..2026-09-30", USAGE)


async def _start(said: dict[str, Any], cycle: str | None, user: str, reason: str | None) -> Receipt:
    from domain.adjustment_decisions import StartAdjustment
    from domain.door import Door

    async with ledger() as opened:
        of = await cycle_of(opened, cycle) if cycle else None
        command = StartAdjustment(adjustment_id=uuid4(), cycle_id=of, **said)
        return await Door(opened).execute(command, context(user, reason))


@app.command(epilog=example(f"salesloop adjustment decide {WHICH} keep --why 'two more wins' --by {WHICH}"))
def decide(
    adjustment: Id,
    outcome: Annotated[Outcome, typer.Argument()],
    *,
    why: Why,
    by: By,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Keep, change or stop it. Stopping is possible at any time."""
    from domain.adjustment import Outcome as Decided
    from domain.adjustment_decisions import DecideAdjustment

    decided = Decided(outcome.value)
    command = DecideAdjustment(adjustment_id=adjustment, outcome=decided, decided_by=by, why=why)
    receipt(run(execute(command, user)), json)


@app.command(epilog=example(f"salesloop adjustment handover {WHICH} --to {WHICH}"))
def handover(
    adjustment: Id,
    *,
    to: Annotated[UUID, typer.Option("--to", help="Who answers for it from now.")],
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Somebody else owns it from now."""
    from domain.adjustment_decisions import HandOverAdjustment

    receipt(run(execute(HandOverAdjustment(adjustment_id=adjustment, to=to), user, reason)), json)
