"""cli: what the commands of the loop share — scopes, periods and people as they are typed, and as they are shown."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.engine.failure import fail
from cli.engine.language import language, sentence, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.engine.backend import Backend
    from domain.cycle.policy import CyclePolicy
    from projections.engine.paging import Page, Source

ScopeFilter = Annotated[
    str | None,
    typer.Option("--scope", metavar="SCOPE", help="company, team:NAME or rep:NAME; ids do as well."),
]
CYCLE = "A cycle: SCOPE@PERIOD, or its id."
PeriodFilter = Annotated[
    str | None, typer.Option("--period", metavar="PERIOD", help="2027, 2027-Q1, 2027-03, 2027-W05.")
]
CycleArgument = Annotated[
    str,
    typer.Argument(metavar="CYCLE", help="SCOPE@PERIOD, or its id: company@2027-Q1, 'rep:Li Wei@2027-03'."),
]
RepFilter = Annotated[str | None, typer.Option("--rep", help="A rep: name, login or id.")]
OwnerFilter = Annotated[str | None, typer.Option("--owner", help="A rep: name, login or id.")]
TeamFilter = Annotated[str | None, typer.Option("--team", help="A team: name or id.")]
CustomerFilter = Annotated[str | None, typer.Option("--customer", help="A customer: name or id.")]
CustomFilter = Annotated[
    str | None,
    typer.Option(
        "--custom",
        metavar="FIELD=VALUE",
        help="By a custom field: a value, or >= and <= it, such as seats>=40.",
    ),
]
Day = str | None
"""As it is typed; read by `kinds.days`."""
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


async def company_policy(backend: Backend, name: str = "default") -> CyclePolicy:
    """The cycle policy as it is now."""
    return (await cycle_policies(backend, name))[-1]


async def cycle_policies(backend: Backend, name: str) -> list[CyclePolicy]:
    """Oldest version first."""
    import msgspec

    from domain.cycle.policy import CyclePolicy
    from projections.target import attainment

    shape = msgspec.defstruct("Versions", [("versions", list[CyclePolicy])])

    async def direct(source: Source, _: Any) -> Any:
        found = (await attainment.policies_of(source, name)).versions
        return shape(list(found) or fail(f"no cycle policy is called {name!r}"))

    return list((await backend.read(f"/cycle-policies/{name}", shape, None, direct)).versions)


async def fiscal_start(backend: Backend) -> int:
    return (await company_policy(backend)).fiscal_start


async def company_zone(backend: Backend) -> str:
    return (await company_policy(backend)).calendar.timezone


async def today(backend: Backend) -> str:
    """The company's day."""
    return (await company_policy(backend)).day(datetime.now(UTC)).isoformat()


def more(page: Page[Any]) -> None:
    """Not folded: it is copied."""
    if page.next_cursor:
        typer.echo(sentence("more: {option}", option=f"--cursor {page.next_cursor}"))


def whose(scope: Any, known: Mapping[UUID, str]) -> str:
    """A scope for people, with the published segment or the sector that it is narrowed to."""
    whose = word("company") if scope.id is None else f"{word(scope.kind)} {known.get(scope.id, scope.id)}"
    return f"{whose} · {scope.segment.removeprefix('segment:')}" if scope.segment else whose


def who(id: UUID | None, known: Mapping[UUID, str]) -> str:
    return word("nobody") if id is None else known.get(id, str(id))


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
    from domain.engine.currency import decimals
    from domain.figures.metrics import Unit, find_metric

    of = find_metric(metric)
    if value is None or of is None:
        return figure(value, currency)
    if of.unit == Unit.MONEY:
        return f"{value:,.{decimals(currency)}f} {currency}".strip()
    if of.unit == Unit.RATIO:
        return percent(value)
    if of.unit == Unit.MINUTES:
        return sentence("{n} min", n=f"{value:,.0f}")
    return sentence("{n} days", n=f"{value:,.1f}") if of.unit == Unit.DAYS else figure(value)


def metric_name(key: str, lang: str = "") -> str:
    from domain.figures.metrics import find_metric

    of = find_metric(key)
    return key if of is None else str(getattr(of.name, lang or language()))
