"""cli: what the commands of the loop share — scopes, periods and people as they are typed, and as they are shown."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.common import USAGE, fail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.periods import Period
    from domain.scope import Scope
    from projections.paging import Source
    from runtime.ledger import Ledger

ScopeOption = Annotated[
    str, typer.Option("--scope", metavar="SCOPE", help="company, team:ID or rep:ID.", show_default=False)
]
ScopeFilter = Annotated[
    str | None, typer.Option("--scope", metavar="SCOPE", help="company, team:ID or rep:ID.")
]
PeriodOption = Annotated[
    str, typer.Option("--period", metavar="PERIOD", help="2027, 2027-Q1, 2027-03, 2027-W05.")
]
PeriodFilter = Annotated[
    str | None, typer.Option("--period", metavar="PERIOD", help="2027, 2027-Q1, 2027-03, 2027-W05.")
]
By = Annotated[UUID, typer.Option("--by", help="The id of the person who says it.")]
Why = Annotated[str, typer.Option("--why", help="Why; recorded.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="Where the page before ended.")]
DAYS = ["%Y-%m-%d"]


def scope_of(text: str) -> Scope:
    from domain.scope import Scope, ScopeKind

    kind, _, id = text.partition(":")
    try:
        return Scope(kind=ScopeKind(kind), id=UUID(id) if id else None)
    except ValueError:
        fail(f"{text!r} is no scope: write company, team:ID or rep:ID", USAGE)


async def period_of(opened: Ledger, name: str) -> Period:
    """Fiscal years start when the cycle policy "default" says."""
    from domain.cycle.policies import CyclePolicies, cycle_policy_stream
    from domain.periods import named_period

    id = cycle_policy_stream("default")
    held = (await opened.load({id: CyclePolicies}))[id]
    assert isinstance(held, CyclePolicies)
    return named_period(name, held.current.fiscal_start)


def number(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ""))
    except ArithmeticError:
        fail(f"{text!r} is not a number", USAGE)


def instant(given: datetime) -> datetime:
    """What was typed is in the time zone of this machine."""
    return given.astimezone()


async def names(source: Source, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Whom ids stand for, as far as the directory knows."""
    from projections.paging import fetch

    wanted = list({id for id in ids if id is not None})
    return dict(await fetch(source, "SELECT id, name FROM read.directory WHERE id = ANY(%s)", [wanted]))


def whose(scope: Any, known: dict[UUID, str]) -> str:
    """A scope for people."""
    if scope.id is None:
        return "company"
    return f"{scope.kind} {known.get(scope.id, scope.id)}"


def who(id: UUID | None, known: dict[UUID, str]) -> str:
    return "nobody" if id is None else known.get(id, str(id))


def figure(value: Decimal | None, currency: str = "") -> str:
    """Without digits that say nothing."""
    if value is None:
        return "–"
    text = f"{value:,f}"
    whole = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{whole} {currency}".strip()
