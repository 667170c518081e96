"""api: authority in the signature of every route. `Writer` writes, `Look` reads; a route without either is public.

Rows are scoped here, too: a reader gets the one team to look at, a writer carries the user's reach to the command handler.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import Enum
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Scope

from api.engine.errors import PAUSE, TOO_MANY_REQUESTS, invalid, not_whole, too_many
from api.engine.fields import Strict
from api.engine.lists import as_file, list_of
from api.engine.reading import WAITING, Look
from api.engine.received import header, is_json, read_json
from api.engine.roles import READERS, WRITERS, Role
from api.engine.services import Services, services_of
from api.engine.users import Unauthenticated, User
from api.engine.writing import Writer
from domain.engine import reading as strict
from domain.engine.errors import Forbidden

USER = "salesloop.user"
NOTHING = contextlib.nullcontext()
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Authority(Protocol):
    """A dependency that lets only some roles through; its attributes are what tests and OpenAPI read."""

    roles: tuple[Role, ...]
    writes: bool
    versioned: bool
    waits_for: tuple[str, ...]
    tagged: bool

    def __call__(self, request: Request) -> Awaitable[Any]: ...


async def authenticate(request: Request) -> User:
    """The user whose key the request carries, looked up once a request. Raises Unauthenticated."""
    known: User | None = request.scope.get(USER)
    if known is not None:
        return known
    scheme, _, token = (header(request, "Authorization") or "").partition(" ")
    services = services_of(request)
    address = services.settings.bounds.address(request.client.host if request.client else None)
    if scheme.lower() != "bearer" or not token:
        if address is not None and services.admission.strangers.take(address) > 0:
            await asyncio.sleep(PAUSE)
        raise Unauthenticated("send an API key: Authorization: Bearer sl_…")
    user = await services.keys.user(token.strip(), address)
    request.scope[USER] = user
    return user


async def _admitted(request: Request, roles: tuple[Role, ...]) -> User:
    user = await authenticate(request)
    if user.role not in roles:
        allowed = ", ".join(roles)
        raise Forbidden(f"this needs the role {allowed}; yours is {user.role}", role=user.role.value)
    return user


class Guarded(APIRoute):
    """A route that looks at the key before it reads the body: a stranger's megabyte is not even parsed.

    Until somebody wants more of it than its path it is not made: that takes longer than to answer, and a process has many.
    """

    def __init__(self, path: str, *arguments: Any, **options: Any) -> None:
        self.path = path
        self._begins, self._ends = path.partition("{")[0], path.rpartition("}")[2]
        self._said: tuple[Any, dict[str, Any]] | None = (arguments, options)

    def __getattr__(self, name: str) -> Any:
        """Whatever it has not got yet."""
        said, self._said = self.__dict__.get("_said"), None
        if said is None:
            raise AttributeError(name)
        super().__init__(self.path, *said[0], **said[1])
        return getattr(self, name)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Every route is asked in turn: most say no by how the path begins and ends, and not by a regular expression."""
        path = scope["path"]
        if not (path.startswith(self._begins) and path.endswith(self._ends)) and not scope.get("root_path"):
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        if wants_only_ours(self, "GET", bodies=0):
            handle = reading(self)
        elif wants_only_ours(self, "POST", bodies=1):
            handle = writing(self, otherwise=handle)
        authority = authority_of(self)
        if authority is None:
            return handle
        known = query_names(self) | (WAITING if authority.waits_for else set())
        takes_body = self.body_field is not None
        streams = self.dependant.request_param_name is not None  # as long as it takes, piece by piece

        async def guarded(request: Request) -> Response:
            user = await _admitted(request, authority.roles)
            services = services_of(request)
            check_rate(services, user)
            if request.scope["query_string"]:
                check_known(request, known)
            if streams:
                return await handle(request)
            if takes_body:
                await whole(request)
            with services.admission.precedence.writing() if authority.writes else NOTHING:
                await services.admission.turns.take(user.key_id)
                try:
                    return await handle(request)
                finally:
                    services.admission.turns.give()

        return guarded


def check_rate(services: Services, user: User) -> None:
    """Raises Problem where this key, or session, asks more than it may."""
    if (wait := services.admission.requests.take(user.key_id)) > 0:
        most = services.settings.bounds.requests_per_key
        raise too_many(TOO_MANY_REQUESTS, f"a key or session may ask {most} times a second", wait)


async def whole(request: Request) -> None:
    """The body is here before a turn is taken: who sends slowly keeps nobody waiting."""
    try:
        await request.body()
    except ClientDisconnect:
        raise not_whole() from None


def wants_only_ours(route: APIRoute, method: str, *, bodies: int) -> bool:
    """Whether a route wants nothing but parts of its path, so many bodies of JSON, and our own dependencies, which take
    the request alone.
    """
    wants = route.dependant
    others = (wants.query_params, wants.header_params, wants.cookie_params)
    ours = all(hasattr(d.call, "roles") or hasattr(d.call, "query_model") for d in wants.dependencies)
    return (
        route.methods == {method}
        and bool(wants.dependencies)
        and ours
        and not any(others)
        and len(wants.body_params) == bodies
        and not any(isinstance(body.field_info, Form) for body in wants.body_params)
        and wants.request_param_name is None
    )


