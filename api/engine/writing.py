"""api: one way to write — headers to a context, a command through the command handler, its receipt to an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from fastapi import Request, Response
from pydantic import BaseModel

from api.engine.bodies import Envelope
from api.engine.customer_reach import reaching_customers
from api.engine.errors import STALE, Problem, invalid, unknown_reference
from api.engine.received import TAG, header, version_in
from api.engine.services import Services
from api.engine.users import User
from domain.engine import reading
from domain.engine.command import Command
from domain.engine.command_handler import Receipt
from domain.engine.context import SKEW, Channel, Context, WholeRequest
from domain.engine.errors import NotFound
from domain.engine.values import NAMESPACE, id_within

MAX_IDEMPOTENCY_KEY = 255
CHANNEL = "salesloop.channel"
"""In the scope: the door it came through, where that is another than HTTP."""
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
PARTS = {"activity", "decision", "override", "promise"}
"""Things inside the stream that the path names: their absence is the path's, not the body's."""


class Writer:
    """An authenticated writer with one request: `await writer(command, body)` is the answer to give."""

    __slots__ = ("correlation_id", "expected_version", "key", "request", "services", "user")

    def __init__(self, services: Services, user: User, request: Request) -> None:
        self.services = services
        self.user = user
        self.request = request
        self.key = _idempotency_key(request, user)
        self.expected_version = _expected_version(request)
        self.correlation_id = _correlation_id(request)

    async def __call__(
        self,
        command: Command,
        body: Envelope | None = None,
        *,
        status: int = 200,
        location: str = "",
        worked_out: bool = False,
    ) -> Response:
        """`worked_out`: from the request by what held just now, so that a repeat would give another command: what the key stands for
        is the request.
        """
        receipt = await self.execute(command, body, worked_out=worked_out)
        headers = {
            "ETag": f'"{receipt.version}"',
            "Salesloop-Position": str(receipt.position),
            **({"Location": location} if location else {}),
            **({"Idempotency-Replayed": "true"} if receipt.replayed else {}),
        }
        return Response(receipt_json(receipt), status, headers, media_type="application/json")

    async def execute(
        self, command: Command, body: Envelope | None = None, *, worked_out: bool = False
    ) -> Receipt:
        context = self.context(body, worked_out=worked_out)
        if context.reach is not None:
            context = replace(context, reach=await reaching_customers(self.services, command, context.reach))
        try:
            return await self.services.handler.execute(command, context)
        except NotFound as missing:
            raise _unknown_reference(command, missing) from missing

    def accepted(self, content: dict[str, Any], location: str) -> Response:
        """202: it is on its way, and `location` tells how far it is."""
        return Response(orjson.dumps(content), 202, {"Location": location}, media_type="application/json")

    @staticmethod
    def told_once(answer: BaseModel, status: int = 201, headers: Mapping[str, str] | None = None) -> Response:
        """What stands in this answer and nowhere else, such as a secret: nobody on the way keeps it."""
        content = answer.model_dump_json()
        return Response(
            content, status, {"Cache-Control": "no-store", **(headers or {})}, media_type="application/json"
        )

    def context(self, body: Envelope | None, *, worked_out: bool = False) -> Context:
        now = datetime.now(UTC)
        happened = _occurred_at(body, now)
        return Context(
            now=now,
            actor=self.user.actor,
            channel=self.request.scope.get(CHANNEL, Channel.API),
            occurred_at=happened,
            reason=body.reason if body is not None else None,
            correlation_id=self.correlation_id,
            key=self.key,
            expected_version=self.expected_version,
            reach=self.user.reach,
            said=self._all(body) if worked_out else _said(happened, body),
        )

    def _all(self, body: Envelope | None) -> WholeRequest:
        said = body.model_dump_json() if body is not None else ""
        return WholeRequest(f"{self.request.url.path}\0{said}")

    def new_id(self, kind: str, given: UUID | None) -> UUID:
        """The id of a thing to be made: the caller's own, else the same one again for the same idempotency key."""
        if given is not None:
            return given
        return id_within(NAMESPACE, f"{kind}:{self.key}") if self.key else uuid4()


def receipt_json(receipt: Receipt) -> bytes:
    return orjson.dumps(
        {
            "position": receipt.position,
            "version": receipt.version,
            "recorded": receipt.recorded,
            "replayed": receipt.replayed,
            "answer": receipt.answer,
        }
    )


def _idempotency_key(request: Request, user: User) -> str | None:
    """Prefixed with the user, so that nobody can meet another's key."""
    key = header(request, "Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_IDEMPOTENCY_KEY or not (key.isascii() and key.isprintable()):
        raise invalid(
            "header.Idempotency-Key", f"must be 1 to {MAX_IDEMPOTENCY_KEY} printable ASCII characters"
        )
    return f"api/{user.user_id}/{key}"


def _expected_version(request: Request) -> int | None:
    given = header(request, "If-Match")
    if given is None or given.strip() == "*":
        return None
    given = given.strip()
    if not TAG.fullmatch(given):
        raise invalid(
            "header.If-Match", 'must be one ETag as a read or write answered it, such as "7", quotes included'
        )
    version = version_in(given)
    if version is None:
        raise Problem(STALE, f"{given[:60]} is no version of ours")
    return version


def _correlation_id(request: Request) -> UUID:
    """X-Correlation-Id, else the trace id of `traceparent`, else a new one."""
    given = header(request, "X-Correlation-Id")
    if given is not None:
        try:
            return reading.id(given)
        except ValueError as wrong:
            raise invalid("header.X-Correlation-Id", str(wrong)) from wrong
    traces = [value for key, value in request.scope["headers"] if key == b"traceparent"]
    trace = TRACEPARENT.fullmatch(traces[0].decode("latin-1")) if traces else None
    return UUID(trace[1]) if trace else uuid4()


def _occurred_at(body: Envelope | None, now: datetime) -> datetime | None:
    if body is None or body.occurred_at is None:
        return None
    if body.occurred_at > now + SKEW:
        raise invalid("occurred_at", "is in the future")
    return body.occurred_at.astimezone(UTC)


def _said(happened: datetime | None, body: Envelope | None) -> str:
    reason = body.reason if body is not None else None
    return repr((happened and happened.isoformat(), reason)) if happened or reason else ""


def _unknown_reference(command: Command, missing: NotFound) -> NotFound | Problem:
    """What the body names and is not there is a fault of the body, not of the path."""
    chief, kind = command.stream(), missing.details.get("kind")
    if "field" not in missing.details and (chief is None or kind == chief[0].KIND or kind in PARTS):
        return missing
    return unknown_reference(missing)
