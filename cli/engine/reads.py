"""cli: how lists and single things are read the fast way, from the read models' own queries. What is asked are the query's parameters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli.engine.failure import fail

if TYPE_CHECKING:
    from cli.engine.backend import Direct

PAGING = ("sort", "cursor", "limit")
RENAMED = {"period": "period_name"}


def pages(model: Any) -> Direct:
    """A stream view's list."""

    async def direct(source: Any, query: Mapping[str, Any]) -> Any:
        import msgspec

        given, turned = _parted(query)
        if "scope_kind" in given and "scope_kind" not in model.filters:
            given["scope_key"] = _key(given.pop("scope_kind"), given.pop("scope_id", None))
        typed = {
            name: msgspec.convert(value, model.filters[name], strict=False) for name, value in given.items()
        }
        return await model.listing(source, **turned, **typed)

    return direct


def filtered(listing: Callable[..., Awaitable[Any]], narrowed: Any) -> Direct:
    """The same of a read model that takes a filter of its own."""

    async def direct(source: Any, query: Mapping[str, Any]) -> Any:
        import msgspec

        given, turned = _parted(query)
        return await listing(source, msgspec.convert(given, narrowed, strict=False), **turned)

    return direct


def _parted(query: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What narrows the list down, and which page it is."""
    given = {RENAMED.get(name, name): value for name, value in query.items() if name not in PAGING}
    return given, {name: query[name] for name in PAGING if name in query}


def _key(kind: str, id: str | None) -> str:
    from domain.figures.scope import Scope, ScopeKind

    return Scope(kind=ScopeKind(kind), id=UUID(id) if id else None).key


def one(get: Callable[..., Awaitable[Any]], kind: str, id: str) -> Direct:
    """A read model's `get`."""

    async def direct(source: Any, _: Mapping[str, Any]) -> Any:
        return await get(source, UUID(id)) or fail(f"no {kind} has the id {id}")

    return direct
