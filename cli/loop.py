"""cli: what the commands of the loop share — scopes, periods and people as they are typed, and as they are shown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

from cli.common import USAGE, fail, ledger

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pydantic import BaseModel

    from domain.periods import Period
    from domain.scope import Scope
    from projections.paging import Page, Source
    from runtime.ledger import Ledger

B = TypeVar("B", bound="BaseModel")

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
CycleArgument = Annotated[
    str, typer.Argument(metavar="CYCLE", help="Its id, or SCOPE@PERIOD: company@2027-Q1, rep:ID@2027-03.")
]
By = Annotated[UUID, typer.Option("--by", help="The id of the person who says it.")]
Why = Annotated[str, typer.Option("--why", help="Why; recorded.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="Where the page before ended.")]
KnownAt = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        metavar="WHEN",
        help="As known at a position, by the end of a day, or at a time such as 2027-03-01T09:00:00+08:00.",
        show_default="now",
    ),
]
CompanyZone = Annotated[
    str | None,
    typer.Option("--tz", help="Time zone to show times in.", show_default="the company's, of the policy"),
]
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


async def company_zone(source: Source) -> str:
    from projections.company import in_force

    return str((await in_force(source)).zone(datetime.now(UTC)))


async def today(source: Source) -> date:
    """The company's day."""
    from projections.company import in_force

    return (await in_force(source)).day(datetime.now(UTC))


async def company_today() -> date:
    async with ledger() as opened:
        return await today(opened.pool)


async def cycle_of(opened: Ledger, given: str) -> UUID:
    """By its id, or by scope and period: company@2027-Q1, rep:ID@2027-03."""
    from domain.cycle.cycle import cycle_id

    scope, at, period = given.rpartition("@")
    try:
        return cycle_id(scope_of(scope), await period_of(opened, period)) if at else UUID(given)
    except ValueError:
        fail(f"{given!r} is no cycle: write its id, or SCOPE@PERIOD such as company@2027-Q1", USAGE)


async def known_upto(source: Source, names: Collection[str], known_at: str | None) -> int | None:
    """The position that stands for `--known-at`. Fails for one that the read models have not reached: the answer would not be
    the last word.
    """
    from domain import reading
    from projections.known import position_at
    from projections.status import reached

    if known_at is None:
        return None
    try:
        position = await position_at(source, reading.position_or_time(known_at))
    except ValueError as wrong:
        fail(f"--known-at {wrong}", USAGE)
    if position > (there := await reached(source, names)):
        fail(f"the read models are at position {there}, not at {position} yet")
    return position


def number(text: str) -> Decimal:
    from domain import reading

    try:
        return reading.grouped(text)
    except ValueError as wrong:
        fail(f"{text!r} {wrong}", USAGE)


def checked(model: type[B], content: bytes) -> B:
    """A file as a request body, told what is wrong with it."""
    from pydantic import ValidationError

    from domain import reading

    try:
        return model.model_validate(reading.document(content))
    except reading.NamedTwice as twice:
        fail(f"{twice.name}: {twice}")
    except ValidationError as wrong:
        fail("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()))


def more(page: Page[Any]) -> None:
    if page.next_cursor:
        typer.echo(f"more: --cursor {page.next_cursor}")


def instant(given: datetime) -> datetime:
    """What was typed is in the time zone of this machine."""
    return given.astimezone()


NAMES = """
SELECT id, name FROM read.directory WHERE id = ANY(%(ids)s)
 UNION ALL SELECT deal_id, title FROM read.deal_board WHERE deal_id = ANY(%(ids)s)
"""


async def names(source: Source, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """What ids stand for, as far as the directory and the deal board know."""
    from projections.paging import fetch

    wanted = list({id for id in ids if id is not None})
    return dict(await fetch(source, NAMES, {"ids": wanted}))


def whose(scope: Any, known: Mapping[UUID, str]) -> str:
    """A scope for people."""
    if scope.id is None:
        return "company"
    return f"{scope.kind} {known.get(scope.id, scope.id)}"


def who(id: UUID | None, known: Mapping[UUID, str]) -> str:
    return "nobody" if id is None else known.get(id, str(id))


def figure(value: Decimal | None, currency: str = "") -> str:
    """Without digits that say nothing."""
    if value is None:
        return "–"
    text = f"{value:,f}"
    whole = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{whole} {currency}".strip()


def percent(share: Decimal | None) -> str:
    return "–" if share is None else f"{share * 100:,.1f}%"


def measured(value: Decimal | None, metric: str, currency: str = "") -> str:
    """A figure as people write it: whole counts, cents for money, rates as percentages."""
    from domain.currency import decimals
    from domain.metrics import Unit, find_metric

    of = find_metric(metric)
    if value is None or of is None:
        return figure(value, currency)
    if of.unit == Unit.MONEY:
        return f"{value:,.{decimals(currency)}f} {currency}".strip()
    if of.unit == Unit.RATIO:
        return percent(value)
    return f"{value:,.1f} days" if of.unit == Unit.DAYS else figure(value)


def metric_name(key: str, lang: str = "en") -> str:
    from domain.metrics import find_metric

    of = find_metric(key)
    return key if of is None else str(getattr(of.name, lang))
