"""api: a request's body, headers and tags, read strictly. A request that can be read in two ways is refused, not half-heard."""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from typing import Any

from fastapi import Request

from api.engine.errors import HTTP, Problem, invalid
from domain.engine import reading

JSON = "application/json"
KINDS = re.compile(r"application/(?:.+\+)?json")
TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
TAGS = re.compile(rf"{TAG.pattern}(?:[ \t]*,[ \t]*{TAG.pattern})*")
OURS = re.compile(r'"(0|[1-9][0-9]{0,8})(?:-[0-9a-f]{16})?"')


def read_json(body: bytes) -> Any:
    """Raises Problem for what is no JSON, or names a field twice."""
    try:
        return reading.document(body)
    except reading.NamedTwice as twice:
        raise invalid(twice.name[:60] or "body", str(twice)) from twice
    except ValueError as wrong:
        raise Problem(HTTP[400], "the body is not JSON") from wrong


def is_json(request: Request) -> bool:
    kind = header(request, "Content-Type") or ""
    return kind == JSON or KINDS.fullmatch(kind.partition(";")[0].strip().lower()) is not None


def header(request: Request, name: str) -> str | None:
    """The one value. Raises Problem for a header that came twice."""
    wanted, given = _sent(name), None
    for key, value in request.scope["headers"]:
        if key == wanted:
            if given is not None:
                raise invalid(f"header.{name}", "came more than once: send it once")
            given = value
    return None if given is None else str(given, "latin-1")


def takes_gzip(request: Request) -> bool:
    """Whether the answer may be packed: named, or all others meant, and not at quality 0 (RFC 9110, 12.5.3)."""
    taken = {}
    for given in ",".join(request.headers.getlist("accept-encoding")).lower().split(","):
        name, _, quality = given.replace(" ", "").replace("\t", "").partition(";q=")
        taken[name] = not re.fullmatch(r"0(?:\.0{0,3})?", quality)
    return taken.get("gzip", taken.get("*", False))


@cache
def _sent(name: str) -> bytes:
    """As the server hands headers on."""
    return name.lower().encode()


# --- entity tags (RFC 9110, 8.8.3 and 13.1) ---------------------------------------------------------------------------


def tag_of(version: int, body: bytes) -> str:
    """Of a read: it changes with every byte of the answer, and begins with the version that If-Match is held against."""
    return f'"{version}-{blake2b(body, digest_size=8).hexdigest()}"'


def version_in(tag: str) -> int | None:
    """The version in a tag of ours, of a read or of a receipt; None for another tag."""
    ours = OURS.fullmatch(tag)
    return int(ours[1]) if ours else None


def has(request: Request, tag: str) -> bool:
    """Whether If-None-Match says that the caller has this: `*`, or a list with it, weak or not."""
    given = ",".join(request.headers.getlist("if-none-match")).strip()
    if given == "*":
        return True
    return bool(TAGS.fullmatch(given)) and tag in TAG.findall(given)