def reading(route: APIRoute) -> Handler:
    """Asks the dependencies and calls the endpoint. FastAPI's way for all that routes may want takes a third of a read."""
    endpoint, path = route.endpoint, route.dependant.path_params
    ids = _names_of_ids(route)
    asked: list[tuple[str, Any]] = [(d.name or "", d.call) for d in route.dependant.dependencies]
    paging, view = list_of(route)

    async def handle(request: Request) -> Response:
        given = {name: await ask(request) for name, ask in asked}
        parts, wrong = _parts(request, path, ids)
        if wrong:
            raise RequestValidationError(wrong)
        if paging and given[paging].format != "json":
            return await as_file(endpoint, given, parts, paging, view)
        answer: Response = await endpoint(**given, **parts)
        return answer

    return handle


def writing(route: APIRoute, *, otherwise: Handler) -> Handler:
    """The same with a body of JSON. What is unusual or wrong goes FastAPI's way, which finds the words for it."""
    endpoint, wants, embedded = route.endpoint, route.dependant, route._embed_body_fields
    ids = _names_of_ids(route)
    asked: list[tuple[str, Any]] = [(d.name or "", d.call) for d in wants.dependencies]

    async def handle(request: Request) -> Response:
        try:
            received = await request.body()
        except ClientDisconnect:
            return await otherwise(request)
        if not received or not is_json(request):
            return await otherwise(request)
        request._json = sent = read_json(received)  # what FastAPI's way finds, too
        parts, strange = _parts(request, wants.path_params, ids)
        body, wrong = await request_body_to_args(wants.body_params, sent, embedded)
        if strange or wrong:
            return await otherwise(request)
        given = {name: await ask(request) for name, ask in asked}
        answer: Response = await endpoint(**given, **parts, **body)
        return answer

    return handle


def _names_of_ids(route: APIRoute) -> tuple[str, ...] | None:
    """Of the parts of its path, where each of them is an id."""
    path = route.dependant.path_params
    plain = all(one.field_info.annotation is UUID and one.alias == one.name for one in path)
    return tuple(one.name for one in path) if plain else None


def _parts(
    request: Request, fields: Sequence[Any], ids: tuple[str, ...] | None
) -> tuple[dict[str, Any], list[Any]]:
    """Those of the path, and what is wrong with them. What is no id in our way of writing them goes FastAPI's way."""
    if ids is not None:
        with contextlib.suppress(ValueError):
            return {name: strict.id(request.path_params[name]) for name in ids}, []
    return request_params_to_args(fields, request.path_params)


def authority_of(route: APIRoute) -> Authority | None:
    """The route's own authority; None where it is public."""
    calls: list[Any] = [dependency.call for dependency in route.dependant.dependencies]
    return next((call for call in calls if hasattr(call, "roles")), None)


def query_model(route: APIRoute) -> type[Strict] | None:
    """The model of the route's query parameters, where it has one."""
    calls: list[Any] = [dependency.call for dependency in route.dependant.dependencies]
    return next((call.query_model for call in calls if hasattr(call, "query_model")), None)


def query_names(route: APIRoute) -> set[str]:
    model = query_model(route)
    return {param.alias for param in route.dependant.query_params} | set(model.model_fields if model else ())


def check_known(request: Request, known: set[str]) -> None:
    """Raises Problem. A misspelt filter must not widen an answer, and of two of a name none is passed over."""
    try:
        unquote_to_bytes(request.scope["query_string"]).decode()
    except UnicodeDecodeError as wrong:
        raise invalid("query", "is not UTF-8") from wrong
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known:
            raise invalid(
                f"query.{name[:60]}", f"is not known here; there are: {', '.join(sorted(known)) or 'none'}"
            )
        if given.count(name) > 1:
            raise invalid(f"query.{name}", "came more than once: send it once")


def router(prefix: str = "", *, tags: list[str | Enum]) -> APIRouter:
    """A router whose routes answer ready bytes and check the key first."""
    return APIRouter(prefix=prefix, tags=tags, default_response_class=Response, route_class=Guarded)


def may_read(
    *roles: Role, waits_for: tuple[str, ...] = (), tagged: bool = False
) -> Callable[[Request], Awaitable[Look]]:
    """Readers with one of these roles; without any, all four. The read models in `waits_for` are waited for when the
    reader names a position. `tagged`: the answer has an ETag.
    """
    allowed = roles or READERS

    async def look(request: Request) -> Look:
        made = Look(services_of(request), await _admitted(request, allowed), request)
        if waits_for:
            await made.after(waits_for)
        return made

    vars(look).update(roles=allowed, writes=False, versioned=False, waits_for=waits_for, tagged=tagged)
    return look


def may_write(*roles: Role, versioned: bool = True) -> Callable[[Request], Awaitable[Writer]]:
    """Writers with one of these roles; an auditor is never one. Not `versioned`: what is written has no version, and
    If-Match is refused.
    """
    allowed = roles or WRITERS

    async def writer(request: Request) -> Writer:
        made = Writer(services_of(request), await _admitted(request, allowed), request)
        if not versioned and made.expected_version is not None:
            raise invalid("header.If-Match", "is not taken here: this has no version")
        return made

    vars(writer).update(roles=allowed, writes=True, versioned=versioned, waits_for=(), tagged=False)
    return writer
