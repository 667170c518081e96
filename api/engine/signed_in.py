"""api: people's requests — the session by its cookie, forms that come from our own pages, and where to go to sign in. No page may enter.

The cookie opens pages and their streams, and nothing of the JSON API, which takes keys alone (`auth.py`).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import FastAPI, Request, Response
from python_multipart.multipart import parse_options_header
from starlette.responses import RedirectResponse

from api.engine.auth import USER
from api.engine.errors import HTTP, Kind, Problem, render
from api.engine.services import services_of
from api.engine.sessions import Session, in_language
from runtime.language import negotiate

SESSION = "salesloop.session"
COOKIE, SECURE_COOKIE = "salesloop", "__Host-salesloop"
FIELD, HEADER = "csrf", "X-CSRF-Token"
SIGN_IN = "/sign-in"
HOME = "/desk"
SAFE = {"GET", "HEAD", "OPTIONS"}
NOT_SIGNED_IN = Kind(401, "not-signed-in", "Nobody is signed in here")
NOT_OURS = Kind(403, "not-from-our-page", "The form did not come from a page of ours")
ZONE, ZONE_COOKIE = "UTC", "zone"
ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


class NotSignedIn(Exception):
    """Nobody is signed in, or no longer."""


async def signed_in(request: Request, *, by_itself: bool = False) -> Session:
    """Who asks, looked up once a request. `by_itself`: an open page asks, and nobody need sit before it. Raises NotSignedIn: a page is answered by the way to sign in, all else by 401."""
    known: Session | None = request.scope.get(SESSION)
    if known is not None:
        return known
    services = services_of(request)
    address = services.settings.bounds.address(request.client.host if request.client else None)
    used = not (by_itself or _is_stream(request))
    found = await services.sessions.find(cookie_of(request), address=address, used=used)
    if found is None:
        raise NotSignedIn
    session = in_language(found, negotiate(request.headers.get("Accept-Language")), zone_of(request))
    request.scope[SESSION], request.scope[USER] = session, session.user
    return session


# --- forms -----------------------------------------------------------------------------------------------------------


def check_csrf(request: Request, form: Mapping[str, Any]) -> None:
    """For every method that changes something: the request comes from a page of ours, and has the session's token in the field or
    header. Raises Problem. `signed_in` comes first.
    """
    check_origin(request)
    session: Session = request.scope[SESSION]
    said = request.headers.get(HEADER) or form.get(FIELD)
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), session.csrf.encode()):
        raise Problem(NOT_OURS, "the form is of another session: load the page again and send it from there")


def check_origin(request: Request) -> None:
    """As the browser says. One that says nothing, or that it may not say, is no browser in use."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    known = origin not in (None, "null")
    if (
        (site is not None and site != "same-origin")
        or (known and origin != own_origin(request))
        or (site is None and not known)
    ):
        raise Problem(NOT_OURS, f"it has to come from a page under {own_origin(request)}")


def check_text(request: Request) -> None:
    """Before a form is read: texts are UTF-8, as our pages send them. A part may name another encoding, which Python would take."""
    _, said = parse_options_header(request.headers.get("Content-Type"))
    if said.get(b"charset", b"utf-8").lower() != b"utf-8":
        raise Problem(HTTP[415], "forms are sent in UTF-8")


def own_origin(request: Request) -> str:
    """Scheme and host that the person has in the browser."""
    said = services_of(request).settings.sign_in.public_url
    return said or f"{request.url.scheme}://{request.url.netloc}"


# --- the cookie ------------------------------------------------------------------------------------------------------


def is_secure(request: Request) -> bool:
    return own_origin(request).startswith("https://")


def is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def may_sign_in(request: Request) -> bool:
    """Whether a cookie is safe on its way: by HTTPS, or not leaving this machine."""
    return is_secure(request) or is_loopback(urlsplit(own_origin(request)).hostname)


def cookie_of(request: Request) -> str | None:
    return request.cookies.get(SECURE_COOKIE if is_secure(request) else COOKIE)


def set_cookie(request: Request, response: Response, value: str) -> None:
    secure = is_secure(request)
    name = SECURE_COOKIE if secure else COOKIE
    response.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="lax")


def drop_cookie(request: Request, response: Response) -> None:
    secure = is_secure(request)
    name = SECURE_COOKIE if secure else COOKIE
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


# --- where to go -----------------------------------------------------------------------------------------------------


def local(next: str | None) -> str:
    """`next` where it is a path of this house, else the desk: nobody is sent elsewhere."""
    if not next or not next.startswith("/") or len(next) > 2_000 or not next.isprintable():
        return HOME
    if next.startswith(("//", SIGN_IN)) or "\\" in next or urlsplit(next).netloc:
        return HOME
    return next


def to_sign_in(next: str) -> str:
    return f"{SIGN_IN}?next={quote(local(next), safe='/')}"


async def on_not_signed_in(request: Request, error: Exception) -> Response:
    """A page: to sign in, and back. All else: 401."""
    if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", ""):
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(to_sign_in(path), 303, {"Cache-Control": "no-store"})
    return render(request, Problem(NOT_SIGNED_IN, f"sign in at {SIGN_IN}"))


def install(app: FastAPI) -> None:
    app.add_exception_handler(NotSignedIn, on_not_signed_in)


def zone_of(request: Request) -> str:
    """The browser's time zone, which a script of ours tells in a cookie; UTC where it does not, or tells nonsense."""
    told = unquote(request.cookies.get(ZONE_COOKIE, ""))
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(told).key if ZONE_NAME.fullmatch(told) else ZONE
    return ZONE


def _is_stream(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("Accept", "")
