"""api: files in — handed over, checked on a dry run or imported, followed as a job, the refused rows handed back."""

from __future__ import annotations

import shutil
from pathlib import Path as FilePath
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse

from api import auth
from api.answers import ImportAnswer, ImportsAnswer, answers
from api.auth import ADMIN, OVERSEERS, may_read, may_write
from api.errors import HTTP, Problem, invalid
from api.fields import Truth, Whole
from api.import_jobs import DATA, FILE_NAME, MAPPING, ImportDesk, Order
from api.reading import Look
from api.writing import Act
from domain.errors import NotFound
from runtime.imports.jobs import Job, list_jobs, read_job
from runtime.imports.mapping import load_mapping, shipped_names
from runtime.imports.results import ImportProblem

router = auth.router("/imports", tags=["imports"])

MAX_FILES = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Reader = Annotated[Look, Depends(may_read(*OVERSEERS))]
UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "mapping_file": {"type": "string", "format": "binary"},
                    },
                }
            },
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}


@router.post(
    "",
    operation_id="startImport",
    summary="Import files, or rehearse it",
    status_code=202,
    responses=answers(ImportAnswer, 202),
    openapi_extra=UPLOAD,
)
async def start(
    request: Request,
    act: Annotated[Act, Depends(may_write(*ADMIN, versioned=False))],
    mapping: Annotated[
        str, Query(pattern=r"^[a-z0-9_-]{0,60}$", description="a shipped mapping's name")
    ] = "",
    file: Annotated[
        str, Query(pattern=r"^[A-Za-z0-9_. -]{0,100}$", description="names a raw body")
    ] = "import.csv",
    *,
    dry_run: Annotated[Truth, Query(description="decide everything, record nothing")] = False,
) -> Response:
    """Multipart with the mapping's files (`files`) and, where it is your own, the mapping (`mapping_file`); or one raw CSV.

    The job is answered at once; follow it at `Location`. The same Idempotency-Key is the same job.
    """
    desk = act.desk.imports
    job_id = act.new_id("import", None)
    folder = desk.prepare(job_id)
    if folder is not None:
        try:
            await _receive(request, folder, file)
            _check_mapping(folder, mapping)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        desk.order(Order(str(job_id), mapping, dry_run, act.user.user_id))
    return act.accepted({"id": str(job_id), "state": "queued", "rejects": []}, f"/imports/{job_id}")


async def _receive(request: Request, folder: FilePath, name: str) -> None:
    """The body's files onto the disk, piece by piece."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        await _receive_parts(request, folder)
    elif kind in ("text/csv", "application/gzip", "application/xml", "application/octet-stream", XLSX):
        with (folder / DATA / _named(name)).open("wb") as out:
            async for piece in request.stream():
                out.write(piece)
    else:
        raise Problem(HTTP[415], "send multipart/form-data with the files, or one file as text/csv")


async def _receive_parts(request: Request, folder: FilePath) -> None:
    async with request.form(max_files=MAX_FILES + 1, max_fields=10) as form:
        own = form.get("mapping_file")
        if isinstance(own, UploadFile):
            await _keep(own, folder / MAPPING)
        files = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
        for part in files:
            await _keep(part, folder / DATA / _named(part.filename or ""))
    if not files:
        raise invalid("files", "send at least one file")


async def _keep(part: UploadFile, to: FilePath) -> None:
    with to.open("wb") as out:
        while piece := await part.read(1 << 20):
            out.write(piece)


def _named(name: str) -> str:
    if not FILE_NAME.fullmatch(name):
        raise invalid(
            "files", "names hold letters, digits, dot, dash and blank, and end with .csv, .xes, .xlsx or .gz"
        )
    return name


def _check_mapping(folder: FilePath, mapping: str) -> None:
    own = folder / MAPPING
    if bool(mapping) == own.exists():
        raise invalid(
            "query.mapping", f"name a shipped mapping ({', '.join(shipped_names())}) or send mapping_file"
        )
    if mapping and mapping not in shipped_names():
        raise invalid("query.mapping", f"must be one of {', '.join(shipped_names())}")
    try:
        if own.exists():
            load_mapping(own)
    except ImportProblem as wrong:
        raise invalid("mapping_file", "; ".join(wrong.problems[:20])) from wrong


@router.get(
    "",
    operation_id="listImports",
    summary="Import jobs, newest first",
    responses=answers(ImportsAnswer),
)
async def list_imports(look: Reader, limit: Annotated[Whole, Query(ge=1, le=200)] = 50) -> Response:
    desk = look.desk.imports
    return look.json({"imports": [_told(job, desk) for job in await list_jobs(look.desk.pool, limit)]})


@router.get("/{job_id}", operation_id="readImport", summary="An import job", responses=answers(ImportAnswer))
async def read_import(job_id: UUID, look: Reader) -> Response:
    desk = look.desk.imports
    job = await read_job(look.desk.pool, job_id)
    if job is not None:
        return look.json(_told(job, desk))
    order = desk.ordered(job_id)
    if order is None:
        raise NotFound("no import has this id", kind="import", id=str(job_id))
    problems = desk.problems(job_id)
    state = "failed" if problems else "queued"
    return look.json({"id": str(job_id), "state": state, "problems": problems, "rejects": []})


@router.get(
    "/{job_id}/rejects/{name}",
    operation_id="downloadRejects",
    summary="The refused rows of one file, with reasons",
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def download(
    job_id: UUID, name: Annotated[str, Path(pattern=r"^[A-Za-z0-9_. -]{1,120}$")], look: Reader
) -> Response:
    found = look.desk.imports.reject_file(job_id, name)
    if found is None:
        raise NotFound("this import has no such reject file", kind="rejects", id=name)
    return FileResponse(found, media_type="text/csv", filename=name)


def _told(job: Job, desk: ImportDesk) -> dict[str, object]:
    return {
        "id": str(job.id),
        "state": job.state,
        "mapping": job.mapping,
        "dry_run": job.dry_run,
        "rows_total": job.rows_total,
        "rows_done": job.rows_done,
        "accepted": job.accepted,
        "unchanged": job.unchanged,
        "refused": job.refused,
        "events": job.events,
        "result": job.result,
        "rejects": desk.rejects(job.id),
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }
