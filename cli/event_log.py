"""cli: `salesloop event-log` — the ledger for process mining, as a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, as_json, example, run
from cli.engine.failure import USAGE, fail
from cli.engine.options import CustomerFilter, OwnerFilter, TeamFilter


class Of(StrEnum):
    DEAL = "deal"
    LEAD = "lead"
    CASE = "case"


class Status(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


FORMATS = {".xes": "xes", ".json": "ocel-json", ".jsonocel": "ocel-json", ".sqlite": "ocel-sqlite"}


def add_to(app: typer.Typer) -> None:
    app.command(
        "event-log",
        epilog=example("salesloop event-log deals.xes --status won --since 2026-01-01"),
        help="Deals, leads and cases as an event log for process mining: XES (.xes), or OCEL 2.0 (.json, .sqlite).",
    )(event_log)


def event_log(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", dir_okay=False, help="Its name says the format: .xes, .json or .sqlite."
        ),
    ],
    *,
    of: Annotated[
        Of | None, typer.Option("--of", help="Of XES: what a trace is of.", show_default="deal")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DAY")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY")] = None,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    process: Annotated[str | None, typer.Option("--process")] = None,
    stage: Annotated[str | None, typer.Option("--stage")] = None,
    owner: OwnerFilter = None,
    team: TeamFilter = None,
    customer: CustomerFilter = None,
    product: Annotated[str | None, typer.Option("--product", help="A product: name or id.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="The system it was imported from.")] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="Such as CNY.")] = None,
    amount_from: Annotated[str | None, typer.Option("--amount-from", metavar="NUMBER")] = None,
    amount_to: Annotated[str | None, typer.Option("--amount-to", metavar="NUMBER")] = None,
    json: Json = False,
) -> None:
    name = file.name
    if file.suffix not in FORMATS:
        fail(f"a file of an event log ends with .xes, .json or .sqlite, not {name!r}", USAGE)
    query = {"format": FORMATS[file.suffix], "of": of, "status": status, "process": process, "stage": stage}
    query |= {"source": source, "currency": currency, "since": since, "until": until}
    numbers = {"amount_from": amount_from, "amount_to": amount_to}
    whose = {"owner": owner, "team": team, "customer": customer, "product": product}
    run(_saved(file, query, numbers, whose, told=not json))
    if json:
        as_json({"file": str(file), "bytes": file.stat().st_size})


async def _saved(
    file: Path,
    query: dict[str, Any],
    numbers: dict[str, str | None],
    whose: dict[str, str | None],
    *,
    told: bool,
) -> None:
    from cli.engine.kinds import days, ids, read

    async with backend() as at:
        asked = query | await days(at, query, "since", "until") | await ids(at, whose)
        for name, typed in numbers.items():
            if typed is not None:
                asked[name] = await read(at, "number", typed, f"--{name.replace('_', '-')}")
        await at.save("/event-log", asked, file, told=told)
