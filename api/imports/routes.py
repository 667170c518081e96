"""api: files in — handed over, checked on a dry run or imported, followed as a job, the refused rows handed back."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import unicodedata
from pathlib import Path as FilePath
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse

from api.engine import auth
from api.engine.answers import ImportAnswer, ImportsAnswer, answers
from api.engine.auth import may_read, may_write
from api.engine.errors import HTTP, Problem, invalid
from api.engine.fields import WHOLE, LongText, Strict, Truth
from api.engine.reading import Look
from api.engine.roles import ADMIN, OVERSEERS
from api.engine.services import Services
from api.engine.writing import Writer
from api.imports.jobs import DATA, FILE_NAME, LONGEST_NAME, MAPPING, SIGNS, Order, content_of
from api.imports.told import told_of, told_ordered, words_for
from domain.engine.errors import KeyReused, NotFound, Refused
from runtime.imports.jobs import list_jobs, not_undoable, read_job
from runtime.imports.mapping import Mapping
from runtime.imports.mapping_file import load_mapping, shipped_mapping, shipped_names
from runtime.imports.naming import check_files
from runtime.imports.results import ImportProblem
from runtime.imports.sniff import UTF8_MARK
from runtime.language import Catalogue

EXAMPLES = {
    "problem": "deals.csv: nothing names this file",
    "reject": "deals.csv",
    "result": "{}",
    "state": "done",
    "imports.error": "row 7: amount: must be a number",
    "imports.state": "done",
}
TAGS = {"imports": "Files in, with a dry run and reject files"}
router = auth.router("/imports", tags=[*TAGS])

MAX_FILES = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BINARY = {"schema": {"type": "string", "format": "binary"}}
RAW = ("text/csv", "application/gzip", "application/xml", "application/octet-stream", XLSX)
Reader = Annotated[Look, Depends(may_read(*OVERSEERS))]


def uploads(others: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    """Of OpenAPI: a body of `files` and these other parts, or another one by its media type."""
    files = {"type": "array", "maxItems": MAX_FILES, "items": BINARY["schema"]}
    schema = {
        "type": "object",
        "required": ["files"],
        "additionalProperties": False,
        "properties": {"files": files, **parts},
    }
    return {
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": schema}, **(others or {})},
        }
    }


@router.post(
    "",
    operation_id="startImport",
    summary="Import files, or rehearse it",
    status_code=202,
    responses=answers(ImportAnswer, 202),
    openapi_extra=uploads(dict.fromkeys(RAW, BINARY), mapping_file=BINARY["schema"]),
)
async def start(
    request: Request,
    writer: Annotated[Writer, Depends(may_write(*ADMIN, versioned=False))],
    mapping: Annotated[
        str, Query(pattern=r"^[a-z0-9_-]{0,60}$", description="a shipped mapping's name")
    ] = "",
    file: Annotated[
        str, Query(pattern=rf"^{SIGNS}{{0,100}}$", description="names a raw body")
    ] = "import.csv",
    *,
    dry_run: Annotated[Truth, Query(description="decide everything, record nothing")] = False,
) -> Response:
    """Multipart with the mapping's files (`files`) and, where it is your own, the mapping (`mapping_file`); or one raw CSV.

    The job is answered at once; follow it at `Location`. The same Idempotency-Key with the same files, mapping and `dry_run` is
    the same job. A file that no table of the mapping reads is refused, and so are two of one name.
    """
    received = writer.services.imports.receive()
    try:
        await _receive(request, received, file)
        return await begin(writer, received, mapping, dry_run=dry_run)
    finally:
        shutil.rmtree(received, ignore_errors=True)


async def begin(writer: Writer, received: FilePath, mapping: str, *, dry_run: bool) -> Response:
    """Order the import of what was received; `mapping` is empty where one came with it."""
    job_id = writer.new_id("import", None)
    _check(received, mapping)
    content = await asyncio.to_thread(content_of, received, mapping, dry_run=dry_run)
    words = words_for(writer.request)
    order = Order(str(job_id), mapping, dry_run, writer.user.user_id, content, language=words.language)
    if writer.services.imports.order(received, order).content not in ("", content):
        raise KeyReused("the idempotency key was used before to import something else")
    return writer.accepted(await _present(job_id, writer.services, words), f"/imports/{job_id}")


class UndoImport(Strict):
    """`dry_run` tells what would go, what would go back and what stays, and records nothing. The reason is recorded with what is undone."""

    MADE: ClassVar = "import job"

    dry_run: Truth = False
    reason: LongText = ""


@router.post(
    "/{job_id}/undo",
    operation_id="undoImport",
    summary="Undo an import, or see what that would do",
    status_code=202,
    responses=answers(ImportAnswer, 202),
)
async def undo(
    job_id: UUID, body: UndoImport, writer: Annotated[Writer, Depends(may_write(*ADMIN, versioned=False))]
) -> Response:
    """What the import made goes, and what it changed goes back, each record whole. Where somebody worked on one since, it stays, and so
    does what something that stays refers to: these are named. A job is answered, to be followed at `Location`; its `result` says what
    became of what. Undone figures as known before stay as they were.
    """
    job = await read_job(writer.services.pool, job_id)
    if job is None:
        raise NotFound("no import has this id", kind="import", id=str(job_id))
    if problem := not_undoable(job):
        raise Refused(problem, id=str(job_id))
    if not (body.dry_run or body.reason.strip()):
        raise invalid("reason", "say why")
    jobs = writer.services.imports
    id = writer.new_id("import", None)
    content = hashlib.sha256(repr((job_id, body)).encode()).hexdigest()
    order = Order(str(id), "", body.dry_run, writer.user.user_id, content, str(job_id), body.reason.strip())
    received = jobs.receive()
    try:
        if jobs.order(received, order).content not in ("", content):
            raise KeyReused("the idempotency key was used before for something else")
    finally:
        shutil.rmtree(received, ignore_errors=True)
    return writer.accepted(await _present(id, writer.services, words_for(writer.request)), f"/imports/{id}")


async def _receive(request: Request, folder: FilePath, name: str) -> None:
    """The body's files onto the disk, piece by piece."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        await receive_parts(request, folder)
    elif kind in RAW:
        with (folder / DATA / _named(name)).open("wb") as out:
            async for piece in request.stream():
                out.write(piece)
    else:
        raise Problem(HTTP[415], f"send multipart/form-data with the files, or one file as {', '.join(RAW)}")


