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
from runtime.imports import results
from runtime.imports.mapping_file import shipped_names
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
    form = await page.request.form()
    files = [
        (name, part)
        for name in FIELDS
        for part in form.getlist(name)
        if isinstance(part, UploadFile) and part.filename
    ]
    edge = secrets.token_hex(16)
    query = {"mapping": given.get("mapping"), "dry_run": "true" if "dry_run" in given else None}
    kind = f"multipart/form-data; boundary={edge}"
    try:
        job = (await page.send("/imports", query, kind, _parts(files, edge))).json()
    except Refusal as refused:
        return await _list(page, given=given, refused=refused)
    return page.go(f"/desk/admin/imports/{job['id']}")


async def _parts(files: Iterable[tuple[str, UploadFile]], edge: str) -> AsyncIterator[bytes]:
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
    found, words = await page.read(f"/imports/{job_id}"), catalogue(page.language)
    refusals = (found.get("result") or {}).get("refusals", [])[:SHOWN]
    return page.render(
        "admin_import.html",
        tabs=TABS,
        tab="imports",
        job=Lenient(found),
        notices=[msgspec.convert(one, results.Notice).told(words) for one in found.get("notices", ())],
        refusals=[msgspec.convert(one, results.Refusal).told(words) for one in refusals],
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
        tabs=TABS, tab="imports", jobs=[Lenient(one) for one in listed], mappings=shipped_names(), given=Lenient(given or {"dry_run": "on"}),
        problem=Lenient(refused.problem) if refused else None,
    )  # fmt: skip
