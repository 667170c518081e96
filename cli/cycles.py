"""cli: cycles — the board, one cycle and what it waits for, its review's pack, the next target and why."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.common import Json, Limit, Zone, as_json, example, fail, group, ledger, run, zone
from cli.desk_views import show_cycle_policy
from cli.loop import (
    CompanyZone,
    Cursor,
    CycleArgument,
    KnownAt,
    PeriodFilter,
    ScopeFilter,
    company_zone,
    cycle_of,
    known_upto,
    more,
    names,
    scope_of,
    today,
)
from cli.views import Language

if TYPE_CHECKING:
    from projections.attainment import Attainment
    from projections.cycle_board import CycleSeen
    from projections.pack_view import PackSeen
    from projections.paging import Page, Source
    from runtime.ledger import Ledger

app = group(
    "cycle", "Cycles: the board, one cycle and what it waits for, its pack, and everything people do in it."
)
LanguageOption = Annotated[Language, typer.Option("--lang", help="Of the sentences.")]


class Phase(StrEnum):
    TARGET = "target"
    EXECUTE = "execute"
    REVIEW = "review"
    FEEDBACK = "feedback"
    NEXT = "next"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@app.command("list", epilog=example("salesloop cycle list --phase execute --behind"))
def list_(
    *,
    phase: Annotated[Phase | None, typer.Option("--phase")] = None,
    scope: ScopeFilter = None,
    period: PeriodFilter = None,
    owner: Annotated[UUID | None, typer.Option("--owner", help="A person's id.")] = None,
    of: Annotated[UUID | None, typer.Option("--of", help="Who owes what is most urgent.")] = None,
    behind: Annotated[
        bool, typer.Option("--behind", help="Only those told to be behind at their last check-in.")
    ] = False,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: CompanyZone = None,
) -> None:
    """The board: what is due first comes first."""
    narrowed: dict[str, Any] = {
        "phase": phase,
        "scope_key": scope_of(scope).key if scope else None,
        "period_name": period,
        "owner_id": owner,
        "waits_of": of,
        "behind": behind or None,
    }
    page, known, company = run(_list(narrowed, cursor, limit))
    if json:
        as_json(page)
        return
    from cli.loop_views import show_board

    show_board(page.items, known, zone(tz or company))
    more(page)


async def _list(
    narrowed: dict[str, Any], cursor: str | None, limit: int
) -> tuple[Page[CycleSeen], dict[UUID, str], str]:
    """With the company's time zone."""
    from projections import cycle_board

    async with ledger() as opened:
        found = cycle_board.CycleFilter(**narrowed)
        page = await cycle_board.listing(opened.pool, found, cursor=cursor, limit=limit)
        known = await names(opened.pool, [id for cycle in page.items for id in people(cycle)])
        return page, known, await company_zone(opened.pool)


def people(cycle: CycleSeen) -> Iterable[UUID | None]:
    """Whose names a cycle is shown with."""
    yield from (cycle.scope.id, cycle.owner_id, cycle.manager_id, cycle.above_id)
    yield from (owed.of for owed in cycle.waits)


# --- one cycle -------------------------------------------------------------------------------------------------------


async def seen(opened: Ledger, given: str) -> CycleSeen:
    from projections import cycle_board

    id = await cycle_of(opened, given)
    return await cycle_board.get(opened.pool, id) or fail(f"no cycle has the id {id}")


@app.command(epilog=example("salesloop cycle show company@2027-Q1"))
def show(cycle: CycleArgument, *, json: Json = False, tz: CompanyZone = None) -> None:
    """Where it stands, what it waits for, from whom, until when, and how its targets stand today."""
    found, lines, known, company = run(_show(cycle))
    if json:
        as_json({"cycle": found, "attainment": lines})
        return
    from cli.loop_views import show_cycle

    shown = tz or company
    show_cycle(found, lines, known, zone(shown), shown)


