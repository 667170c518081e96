"""api: sign in with a password or at a provider, and sign out. What is typed is never logged."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from api.engine.errors import Kind, Problem
from api.engine.services import services_of
from api.engine.signed_in import (
    NotSignedIn,
    check_csrf,
    check_origin,
    check_text,
    cookie_of,
    drop_cookie,
    local,
    may_sign_in,
    own_origin,
    set_cookie,
    signed_in,
)
from api.sign_in import rendering
from api.sign_in.rendering import render

NOT_SAFE = Kind(403, "not-safe", "The way to this address is open to others")
router = rendering.router()


@router.get("/sign-in", summary="The page to sign in on")
async def page(request: Request) -> Response:
    next = local(request.query_params.get("next"))
    if await services_of(request).sessions.find(cookie_of(request), address=address_of(request)) is not None:
        return RedirectResponse(next, 303)
    return form(request, next)


@router.post("/sign-in", summary="Sign in with a password")
async def sign_in(request: Request) -> Response:
    """A wrong password and an unknown login get the same answer after the same time."""
    check_place(request)
    typed = await fields(request, "login", "password", "next")
    services = services_of(request)
    account = await services.passwords.account(typed["login"], typed["password"], address_of(request))
    if account is None:
        return form(request, local(typed["next"]), 403, login=typed["login"], refused=True)
    return await open_session(request, account, typed["next"])


@router.post("/sign-out", summary="Sign out")
async def sign_out(request: Request) -> Response:
    """Here, and where a provider vouched, by its own page there."""
    try:
        session = await signed_in(request)
    except NotSignedIn:
        return _left(request)
    check_text(request)
    check_csrf(request, await request.form())
    provider, id_token = await services_of(request).sessions.end(session)
    asked = services_of(request).providers.get(provider or "")
    if asked is None:
        return _left(request)
    place = await asked.leave(id_token, f"{own_origin(request)}/sign-in")
    return _left(request, place, asked.provider.title)


@router.get(rendering.STYLE, summary="How these pages look")
async def style() -> Response:
    return Response(_style(), 200, {"Cache-Control": "max-age=3600"}, media_type="text/css")


# --- what the other ways in have in common ---------------------------------------------------------------------------


def form(
    request: Request, next: str, status: int = 200, *, login: str = "", refused: bool = False
) -> Response:
    safe = may_sign_in(request)
    return render(
        request,
        "sign_in.html",
        status,
        next=next,
        login=login[:64],
        refused=refused,
        safe=safe,
        providers=services_of(request).settings.sign_in.providers,
    )


async def open_session(request: Request, account: UUID, next: str, **vouched: Any) -> Response:
    """A session of its own each time: what the browser had before ends, and opens nothing. Raises Problem where the account is
    closed.
    """
    sessions = services_of(request).sessions
    cookie = await sessions.open(account, **vouched)
    if cookie is None:
        raise Problem(NOT_SAFE, "this account is disabled, or its rep has left: ask an administrator")
    before = await sessions.find(cookie_of(request))
    if before is not None:
        await sessions.end(before)
    answer = RedirectResponse(local(next), 303, {"Cache-Control": "no-store"})
    set_cookie(request, answer, cookie)
    return answer


def check_place(request: Request) -> None:
    """Raises Problem for a form of another site, and where a cookie would travel open to others."""
    check_way(request)
    check_origin(request)
    check_text(request)


def check_way(request: Request) -> None:
    """Raises Problem where a password or cookie would travel open to others."""
    if not may_sign_in(request):
        raise Problem(
            NOT_SAFE, f"sign in by HTTPS: on the way to {own_origin(request)} others could read what is sent"
        )


async def fields(request: Request, *names: str) -> dict[str, str]:
    """Those of the form, as text; empty where one is not there."""
    async with request.form(max_files=0, max_fields=20) as given:
        found = {name: given.get(name) for name in names}
    return {name: value if isinstance(value, str) else "" for name, value in found.items()}


def address_of(request: Request) -> str | None:
    """What counts as one address; None where it is not to be counted."""
    return services_of(request).settings.bounds.address(request.client.host if request.client else None)


def _left(request: Request, place: str | None = None, title: str = "") -> Response:
    """`place`: of the provider, which the page goes on to by itself: a form may lead nowhere but here."""
    answer = render(request, "left.html", place=place, title=title)
    drop_cookie(request, answer)
    return answer


@cache
def _style() -> bytes:
    return (rendering.HERE / "style.css").read_bytes()
