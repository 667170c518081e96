"""cli: a read model of streams as two commands — its list, and one of it by its id. What is asked for is what the API's routes take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any, cast
from uuid import UUID

import typer

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

FILTERS: dict[str, Any] = {
    "cycle": Annotated[str | None, typer.Option("--cycle", help=CYCLE)],
    "customer": CustomerFilter,
    "metric": Annotated[str | None, typer.Option("--metric", help="Such as revenue-won.")],
    "owner": OwnerFilter,
    "period": PeriodFilter,
    "scope": ScopeFilter,
    "team": TeamFilter,
}
"""What lists are narrowed down by, by the option; another one is a choice of the words that are named beside it."""
PEOPLE = ("owner", "team", "cycle", "customer")
"""Those that stand for an id."""


@dataclass(frozen=True)
class Shown:
    """`model` and `view` are `module:name`; the view takes the items, the names of what `names` gives of each, and the zone where
    there is a `clock`: the machine's, or the company's.
    """

    path: str
    model: str
    view: str
    help: str
    example: str
    names: Callable[[Any], Iterable[UUID | None]]
    options: str = ""
    clock: str = ""
    limit: int = 20


def add_list(app: typer.Typer, shown: Shown, name: str = "list") -> None:
    """`options` are apart by blanks, each the name of a filter or `status=open|closed`."""

    def command(**given: Any) -> None:
        page, known, at = run(_listed(shown, given))
        if given["json"]:
            as_json(page)
            return
        found(shown.view)(page.items, known, *at)
        more(page)

    wanted = {one.partition("=")[0]: _filter(*one.partition("=")[::2]) for one in shown.options.split()}
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


def found(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def _filter(name: str, words: str) -> Any:
    if not words:
        return FILTERS[name]
    enum: Any = StrEnum
    choice = enum(name.capitalize(), {word.upper(): word for word in words.split("|")})
    return Annotated[choice | None, typer.Option(f"--{name}")]


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
    from cli.engine.kinds import ids, scoped
    from cli.engine.reads import pages
    from projections.engine.paging import Page

    model, shape = found(shown.model), cast("Any", Page)
    query = {name: value for name, value in given.items() if name not in (*PEOPLE, "scope", "json", "tz")}
    async with backend() as at:
        named = await ids(at, {name: given[name] for name in PEOPLE if name in given})
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
