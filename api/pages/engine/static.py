"""api: the files that pages are shown with — our style sheet and script, and htmx as its package brings it. Addresses hold a digest of
the content, so that a browser keeps each for a year and no longer than it is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from api.engine.signed_in import HOME

OURS = Path(__file__).parent.parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    kind: str
    digest: str


def _htmx() -> Path:
    found = find_spec("django_htmx")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the package django-htmx is not installed: run `make setup`")
    return Path(found.submodule_search_locations[0]) / "static" / "django_htmx" / "htmx-4.min.js"


@cache
def files() -> dict[str, File]:
    """By name."""
    places = {place.name: place for place in sorted(OURS.iterdir()) if place.suffix in KINDS} | {
        "htmx.js": _htmx()
    }
    return {name: _read(place) for name, place in places.items()}


def _read(place: Path) -> File:
    content = place.read_bytes()
    return File(content, KINDS[place.suffix], blake2b(content, digest_size=8).hexdigest())


def address(name: str) -> str:
    """Where a page finds it."""
    return f"{HOME}/static/{files()[name].digest}/{name}"


@router.get(f"{HOME}/static/{{digest}}/{{name}}", summary="A file that pages are shown with")
async def read(digest: str, name: str, request: Request) -> Response:
    """Public, like the sign-in page that needs it."""
    found = files().get(name)
    if found is None or found.digest != digest:
        raise HTTPException(404, "there is no such file, or it has changed: load the page anew")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": f'"{digest}"'}
    if request.headers.get("if-none-match") == f'"{digest}"':
        return Response(None, 304, headers)
    return Response(found.content, 200, headers, media_type=found.kind)
