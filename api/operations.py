"""api: is it alive, is it ready, what does it count, how far are the read models. Health, readiness and the OpenAPI are public."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
import orjson
import psycopg
from fastapi import Depends, FastAPI, Request, Response
from fastapi import Path as ApiPath
from pydantic import ConfigDict

from api.engine import auth
from api.engine.answers import HealthAnswer, ResumedAnswer, answers, shaped
from api.engine.auth import may_read, may_write
from api.engine.errors import NOT_READY, Problem
from api.engine.fields import Strict
from api.engine.measured import measure
from api.engine.reading import Look
from api.engine.roles import ADMIN, OVERSEERS
from api.engine.services import services_of
from api.engine.writing import Writer
from domain.engine.errors import NotFound
from projections.engine.catalog import BY_NAME
from projections.engine.runner import resume
from projections.engine.status import ProjectionStatus, status
from projections.policy import rules

PATHS = ("healthz", "readyz", "projections", "metrics")  # the documentation is that of all routes
EXAMPLES = {
    "owner": "salesloop agenda 4711",
    "projections.name": "deal_board",
    "HealthAnswer.status": "ok",
}
TAGS = {"operations": "Read models, health and metrics"}
router = auth.router(tags=[*TAGS])

PAGE = (Path(__file__).parent / "docs.html").read_bytes()
PAGE_POLICY = {
    "Content-Security-Policy": "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
}
Overseer = Annotated[Look, Depends(may_read(*OVERSEERS))]


@router.get(
    "/healthz", operation_id="health", summary="Is the process alive", responses=answers(HealthAnswer)
)
async def healthz() -> Response:
    """Asks nobody: a database that is away is no reason to restart this process."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@router.get(
    "/readyz", operation_id="readiness", summary="Can requests be served", responses=answers(HealthAnswer)
)
async def readyz(request: Request) -> Response:
    """The database answers and was migrated."""
    services = services_of(request)
    try:
        async with services.pool.connection(timeout=1.0) as connection:
            await connection.execute("SELECT 1 FROM app.api_keys LIMIT 1")
    except psycopg.Error as error:
        raise Problem(
            NOT_READY, f"the database: {type(error).__name__}", headers={"Retry-After": "2"}
        ) from error
    return Response(b'{"status":"ready"}', media_type="application/json")


@cache
def _published(app: FastAPI) -> bytes:
    return orjson.dumps(app.openapi())


@router.get("/openapi.json", operation_id="openapi", summary="This API, as OpenAPI", include_in_schema=False)
async def openapi(request: Request) -> Response:
    return Response(_published(request.app), media_type="application/json")


@router.get("/docs", operation_id="documentation", summary="This API, to read", include_in_schema=False)
async def documentation() -> Response:
    """One page of our own: it loads nothing from elsewhere."""
    return Response(PAGE, media_type="text/html; charset=utf-8", headers=PAGE_POLICY)


class ReadModelsView(msgspec.Struct):
    read_models: list[ProjectionStatus]


@router.get(
    "/projections",
    operation_id="readProjections",
    summary="Where every read model stands",
    responses=shaped(ReadModelsView),
)
async def projections(look: Overseer) -> Response:
    return look.json(ReadModelsView(await status(look.services.pool)))


class NothingElse(Strict):
    """There is nothing to say: `{}`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


@router.post(
    "/projections/{name}/resume",
    operation_id="resumeProjection",
    summary="Let a stopped read model go on",
    status_code=202,
    responses=answers(ResumedAnswer, 202, "Asked; its status tells whether it goes on."),
)
async def resume_projection(
    name: Annotated[str, ApiPath(pattern="^[a-z_]{1,60}$")],
    writer: Annotated[Writer, Depends(may_write(*ADMIN, versioned=False))],
    body: NothingElse,
) -> Response:
    if name not in BY_NAME:
        raise NotFound(f"no read model is called {name!r}", kind="read model", id=name)
    async with writer.services.pool.connection() as connection:
        await resume(connection, name)
    return writer.accepted({"read_model": name}, "/projections")


@router.get(
    "/metrics",
    operation_id="readMetrics",
    summary="What a collector counts",
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(look: Overseer) -> Response:
    """In Prometheus's text format: requests, read models, promises, followers, the last sweep. Send the collector's key as a
    bearer token.
    """
    counted = look.services.metrics
    for found in await status(look.services.pool):
        counted.ledger(found.head)
        counted.read_model(found.name, found.lag, stopped=found.status == "stopped")
    for known in await rules.calendars(look.services.pool, datetime.now(UTC)):
        counted.calendar(known.kind, known.policy, known.known_until)
    await measure(look.services.pool, counted)
    counted.pool(look.services.pool.get_stats())
    content, kind = counted.exposition()
    return Response(content, media_type=kind)
