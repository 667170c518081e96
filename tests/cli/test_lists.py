"""What a list can be narrowed down and sorted by over HTTP it can be in the terminal, for every read model of the tables."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute
from typer.main import get_command

from api.capabilities import ROUTES
from api.engine.acts import Reads
from api.engine.auth import query_model
from api.routers import NAMES
from cli.main import app
from domain.capabilities import load

TABLES: list[Reads] = [reads for module in load("api", NAMES) for reads in getattr(module, "READS", ())]
LISTS = {route.path: route for route in ROUTES if isinstance(route, APIRoute) and route.methods == {"GET"}}
SHOWN = {"json", "tz", "lang", "help"}
"""How what is found is shown: of the terminal alone."""


def asked_over_http(reads: Reads) -> set[str]:
    model = query_model(LISTS[reads.path])
    assert model is not None
    return {name.removesuffix("_id") for name in model.model_fields}


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


def test_there_are_tables_of_several_capabilities() -> None:
    assert len({reads.terminal.partition(" ")[0] for reads in TABLES}) > 1
