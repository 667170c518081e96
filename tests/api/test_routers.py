"""A process that answers one request makes no more routes than it takes to find its own; it is the one that the server has."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from api.app import create_app
from api.capabilities import ROUTES
from api.routers import NAMES, routes_of
from domain.capabilities import load
from runtime.settings import Settings
from tests.api.one_request import answering, described

OF_ALL = {"openapi.json", "docs"}
"""What tells of all routes, and so needs them."""
ID = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
Request = tuple[str, str]


def first(route: BaseRoute) -> str:
    assert isinstance(route, APIRoute)
    return route.path.split("/")[1]


def requests(routes: tuple[BaseRoute, ...]) -> list[Request]:
    """One for each."""
    made = [route for route in routes if isinstance(route, APIRoute)]
    return [(method, re.sub(r"{\w+}", ID, route.path)) for route in made for method in route.methods or ()]


def asked_alone(groups: list[list[Request]]) -> list[list[Any]]:
    command = [sys.executable, "-m", "tests.api.one_request"]
    done = subprocess.run(
        command,
        input=json.dumps(groups),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_capability_says_what_the_paths_of_its_requests_begin_with_and_no_two_the_same() -> None:
    said = {name: import_module(f"api.{name}").PATHS for name in NAMES}
    made = {
        name: {first(route) for module in load("api", [name]) for route in routes_of(module)} - OF_ALL
        for name in NAMES
    }
    assert {name: set(paths) for name, paths in said.items()} == made
    assert max(Counter(path for paths in said.values() for path in paths).values()) == 1


def test_each_request_alone_finds_the_route_that_the_server_has_for_it() -> None:
    modules = [routes_of(module) for module in load("api", NAMES)]
    groups = [requests(routes) for routes in modules if routes]
    whole = [[answering([*ROUTES], *request) for request in group] for group in groups]
    assert sum(map(len, whole)) == len(ROUTES) > 140
    expected = [[described(route) for route in routes if isinstance(route, APIRoute)] for routes in whole]
    assert asked_alone(groups) == json.loads(json.dumps(expected))


def test_what_nothing_answers_was_looked_for_everywhere_it_might_be() -> None:
    of_deals = sum(len(routes_of(module)) for module in load("api", ["deal"]))
    found = asked_alone([[("GET", "/nothing")], [("DELETE", f"/deals/{ID}")]])
    assert found == [[len(ROUTES)], [of_deals]]


def test_every_path_begins_with_a_word_by_which_its_route_is_found() -> None:
    settings = Settings("postgresql:///unused", "postgresql:///unused", Path("unused"))
    paths = [route.path for route in create_app(settings).routes if isinstance(route, APIRoute)]
    assert [path for path in paths if "{" in path.split("/")[1]] == []
