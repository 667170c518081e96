"""What a list can be narrowed down and sorted by over HTTP it can be in the terminal: for every read model of the tables, and for lists
that are written by hand.
"""

from __future__ import annotations

from enum import Enum
from importlib import import_module
from typing import Any

import pytest
from fastapi.routing import APIRoute
from typer.main import get_command

from api.capabilities import ROUTES
from api.engine.acts import Reads
from api.engine.auth import query_model
from api.routers import NAMES
from cli.main import app
from cli.views.derived import TITLES
from domain.capabilities import load

TABLES: list[Reads] = [reads for module in load("api", NAMES) for reads in getattr(module, "READS", ())]
SHOWN_ALONE = [reads for reads in TABLES if reads.terminal and " " not in reads.terminal]
LISTS = {route.path: route for route in ROUTES if isinstance(route, APIRoute) and route.methods == {"GET"}}
SHOWN = {"json", "tz", "lang", "help", "export", "locale", "bom"}
"""How what is found is shown, or written into a file: of the terminal alone."""
OF_FILES = {"format", "locale", "zone", "bom", "exact"}
"""The same over HTTP."""


def asked_over_http(reads: Reads) -> set[str]:
    model = query_model(LISTS[reads.path])
    assert model is not None
    return {name.removesuffix("_id") for name in model.model_fields if name not in OF_FILES}


def options(reads: Reads) -> set[str]:
    """Of the list's command."""
    group, _, only = reads.terminal.partition(" ")
    command = get_command(app)
    for name in (group, only or "list"):
        command = command.get_command(None, name)  # type: ignore[attr-defined]
    return {one.name for one in command.params if one.name} - SHOWN


@pytest.mark.parametrize("reads", TABLES, ids=[reads.of for reads in TABLES])
def test_a_list_has_an_option_for_whatever_it_can_be_asked_over_http(reads: Reads) -> None:
    assert options(reads) == asked_over_http(reads)


@pytest.mark.parametrize("reads", SHOWN_ALONE, ids=[reads.of for reads in SHOWN_ALONE])
def test_one_of_a_list_has_something_to_be_headed_with(reads: Reads) -> None:
    module, _, name = reads.model.partition(":")
    assert set(TITLES) & set(getattr(import_module(module), name).view.__struct_fields__)


WRITTEN = {
    "/deals": "deals list",
    "/leads": "lead list",
    "/targets": "target list",
    "/cycles": "cycle list",
    "/scorecards": "scorecard list",
    "/adjustments": "adjustment list",
    "/meetings": "meeting list",
    "/meeting-schedules": "meeting schedules",
    "/agenda": "agenda",
    "/customers": "customer list",
    "/figures": "figure show",
    "/figures/events": "figure events",
}
SAID_AS = {"unowned": ["owned"], "of": ["waits_of"], "scope": ["scope_kind", "scope"]}
"""Options that the API calls otherwise."""
OF_FIGURES = {**SAID_AS, "scope": ["scope"]}
NOTHINGS = {"none"}
"""The phase of a cycle that is not there."""


def parameters(terminal: str) -> dict[str, Any]:
    command = get_command(app)
    for name in terminal.split():
        command = command.get_command(None, name)  # type: ignore[attr-defined]
    return {one.name: one for one in command.params if one.name and one.name not in SHOWN}


@pytest.mark.parametrize("path", WRITTEN)
def test_a_list_that_is_written_by_hand_has_them_too(path: str) -> None:
    model = query_model(LISTS[path])
    assert model is not None
    asked = {name.removesuffix("_id") for name in model.model_fields if name not in OF_FILES}
    said_as = OF_FIGURES if path.startswith("/figures") else SAID_AS
    assert {http for name in parameters(WRITTEN[path]) for http in said_as.get(name, [name])} == asked


@pytest.mark.parametrize("path", WRITTEN)
def test_the_words_that_an_option_takes_are_those_of_the_api(path: str) -> None:
    model = query_model(LISTS[path])
    assert model is not None
    schema = model.model_json_schema()
    for name, option in parameters(WRITTEN[path]).items():
        taken = option.type_descriptor.annotation
        if isinstance(taken, type) and issubclass(taken, Enum):
            assert {*taken} == {*words(schema, schema["properties"][name])} - NOTHINGS, name


def words(schema: dict[str, Any], field: dict[str, Any]) -> list[str]:
    """Of a closed list."""
    kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    of = [schema["$defs"][kind["$ref"].rpartition("/")[2]] if "$ref" in kind else kind for kind in kinds]
    return [str(word) for one in of for word in one.get("enum") or [one["const"]]]


def test_there_are_tables_of_several_capabilities() -> None:
    assert len({reads.terminal.partition(" ")[0] for reads in TABLES}) > 1
