"""api: which routes are lists, page by page or whole, and such a route asked for a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Response
from fastapi.routing import APIRoute

from api.engine.answers import listed
from api.engine.fields import Filed
from api.engine.reading import Look


def list_of(route: APIRoute) -> tuple[str, Any]:
    """The name of the route's query, and what it lists; "" and None where it is no list."""
    models = {d.name: getattr(d.call, "query_model", None) for d in route.dependant.dependencies}
    name = next((name for name, model in models.items() if model and issubclass(model, Filed)), None)
    view = listed(route.responses) if name else None
    return (name, view) if name and view else ("", None)


async def as_file(
    endpoint: Callable[..., Awaitable[Response]],
    given: dict[str, Any],
    parts: dict[str, Any],
    paging: str,
    view: Any,
) -> Response:
    """What the endpoint lists, given this and parts of its path; `paging` is the name of its query."""
    from api.engine.exports import export  # what few ask for is imported when somebody does

    look = next(one for one in given.values() if isinstance(one, Look))

    def ask(asked: Filed) -> Awaitable[Response]:
        return endpoint(**{**given, paging: asked}, **parts)

    return await export(look, given[paging], view, ask)
