"""tests: routes as a process finds them that answers one request: `python -m tests.api.one_request` reads `[[[method, path], …], …]` and
writes what was found, a line of JSON for each group. Each group is asked in a process that has imported no capability before.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match

from api.app import bare_app
from api.engine.auth import authority_of, query_model
from api.engine.inside import add_routes
from runtime.settings import Settings

SETTINGS = Settings("postgresql:///unused", "postgresql:///unused", Path("unused"))


def described(route: APIRoute) -> dict[str, Any]:
    """What it does, who may, and what it takes."""
    authority, asked = authority_of(route), query_model(route)
    bodies: list[Any] = [body.field_info.annotation for body in route.dependant.body_params]
    return {
        "operation": route.operation_id,
        "path": route.path,
        "methods": sorted(route.methods or ()),
        "status": route.status_code,
        "authority": authority and {name: str(value) for name, value in sorted(vars(authority).items())},
        "query": asked.model_json_schema()
        if asked
        else sorted(p.alias for p in route.dependant.query_params),
        "bodies": [
            one.model_json_schema() if hasattr(one, "model_json_schema") else str(one) for one in bodies
        ],
    }


def answering(routes: list[BaseRoute], method: str, path: str) -> BaseRoute | None:
    """The first that takes this request, as the server's router has it."""
    scope = {"type": "http", "method": method, "path": path}
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)


def found(method: str, path: str) -> dict[str, Any] | int:
    """The route; where there is none, how many were looked through."""
    app = bare_app(SETTINGS)
    add_routes(app, {"type": "http", "method": method, "path": path})
    route = answering(app.router.routes, method, path)
    return described(route) if isinstance(route, APIRoute) else len(app.router.routes)


if __name__ == "__main__":
    for group in json.load(sys.stdin):
        if os.fork() == 0:
            print(json.dumps([found(*request) for request in group]), flush=True)
            os._exit(0)
        os.wait()
