"""cli: an import through the API — the files are sent, the job is followed to its end, and the refused rows come back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cli.engine.backend import backend
from cli.engine.common import note
from cli.engine.failure import fail
from cli.engine.language import sentence

if TYPE_CHECKING:
    from cli.engine.backend import Backend
    from runtime.imports.results import ImportResult

UNFINISHED = ("queued", "running", "interrupted")
LOOK_AGAIN = 0.5
"""Seconds between two looks at how far it is."""
Part = tuple[str, str, bytes]
"""Field, file name, content."""


async def send(source: Path, mapping: str, rejects: Path, *, dry_run: bool) -> ImportResult:
    """What came of it, as the import itself tells it."""
    import msgspec

    from runtime.imports.results import ImportResult

    own, parts = await asyncio.to_thread(_parts, source, mapping)
    query = {"mapping": None if own else mapping, "dry_run": dry_run}
    async with backend() as at:
        job = await at.upload("/imports", query, *multipart(parts))
        try:
            while job["state"] in UNFINISHED:
                await asyncio.sleep(LOOK_AGAIN)
                job = await at.read(f"/imports/{job['id']}", dict[str, Any])
        except asyncio.CancelledError:
            note(
                sentence(
                    "the import goes on at the server: GET /imports/{id} tells how far it is", id=job["id"]
                )
            )
            raise
        if job["result"] is None:
            fail("\n".join(map(str, job["problems"])) or "the import failed: the server's log says why")
        result = {**job["result"], "rejects": await _fetched(at, job, rejects)}
        return msgspec.convert(result, ImportResult, strict=False)


def _parts(source: Path, mapping: str) -> tuple[bool, list[Part]]:
    """Whether the mapping is a file of one's own, and what is sent: those files that the mapping reads."""
    from runtime.imports.mapping_file import mapping_of
    from runtime.imports.sources import locate

    own = Path(mapping).is_file()
    files = sorted({found.path for found in locate(mapping_of(mapping), source)})
    sent = [("files", path.name, path.read_bytes()) for path in files]
    return own, [*sent, *([("mapping_file", "mapping.toml", Path(mapping).read_bytes())] if own else [])]


def multipart(parts: Iterable[Part]) -> tuple[str, bytes]:
    """A body of these files, and what kind it is."""
    mark = uuid4().hex
    body = b"".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + content
        + b"\r\n"
        for field, name, content in parts
    )
    return f"multipart/form-data; boundary={mark}", body + f"--{mark}--\r\n".encode()


async def _fetched(at: Backend, job: dict[str, Any], folder: Path) -> list[str]:
    """The files of refused rows, written into the folder."""
    written = []
    for name in job["rejects"]:
        content = await at.raw(f"/imports/{job['id']}/rejects/{name}")
        await asyncio.to_thread(_keep, folder / name, content)
        written.append(str(folder / name))
    return written


def _keep(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