async def receive_parts(request: Request, folder: FilePath, *, pages: bool = False) -> None:
    """`pages`: of JSON as well."""
    async with request.form(max_files=MAX_FILES + 1, max_fields=10) as form:
        for own in form.getlist("mapping_file"):
            if isinstance(own, UploadFile):
                await _keep(own, folder / MAPPING, "mapping_file")
        files = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
        for part in files:
            await _keep(part, folder / DATA / _named(part.filename or "", pages=pages), "files")
    if not files:
        raise invalid("files", "send at least one file")


async def _keep(part: UploadFile, to: FilePath, field: str) -> None:
    try:
        kept = to.open("xb")
    except FileExistsError:
        raise invalid(field, f"two parts are called {part.filename or field}: send each once") from None
    with kept as out:
        while piece := await part.read(1 << 20):
            out.write(piece)


def _named(sent: str, *, pages: bool = False) -> str:
    """In the one form in which equal names are equal. Marks above and below letters are of the letters."""
    name = unicodedata.normalize("NFC", sent)
    letters = "".join(c for c in name if unicodedata.category(c)[0] != "M")
    ends = letters.removesuffix(".json") + ".csv" if pages and letters.endswith(".json") else letters
    if not FILE_NAME.fullmatch(ends) or len(name.encode()) > LONGEST_NAME:
        raise invalid(
            "files",
            f"names have at most {LONGEST_NAME} bytes of letters, digits, blanks and . - ( ) + , & and end with .csv, .tsv,"
            f" .txt, .xes, .xml, .xlsx{', .json' * pages} or .gz",
        )
    return name


def _check(folder: FilePath, mapping: str) -> None:
    """What was received can be imported, as far as names tell."""
    chosen = _mapping(folder, mapping)
    try:
        check_files(chosen, [path.name for path in (folder / DATA).iterdir()])
    except ImportProblem as wrong:
        raise invalid("files", "; ".join(wrong.problems[:20])) from wrong


def _mapping(folder: FilePath, mapping: str) -> Mapping:
    own = folder / MAPPING
    if bool(mapping) == own.exists():
        raise invalid(
            "query.mapping", f"name a shipped mapping ({', '.join(shipped_names())}) or send mapping_file"
        )
    if mapping and mapping not in shipped_names():
        raise invalid("query.mapping", f"must be one of {', '.join(shipped_names())}")
    try:
        return load_mapping(own) if own.exists() else shipped_mapping(mapping)
    except ImportProblem as wrong:
        raise invalid("mapping_file", "; ".join(wrong.problems[:20])) from wrong


@router.get(
    "",
    operation_id="listImports",
    summary="Import jobs, newest first",
    responses=answers(ImportsAnswer),
)
async def list_imports(look: Reader, limit: Annotated[int, Query(ge=1, le=200), WHOLE] = 50) -> Response:
    """Those that wait for their turn, or could not be begun, are among them."""
    jobs, words = look.services.imports, words_for(look.request)
    begun_jobs = await list_jobs(look.services.pool, limit)
    begun = {str(job.id) for job in begun_jobs}
    orders = await asyncio.to_thread(jobs.unbegun)
    told = [told_ordered(order, jobs, words) for order in orders[:limit] if order.job_id not in begun]
    missed = [one for one in told if await read_job(look.services.pool, UUID(str(one["id"]))) is None]
    return look.json({"imports": [*missed, *(told_of(job, jobs, words) for job in begun_jobs)][:limit]})


@router.get("/{job_id}", operation_id="readImport", summary="An import job", responses=answers(ImportAnswer))
async def read_import(job_id: UUID, look: Reader) -> Response:
    """What is wrong is said in the language of `Accept-Language`; a reject file in that of whoever handed the files over."""
    return look.json(await _present(job_id, look.services, words_for(look.request)))


async def _present(job_id: UUID, services: Services, words: Catalogue) -> dict[str, object]:
    job = await read_job(services.pool, job_id)
    if job is not None:
        return told_of(job, services.imports, words)
    order = services.imports.ordered(job_id)
    if order is None:
        raise NotFound("no import has this id", kind="import", id=str(job_id))
    return told_ordered(order, services.imports, words)


@router.get(
    "/{job_id}/rejects/{name}",
    operation_id="downloadRejects",
    summary="The refused rows of one file, with reasons",
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}, "application/octet-stream": BINARY}}
    },
)
async def download(
    job_id: UUID, name: Annotated[str, Path(pattern=rf"^{SIGNS}{{1,120}}$")], look: Reader
) -> Response:
    found = look.services.imports.reject_file(job_id, name)
    if found is None:
        raise NotFound("this import has no such reject file", kind="rejects", id=name)
    return FileResponse(found, media_type=_media_type(found), filename=name)


def _media_type(file: FilePath) -> str:
    """A reject file is written as its source was, and only UTF-8 says so itself."""
    with file.open("rb") as content:
        marked = content.read(len(UTF8_MARK)) == UTF8_MARK
    return "text/csv; charset=utf-8" if marked else "application/octet-stream"
