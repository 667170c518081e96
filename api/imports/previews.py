"""api: another system's files, looked at before anything is imported — what was understood, what is asked, and then the import.

The files lie where imports are received until the import is started, for a day at most. Each look reads them again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from pathlib import Path as FilePath
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from api.engine import auth
from api.engine.answers import ImportAnswer, answers
from api.engine.auth import may_read, may_write
from api.engine.errors import invalid
from api.engine.fields import Strict, Truth
from api.engine.reading import Look
from api.engine.roles import ADMIN
from api.engine.services import Services
from api.engine.writing import Writer
from api.imports.jobs import DATA, MAPPING, ImportJobs
from api.imports.looking import ANSWERS, FILES, REPORT, look
from api.imports.routes import begin, receive_parts, uploads
from domain.engine import fields as limits
from domain.engine.errors import NotFound, Refused
from runtime.imports.readiness import declared_here
from runtime.imports.results import ImportProblem
from runtime.imports.vendors.report import Answers, Report

router = auth.router("/imports/previews", tags=["imports"])
Look_ = Annotated[Look, Depends(may_read(*ADMIN))]
Write = Annotated[Writer, Depends(may_write(*ADMIN, versioned=False))]
VendorName = Annotated[
    str,
    Query(
        alias="from", pattern=r"^[a-z0-9_-]{0,60}$", description="whose exports they are; else it is guessed"
    ),
]
Said = Annotated[dict[limits.ShortText, limits.ShortText], Field(default_factory=dict, max_length=500)]


class PreviewField(BaseModel):
    """`headers` are the columns that the field is read from, the first that is not empty."""

    field: str
    headers: list[str]
    note: str


class PreviewColumn(BaseModel):
    """A column that is not read; so many rows have something in it."""

    header: str
    filled: int


class PreviewFile(BaseModel):
    """`kind` is ours, empty where the file is left out; `called` is the vendor's name of it."""

    name: str
    rows: int
    kind: str
    called: str
    fields: list[PreviewField]
    left_out: list[PreviewColumn]
    notes: list[str]


class PreviewQuestion(BaseModel):
    """What only people know. `about` is vendor, column, stage, status (answered as a stage is), or one of the settings; `of` is the word or column that is meant, which
    so many `rows` have. Of `options` one is to be chosen; without any it is free.
    """

    about: str
    of: str
    text: str
    options: list[str]
    suggestion: str
    rows: int


class PreviewAnswers(BaseModel):
    """What was answered so far."""

    vendor: str
    kinds: dict[str, str]
    columns: dict[str, str]
    stages: dict[str, str]
    settings: dict[str, str]
    suggested: bool


class PreviewAnswer(BaseModel):
    """`mapping` is what the files would be imported with, as a mapping file; empty while there are `questions`. `scores` say how well
    the files fit each vendor, from 0 to 1.
    """

    preview_id: UUID
    vendor: str
    vendor_name: str
    scores: dict[str, float]
    files: list[PreviewFile]
    questions: list[PreviewQuestion]
    notes: list[str]
    mapping: str
    answers: PreviewAnswers


class PreviewsAnswer(BaseModel):
    previews: list[PreviewAnswer]


class AnswerPreview(Strict):
    """All answers, in place of those before. `kinds` are by a file's name, `columns` by a header or `kind: header`, `stages` by a
    word of the files, `settings` are timezone, currency, dates, numbers, owner, source and gates. `-` leaves a file or a column out.
    """

    MADE: ClassVar = "preview"

    vendor: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,60}$")] = ""
    kinds: Said
    columns: Said
    stages: Said
    settings: Said
    suggested: Truth = False


class StartPreview(Strict):
    """`dry_run` decides everything and records nothing."""

    MADE: ClassVar = "import job"

    dry_run: Truth = False


