"""cli: a read model of streams as commands — its list, one of it by its id, its history. What is asked for is what the API's routes take.

`add_reads` makes them from a table of `Reads`; where the view is written by hand, `add_list` and `add_show` take it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, cast
from uuid import UUID

import typer

from api.engine.acts import WHICH
from cli.engine.backend import Backend, backend
from cli.engine.common import Json, Limit, Zone, as_json, example, run, zone
from cli.engine.language import language
from cli.engine.options import (
    CYCLE,
    CompanyZone,
    Cursor,
    CustomerFilter,
    OwnerFilter,
    PeriodFilter,
    ScopeFilter,
    TeamFilter,
    company_zone,
    more,
)

if TYPE_CHECKING:
    from api.engine.acts import Reads

Text, Yes = str | None, bool | None
FILTERS: dict[str, Any] = {
    "behind": Annotated[
        Yes, typer.Option("--behind/--not-behind", help="Told to be behind at their last check-in.")
    ],
    "chair": Annotated[Text, typer.Option("--chair", help="A rep: name, login or id.")],
    "cycle": Annotated[str | None, typer.Option("--cycle", help=CYCLE)],
    "customer": CustomerFilter,
    "deal": Annotated[str | None, typer.Option("--deal", help="A deal: its reference or id.")],
    "definition": Annotated[Text, typer.Option("--definition", help="By its name.")],
    "due_before": Annotated[Text, typer.Option("--due-before", metavar="TIME")],
    "manager": Annotated[str | None, typer.Option("--manager", help="A rep: name, login or id.")],
    "metric": Annotated[str | None, typer.Option("--metric", help="Such as revenue-won.")],
    "of": Annotated[Text, typer.Option("--of", help="Who owes what is most urgent: name or id.")],
    "on": Annotated[Text, typer.Option("--on", metavar="DAY", help="A day of the period.")],
    "over": Annotated[Yes, typer.Option("--over/--not-over", help="Not: those of which something is owed.")],
    "owner": OwnerFilter,
    "parent": Annotated[
        Text, typer.Option("--parent", help="A target, by its id: what it was divided into.")
    ],
    "period": PeriodFilter,
    "schedule": Annotated[Text, typer.Option("--schedule", help="A schedule of meetings, by its id.")],
    "scope": ScopeFilter,
    "team": TeamFilter,
}
"""What lists are narrowed down by, by the option; another one is a choice of the words that are named beside it."""
PEOPLE = ("owner", "manager", "chair", "of", "team", "cycle", "customer", "deal", "parent", "schedule")
"""Those that stand for an id."""
CALLED = {"of_id": "waits_of"}
"""What the API calls otherwise."""
READ_AS = {datetime: "instant", date: "day"}
"""How what is typed is read, by what the read model takes."""


@dataclass(frozen=True)
class Shown:
    """`model` and `view` are `module:name`; the view takes the items, the names of what `names` gives of each, and the zone where
    there is a `clock`: the machine's, or the company's.
    """

    path: str
    model: str
    view: str | Callable[..., None]
    help: str
    example: str
    names: Callable[[Any], Iterable[UUID | None]]
    options: str = ""
    clock: str = ""
    limit: int = 20


def add_list(
    app: typer.Typer, shown: Shown, name: str = "list", filters: dict[str, Any] | None = None
) -> None:
    """`options` are apart by blanks, each the name of a filter, or a choice: `status=open|closed`, `sort=starts|metric` both ways round;
    or `filters` has them.
    """

    def command(**given: Any) -> None:
        page, known, at = run(_listed(shown, given))
        if given["json"]:
            as_json(page)
            return
        found(shown.view)(page.items, known, *at)
        more(page)

    wanted = filters or {
        one.partition("=")[0]: _filter(*one.partition("=")[::2]) for one in shown.options.split()
    }
    _add(app, name, command, shown, {**wanted, "cursor": Cursor, "limit": Limit, "json": Json})


def add_show(app: typer.Typer, shown: Shown, argument: str) -> None:
    """`argument` is what one of them is called."""

    def command(**given: Any) -> None:
        one, known, at = run(_one(shown, argument, given))
        if given["json"]:
            as_json(one)
        else:
            found(shown.view)(one, known, *at)

    named = Annotated[str, typer.Argument(metavar=argument.upper(), help="Its id.")]
    _add(app, "show", command, shown, {argument: named, "json": Json})


def add_history(app: typer.Typer, shown: Shown, argument: str) -> None:
    """Every event of one, as sentences."""

    def command(**given: Any) -> None:
        page, at = run(_history(shown, argument, given))
        if given["json"]:
            as_json(page)
            return
        found(shown.view)(page, language(), *at)
        more(page)

    named = Annotated[str, typer.Argument(metavar=argument.upper(), help="Its id.")]
    newest = Annotated[bool, typer.Option("--newest", help="The newest first.")]
    kinds = {argument: named, "newest": newest, "cursor": Cursor, "limit": Limit, "json": Json}
    _add(app, "history", command, shown, kinds)


def add_reads(app: typer.Typer, table: str, group: str) -> None:
    """The commands of every entry of the table `READS` in that module that belong to the group."""
    for reads in getattr(import_module(table), "READS", ()):
        called, _, only = reads.terminal.partition(" ")
        if called == group:
            _add_reads(app, reads, only)


def _add_reads(app: typer.Typer, reads: Reads, only: str) -> None:
    from cli.views import derived
    from cli.views.deals import show_history

    model = found(reads.model)
    key, columns, fields = model.columns[0], reads.columns.split(), reads.fields.split()
    argument, call = key.removesuffix("_id"), f"salesloop {reads.terminal}"
    shown = Shown(
        path=reads.path,
        model=reads.model,
        view=partial(
            derived.show_several, columns=columns, key=key, spare=reads.spare.split() or derived.PEOPLE
        ),
        help=f"{reads.many}. {reads.more}".strip(),
        example=f"{call} {'' if only else 'list'} {reads.typed}".replace("  ", " ").strip(),
        names=derived.people,
        clock="machine",
    )
    add_list(app, shown, only or "list", _filters(model, reads.by))
    if only:
        return
    view = partial(derived.show_one, shown=fields)
    one = replace(shown, view=view, help=f"{reads.one}.", example=f"{call} show {WHICH}")
    add_show(app, one, argument)
    if reads.history:
        told = replace(one, view=show_history, help="Every event of it.", example=f"{call} history {WHICH}")
        add_history(app, replace(told, limit=100), argument)


def _filters(model: Any, by: str) -> dict[str, Any]:
    """An option for each filter that the table names, beside the team."""
    tokens = [one.partition("=")[::2] for one in by.split()]
    if "team_id" in model.filters:
        tokens.insert(0, ("team", ""))
    wanted = {name: _typed(name, words, model.filters.get(name)) for name, words in tokens}
    return {**wanted, "sort": _sorts(model.order)}


def _sorts(order: Sequence[str]) -> Any:
    """By what the list can be sorted; the usual one, the first, is said by the help."""
    columns = [one.removeprefix("-") for one in order]
    enum: Any = StrEnum
    choice = enum("Sort", {f"{sign}{one}": f"{sign}{one}" for one in columns for sign in ("", "-")})
    said = f"- before it: descending. Otherwise by {order[0]}."
    return Annotated[choice | None, typer.Option("--sort", help=said)]


def _typed(name: str, words: str, kind: Any) -> Any:
    option = f"--{name.replace('_', '-')}"
    if kind is bool:
        return Annotated[bool | None, typer.Option(f"{option}/--not-{name}")]
    if isinstance(kind, type) and issubclass(kind, Enum):
        words = "|".join(one.value for one in kind)
    if kind is datetime:
        return Annotated[str | None, typer.Option(option, metavar="TIME")]
    return _filter(name, words) if words or name in FILTERS else Annotated[str | None, typer.Option(option)]


def found(place: str | Callable[..., Any]) -> Any:
    """What a place such as `module:name` names."""
    if not isinstance(place, str):
        return place
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def _filter(name: str, words: str) -> Any:
    if not words:
        return FILTERS[name]
    if name == "sort":
        return _sorts(words.split("|"))
    enum: Any = StrEnum
    choice = enum(name.capitalize(), {word.upper(): word for word in words.split("|")})
    return Annotated[choice | None, typer.Option(f"--{name.replace('_', '-')}")]


def _add(
    app: typer.Typer, name: str, command: Callable[..., None], shown: Shown, kinds: dict[str, Any]
) -> None:
    if shown.clock:
        kinds["tz"] = CompanyZone if shown.clock == "company" else Zone
    defaults = {"limit": shown.limit, "json": False, "newest": False}
    parameters = []
    for one, kind in kinds.items():
        default = inspect.Parameter.empty if kind.__origin__ is str else defaults.get(one)
        parameters.append(
            inspect.Parameter(one, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        )
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = kinds
    app.command(name, help=shown.help, epilog=example(shown.example))(command)


async def _listed(shown: Shown, given: dict[str, Any]) -> tuple[Any, dict[UUID, str], list[Any]]:
    from cli.engine.kinds import ids, read, scoped
    from cli.engine.reads import pages
    from projections.engine.paging import Page

    model, shape = found(shown.model), cast("Any", Page)
    query = {name: value for name, value in given.items() if name not in (*PEOPLE, "scope", "json", "tz")}
    async with backend() as at:
        for name in [one for one in query if query[one] and model.filters.get(one) in READ_AS]:
            kind = READ_AS[model.filters[name]]
            query[name] = await read(at, kind, query[name], f"--{name.replace('_', '-')}")
        named = await ids(at, {name: given[name] for name in PEOPLE if name in given})
        named = {CALLED.get(name, name): id for name, id in named.items()}
        narrowed = query | await scoped(at, given.get("scope")) | named
        page = await at.read(shown.path, shape[model.view], narrowed, pages(model))
        known = await at.names([id for one in page.items for id in shown.names(one)])
        return page, known, await _zone(shown, given, at)


async def _one(shown: Shown, argument: str, given: dict[str, Any]) -> tuple[Any, dict[UUID, str], list[Any]]:
    from cli.engine.kinds import read
    from cli.engine.reads import one

    model = found(shown.model)
    async with backend() as at:
        id = await read(at, "id", given[argument], argument.upper())
        direct = one(model.get, model.aggregate.KIND, id)
        seen = await at.read(f"{shown.path}/{id}", model.view, None, direct)
        return seen, await at.names(list(shown.names(seen))), await _zone(shown, given, at)


async def _history(shown: Shown, argument: str, given: dict[str, Any]) -> tuple[Any, list[Any]]:
    from cli.engine.kinds import read
    from projections.deal import history
    from projections.engine.paging import Page

    asked = {"lang": language(), "order": "newest" if given["newest"] else "oldest"}
    asked |= {name: given[name] for name in ("cursor", "limit")}
    async with backend() as at:
        id = await read(at, "id", given[argument], argument.upper())

        async def direct(source: Any, asked: Any) -> Any:
            newest, lang = asked["order"] == "newest", asked["lang"]
            return await history.in_one_language(
                source, UUID(id), lang, asked.get("cursor"), asked["limit"], newest_first=newest
            )

        page = await at.read(f"{shown.path}/{id}/history", Page[history.InOneLanguage], asked, direct)
        return page, await _zone(shown, given, at)


async def _zone(shown: Shown, given: dict[str, Any], at: Backend) -> list[Any]:
    """What the view takes of it."""
    if not shown.clock:
        return []
    named = given["tz"] or (await company_zone(at) if shown.clock == "company" else None)
    return [zone(named)]
