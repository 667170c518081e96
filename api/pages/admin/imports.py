"""api: files in — handed over, rehearsed or imported, followed while it runs, what was refused to take back."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterable
from typing import Any
from uuid import UUID

import msgspec
from fastapi import Response
from starlette.datastructures import UploadFile

from api.pages.admin.tabs import TABS, Admin, typed
from api.pages.engine.asking import Refusal
from api.pages.engine.page import Lenient, Page, router
from runtime.imports import results, undo_result
from runtime.imports.mapping_file import shipped_names
from runtime.imports.vendors.declared import vendor_ids, vendor_of
from runtime.language import catalogue

pages = router()
FIELDS = ("files", "mapping_file")
UNSAFE = set('\\"\r\n')
PIECE = 1 << 18
SHOWN = 20
"""Refused rows that are told on the page, with what is wrong with each."""


@pages.get("/admin/imports", summary="Imports, newest first")
async def imports(page: Admin) -> Response:
    return await _list(page)


@pages.post("/admin/imports", summary="Import files, or rehearse it")
async def start(page: Admin) -> Response:
    given = await typed(page)
    query = {"mapping": given.get("mapping"), "dry_run": "true" if "dry_run" in given else None}
    try:
        job = await _handed_on(page, "/imports", query)
    except Refusal as refused:
        return await _list(page, given=given, refused=refused)
    return page.go(f"/desk/admin/imports/{job['id']}")


@pages.post("/admin/imports/previews", summary="Look at another system's files before they are imported")
async def look_at(page: Admin) -> Response:
    given = await typed(page)
    try:
        looked = await _handed_on(page, "/imports/previews", {"from": given.get("from")})
    except Refusal as refused:
        return await _list(page, given=given, refused=refused)
    return page.go(f"/desk/admin/imports/previews/{looked['preview_id']}")


async def _handed_on(page: Page, path: str, query: dict[str, str | None]) -> Any:
    """The files of the form that was sent, to a route. Raises Refusal."""
    form = await page.request.form()
    files = [
        (name, part)
        for name in FIELDS
        for part in form.getlist(name)
        if isinstance(part, UploadFile) and part.filename
    ]
    edge = secrets.token_hex(16)
    kind = f"multipart/form-data; boundary={edge}"
    return (await page.send(path, query, kind, pieces_of(files, edge), page.language)).json()


async def pieces_of(files: Iterable[tuple[str, UploadFile]], edge: str) -> AsyncIterator[bytes]:
    """The files again as a body of several parts, piece by piece."""
    for field, part in files:
        name = "".join(sign for sign in part.filename or "" if sign not in UNSAFE)
        yield f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
        await part.seek(0)
        while piece := await part.read(PIECE):
            yield piece
        yield b"\r\n"
    yield f"--{edge}--\r\n".encode()


@pages.get("/admin/imports/{job_id}", summary="One import, while it runs and afterwards")
async def job(job_id: UUID, page: Admin) -> Response:
    return await _show(page, job_id)


@pages.post("/admin/imports/{job_id}/undo", summary="Undo an import, or see what that would do")
async def undo(job_id: UUID, page: Admin) -> Response:
    """`dry_run` shows it; else a reason is given, on the page of what was shown."""
    given = await typed(page)
    body = {"dry_run": "dry_run" in given, "reason": given.get("reason", "")}
    try:
        made = (await page.write(f"/imports/{job_id}/undo", body)).json()
    except Refusal as refused:
        return await _show(page, UUID(given["shown"]) if "shown" in given else job_id, refused)
    return page.go(f"/desk/admin/imports/{made['id']}")


async def _show(page: Page, job_id: UUID, refused: Refusal | None = None) -> Response:
    found, words = await page.read(f"/imports/{job_id}"), catalogue(page.language)
    if found.get("undoes"):
        return _undone(page, found, refused)
    refusals = (found.get("result") or {}).get("refusals", [])[:SHOWN]
    return page.render(
        "admin_import.html",
        refused.status if refused else 200,
        problem=Lenient(refused.problem) if refused else None,
        tabs=TABS,
        tab="imports",
        job=Lenient(found),
        notices=[msgspec.convert(one, results.Notice).told(words) for one in found.get("notices", ())],
        refusals=[msgspec.convert(one, results.Refusal).told(words) for one in refusals],
    )


def _undone(page: Page, found: dict[str, Any], refused: Refusal | None) -> Response:
    result, words = found.get("result") or {}, catalogue(page.language)
    kept = (msgspec.convert(one, undo_result.Kept, strict=False) for one in result.get("kept", ())[:SHOWN])
    by_kind = [result.get(name, {}) for name in ("gone", "back", "refused")]
    kinds = dict.fromkeys(kind for numbers in by_kind for kind in numbers)
    return page.render(
        "admin_import_undo.html",
        refused.status if refused else 200,
        problem=Lenient(refused.problem) if refused else None,
        tabs=TABS,
        tab="imports",
        job=Lenient(found),
        before=result.get("before", 0),
        kinds=[(kind, *(numbers.get(kind, 0) for numbers in by_kind)) for kind in kinds],
        going=[Lenient(one) for one in result.get("undone", ()) if one["gone"]][:SHOWN],
        changed=[Lenient(one) for one in result.get("undone", ()) if one["changes"]][:SHOWN],
        staying=[one.told(words) for one in kept],
    )


@pages.get("/admin/imports/{job_id}/rejects/{name}", summary="What was refused, as a file")
async def rejects(job_id: UUID, name: str, page: Admin) -> Response:
    answer = await page.fetch(f"/imports/{job_id}/rejects/{name}")
    kept = ("content-type", "content-disposition")
    return Response(
        answer.content, 200, {header: answer.headers[header] for header in kept if header in answer.headers}
    )


async def _list(
    page: Page, *, given: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response:
    listed: list[Any] = (await page.read("/imports", limit=50))["imports"]
    return page.render(
        "admin_imports.html",
        refused.status if refused else 200,
        tabs=TABS, tab="imports", jobs=[Lenient(one) for one in listed], mappings=shipped_names(),
        vendors=[vendor_of(id) for id in vendor_ids()], given=Lenient(given or {"dry_run": "on"}),
        problem=Lenient(refused.problem) if refused else None,
    )  # fmt: skip