@router.post(
    "",
    operation_id="previewImport",
    summary="Look at another system's files before they are imported",
    status_code=201,
    responses=answers(PreviewAnswer, 201),
    openapi_extra=uploads(),
)
async def look_at(request: Request, writer: Write, vendor: VendorName = "") -> Response:
    """Multipart with the files (`files`): CSV, workbooks, or saved JSON pages. Nothing is recorded."""
    jobs, id = writer.services.imports, writer.new_id("preview", None)
    received = jobs.receive()
    try:
        await receive_parts(request, received, pages=True)
        await _look(received, Answers(vendor=vendor), writer.services)
        place = _place(jobs, id)
        shutil.rmtree(place, ignore_errors=True)
        received.rename(place)
    finally:
        shutil.rmtree(received, ignore_errors=True)
    return _json(id, place, 201)


@router.get(
    "",
    operation_id="listImportPreviews",
    summary="Looks at another system's files that may still be imported",
    responses=answers(PreviewsAnswer),
)
async def list_previews(reader: Look_) -> Response:
    """Those of the last day."""
    home = reader.services.imports.home
    reports = sorted(home.glob(f"receiving-preview-*/{REPORT}"))
    told = []
    for report in reports:
        with contextlib.suppress(FileNotFoundError):  # its day ended at this moment
            told.append(_told(UUID(report.parent.name[-36:]), report.parent))
    return reader.json({"previews": told})


@router.get(
    "/{preview_id}",
    operation_id="readImportPreview",
    summary="What was understood of another system's files",
    responses=answers(PreviewAnswer),
)
async def read(preview_id: UUID, reader: Look_) -> Response:
    return _json(preview_id, _found(reader.services, preview_id))


@router.post(
    "/{preview_id}/answers",
    operation_id="answerImportPreview",
    summary="Answer what only people know of the files",
    responses=answers(PreviewAnswer),
)
async def answer(preview_id: UUID, body: AnswerPreview, writer: Write) -> Response:
    """The report as it is with these answers. What means nothing here is refused."""
    place = _found(writer.services, preview_id)
    told = Answers(**{name: getattr(body, name) for name in AnswerPreview.model_fields})
    await _look(place, told, writer.services)
    return _json(preview_id, place)


@router.post(
    "/{preview_id}/start",
    operation_id="startImportPreview",
    summary="Import the files as they were understood, or rehearse it",
    status_code=202,
    responses=answers(ImportAnswer, 202),
)
async def start(preview_id: UUID, body: StartPreview, writer: Write) -> Response:
    """Refused while a question is open. The files stay for a day: after a rehearsal the import may be started."""
    place = _found(writer.services, preview_id)
    received = writer.services.imports.receive()
    try:
        await asyncio.to_thread(_lay_out, place, received)
        return await begin(writer, received, "", dry_run=body.dry_run)
    finally:
        shutil.rmtree(received, ignore_errors=True)


def _place(jobs: ImportJobs, id: UUID) -> FilePath:
    return jobs.home / f"receiving-preview-{id}"


def _found(services: Services, id: UUID) -> FilePath:
    place = _place(services.imports, id)
    if not (place / REPORT).exists():
        raise NotFound("no preview has this id: they are kept for a day", kind="preview", id=str(id))
    return place


async def _look(place: FilePath, told: Answers, services: Services) -> None:
    """What the files are with these answers is kept, with them."""
    try:
        await look(place, told, await declared_here(services.ledger))
    except ImportProblem as wrong:
        raise invalid("files", "; ".join(wrong.problems[:20])) from wrong


def _lay_out(place: FilePath, received: FilePath) -> None:
    """The files and their mapping as whoever writes a mapping would hand them over."""
    report = msgspec.json.decode((place / REPORT).read_bytes(), type=Report)
    if not report.mapping:
        raise Refused("questions are open: answer them first", questions=len(report.questions))
    for name in msgspec.json.decode((place / FILES).read_bytes(), type=list[str]):
        os.link(place / name, received / DATA / FilePath(name).name)
    (received / MAPPING).write_text(report.mapping, encoding="utf-8")


def _told(id: UUID, place: FilePath) -> dict[str, object]:
    report, told = (orjson.loads((place / name).read_bytes()) for name in (REPORT, ANSWERS))
    return {"preview_id": str(id), **report, "answers": told}


def _json(id: UUID, place: FilePath, status: int = 200) -> Response:
    headers = {"Location": f"/imports/previews/{id}"} if status == 201 else None
    return Response(orjson.dumps(_told(id, place)), status, headers, media_type="application/json")