async def _show(given: str) -> tuple[CycleSeen, list[Attainment], dict[UUID, str], str]:
    from projections.attainment import policy_of

    async with ledger() as opened:
        found = await seen(opened, given)
        policy = await policy_of(opened.pool, found.policy, found.policy_version)
        lines = await targets_today(opened.pool, found, policy)
        return found, lines, await names(opened.pool, people(found)), policy.calendar.timezone


async def targets_today(source: Source, cycle: CycleSeen, policy: Any) -> list[Attainment]:
    """The cycle's targets as they stand today, or stood on its last day."""
    from domain.cycle.in_force import InForce
    from projections import attainment, figures
    from projections.target_tree import TargetTree

    day = min(await today(source), cycle.period.end)
    known = await TargetTree.at(source, cycle.targets, figures.NOW)
    pairs = [(target, day) for target in known.values()]
    return await attainment.attained(source, pairs, policies=InForce.only(policy))


@app.command(epilog=example("salesloop cycle said rep:0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11@2027-03"))
def said(cycle: CycleArgument, *, json: Json = False, tz: Zone = None) -> None:
    """What people said in the course of it: assessments, decisions, feedback, comments, appeals."""
    found, known = run(_said(cycle))
    if json:
        as_json(found.said)
        return
    from cli.loop_views import show_said

    show_said(found, known, zone(tz))


async def _said(given: str) -> tuple[CycleSeen, dict[UUID, str]]:
    async with ledger() as opened:
        found = await seen(opened, given)
        return found, await names(opened.pool, [one.by for one in found.said])


@app.command(epilog=example("salesloop cycle pack company@2027-Q1 --changed"))
def pack(
    cycle: CycleArgument,
    *,
    changed: Annotated[bool, typer.Option("--changed", help="Only what is known differently now.")] = False,
    known_at: KnownAt = None,
    lang: LanguageOption = Language.EN,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """The review's pack as it was frozen, and beside each number what is known now."""
    found, known = run(_pack(cycle, known_at))
    if json:
        as_json(found)
        return
    from cli.loop_views import show_pack

    show_pack(found, known, zone(tz), lang.value, changed=changed)


async def _pack(given: str, known_at: str | None) -> tuple[PackSeen, dict[UUID, str]]:
    from projections import pack_view

    async with ledger() as opened:
        position = await known_upto(opened.pool, pack_view.NEEDED, known_at)
        found = await pack_view.get(opened.pool, await seen(opened, given), position)
        return found, await names(opened.pool, [found.scope.id, *pack_view.about(found)])


@app.command(epilog=example("salesloop cycle proposal company@2027-Q1 --lang zh"))
def proposal(cycle: CycleArgument, *, lang: LanguageOption = Language.EN, json: Json = False) -> None:
    """What was proposed for the next period, step by step."""
    found, known = run(_proposal(cycle))
    if json:
        as_json(found.next_proposed)
        return
    from cli.loop_views import show_proposal

    show_proposal(found, known, lang.value)


async def _proposal(given: str) -> tuple[CycleSeen, dict[UUID, str]]:
    async with ledger() as opened:
        found = await seen(opened, given)
        return found, await names(opened.pool, [found.scope.id])


@app.command(epilog=example("salesloop cycle policy default"))
def policy(name: Annotated[str, typer.Argument()] = "default", *, json: Json = False) -> None:
    """All versions of a cycle policy."""
    versions = run(_policy(name))
    if json:
        as_json(versions)
        return
    show_cycle_policy(name, versions)


async def _policy(name: str) -> Any:
    from domain.cycle.policies import CyclePolicies, cycle_policy_stream

    id = cycle_policy_stream(name)
    async with ledger() as opened:
        held = (await opened.load({id: CyclePolicies}))[id]
        if not isinstance(held, CyclePolicies) or not held.versions:
            fail(f"no cycle policy is called {name!r}")
        return held.versions
