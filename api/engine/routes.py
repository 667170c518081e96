"""api: the table of acts as routes — the request body, the command that it becomes, and the answer. Who may call is part of each."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import wraps
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field, create_model

from api.engine.acts import Act, plain
from api.engine.acts import Field as BodyField
from api.engine.answers import DONE, MADE, shaped
from api.engine.auth import may_write
from api.engine.bodies import Envelope
from api.engine.errors import invalid
from api.engine.fields import NeededText
from api.engine.scopes import Said, period, person, speaker
from api.engine.values import published, reader, written
from api.engine.writing import Writer
from domain.time.periods import Period

Given = dict[str, Any]
Fill = Callable[[Writer, Any, Given], Awaitable[None]]
"""Puts into the command's fields what the request does not say, or says otherwise."""
Make = Callable[[Writer, Any, Given], Awaitable[Any]]


def add_acts(
    router: APIRouter,
    acts: Iterable[Act],
    fills: Mapping[str, Fill] | None = None,
    bases: Mapping[str, type[Envelope]] | None = None,
) -> None:
    """A route for every act that is not written by hand. By operation id, `fills` are what else goes into the command, and `bases` what a
    request body is made of, where it has to be looked at as a whole.
    """
    wanted, made_of = dict(fills or {}), dict(bases or {})
    for act in acts:
        if not act.by_hand:
            body = body_of(act, made_of.pop(act.operation, Envelope))
            _add(router, act, body, wanted.pop(act.operation, _asker(act) if act.asker else None))
    if wanted or made_of:
        raise ValueError(f"no act has the operation id {', '.join([*wanted, *made_of])}")


def body_of(act: Act, base: type[Envelope] = Envelope) -> type[Envelope]:
    """The request body: the envelope and the fields of the act, each as its type is published."""
    if not act.body and not act.because and {one.name for one in act.fields} <= {"by"}:
        return Said if act.speaker else Envelope
    made: dict[str, Any] = {one.name: _annotated(act, one) for one in act.fields}
    if act.because:
        made["reason"] = (Annotated[NeededText, Field(description=act.because)], ...)
    shown = {"json_schema_extra": {"examples": [act.example]}} if act.example else {}
    name = act.body or act.command.__name__
    return create_model(name, __base__=base, __doc__=act.about, __cls_kwargs__=shown, **made)


def _annotated(act: Act, said: BodyField) -> tuple[Any, Any]:
    kind = published(said.hint)
    if said.described:
        kind = Annotated[kind, Field(description=said.described)]
    return kind, ... if said.needed else written(said.default)


def _add(router: APIRouter, act: Act, body: type[Envelope], fill: Fill | None) -> None:
    make, status = _maker(act, fill), act.answers

    async def write(body: Envelope, writer: Writer, **path: UUID) -> Response:
        command = await make(writer, body, path)
        return await writer(command, body, status=status, location=_location(act.location, command))

    write.__doc__ = act.more
    may = Annotated[Writer, Depends(may_write(*act.roles))]
    takes(write, **dict.fromkeys(act.ids, UUID), body=body, writer=may)
    router.add_api_route(
        act.path.removeprefix(router.prefix),
        write,
        methods=["POST"],
        operation_id=act.operation,
        summary=act.summary,
        status_code=status,
        responses=MADE if status == 201 else DONE,
    )


def add_read(
    router: APIRouter, path: str, endpoint: Callable[..., Any], shape: Any,
    *, operation: str, summary: str, tagged: bool = False, **kinds: Any,
) -> None:  # fmt: skip
    """A GET that takes `kinds` and answers a `shape`."""
    takes(endpoint, **kinds)
    router.add_api_route(
        path.removeprefix(router.prefix),
        endpoint,
        methods=["GET"],
        operation_id=operation,
        summary=summary,
        responses=shaped(shape, tagged=tagged),
    )


def does(
    router: APIRouter, path: str, *, operation: str, summary: str, description: str, method: str = "POST"
) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """A route that does what is decorated, and answers 204 with nothing; `description` tells what is so then."""

    def add(act: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        @wraps(act)
        async def answered(**given: Any) -> Response:
            await act(**given)
            return Response(status_code=204)

        router.add_api_route(
            path,
            answered,
            methods=[method],
            operation_id=operation,
            summary=summary,
            status_code=204,
            response_model=None,
            responses={204: {"description": description}},
        )
        return act

    return add


def takes(endpoint: Callable[..., Any], **kinds: Any) -> None:
    """Say what the endpoint takes, in place of what it says itself."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, keyword, annotation=kind) for name, kind in kinds.items()]
    endpoint.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    endpoint.__annotations__ = {**kinds, "return": Response}


def _asker(act: Act) -> Fill:
    async def fill(writer: Writer, _: Any, given: Given) -> None:
        """Whoever asks, where nobody is named."""
        given[act.asker] = given[act.asker] or await person(writer)
        if given[act.asker] is None:
            raise invalid(act.asker, "name who is to do it")

    return fill


def _location(template: str, command: Any) -> str:
    if not template:
        return ""
    stream = command.stream()
    names = {name: getattr(command, name) for name in command.__dataclass_fields__}
    return template.format(**names, id=stream[1]) if stream else ""


# --- from the body to the command ------------------------------------------------------------------------------------


def _maker(act: Act, fill: Fill | None) -> Make:
    """The body's values as the domain's, in the command's fields."""
    read = [(one.name, reader(one.hint)) for one in act.fields if one.name not in ("by", act.creates)]
    flat = [_flat(act, name) for name in act.flat]
    periods = [one.name for one in act.fields if plain(one.hint) is Period]

    async def make(writer: Writer, body: Any, path: Given) -> Any:
        given = dict(path)
        for name, turned in read:
            value = getattr(body, name)
            given[name] = value if value is None or turned is None else await _turned(turned, value)
        for name in periods:
            if given[name] is not None:
                given[name] = await period(writer.services.ledger, given[name])
        if act.creates:
            given[act.creates] = writer.new_id(act.made, getattr(body, act.creates))
        if act.speaker:
            given[act.speaker] = await speaker(writer, body)
        for name, cls, names in flat:
            given[name] = cls(**{one: given.pop(one) for one in names})
        if fill is not None:
            await fill(writer, body, given)
        return act.command(**given)

    return make


async def _turned(turned: Callable[[Any], Any], value: Any) -> Any:
    """A holiday library computes for a while, and not on the loop."""
    blocking = getattr(type(value), "BLOCKING", False)
    return await asyncio.to_thread(turned, value) if blocking else turned(value)


def _flat(act: Act, name: str) -> tuple[str, type[Any], tuple[str, ...]]:
    cls = plain(inspect.get_annotations(act.command, eval_str=True)[name])
    said = {one.name for one in act.fields}
    return name, cls, tuple(one for one in cls.__dataclass_fields__ if one in said)
