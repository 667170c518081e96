"""api: to a provider of OpenID Connect, and back from it. Who may come in: `membership.py`."""

from __future__ import annotations

import base64
import binascii
import logging
from typing import Annotated

from fastapi import Path, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from api.engine.errors import Kind, Problem
from api.engine.oidc import Attempt, NotVouched, OpenID, ProviderAway
from api.engine.services import services_of
from api.engine.signed_in import is_secure, local, may_sign_in, own_origin
from api.sign_in import rendering
from api.sign_in.membership import account_of
from api.sign_in.pages import open_session

AWAY = Kind(503, "provider-away", "The provider does not answer")
REFUSED = Kind(403, "not-vouched", "The provider vouches for nobody")
BEGUN_SECONDS = 600
COOKIE, SECURE_COOKIE = "salesloop-way", "__Host-salesloop-way"
Name = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,31}$")]
log = logging.getLogger(__name__)
router = rendering.router()


@router.get("/sign-in/oidc/{provider}", summary="To a provider")
async def begin(provider: Name, request: Request) -> Response:
    asked = _of(request, provider)
    if not may_sign_in(request):
        raise Problem(
            REFUSED, f"sign in by HTTPS: on the way to {own_origin(request)} others could read what is sent"
        )
    attempt = Attempt.begun(provider)
    try:
        place = await asked.address(attempt, _back(request, provider))
    except ProviderAway as away:
        raise _away(asked, away) from None
    answer = RedirectResponse(place, 303, {"Cache-Control": "no-store"})
    _remember(request, answer, attempt, local(request.query_params.get("next")))
    return answer


@router.get("/sign-in/oidc/{provider}/callback", summary="Back from a provider")
async def back(provider: Name, request: Request) -> Response:
    asked = _of(request, provider)
    attempt, next = _remembered(request, provider)
    if (said := request.query_params.get("error")) is not None:
        raise Problem(REFUSED, _declined(said))
    try:
        vouched = await asked.vouched(attempt, dict(request.query_params), _back(request, provider))
    except ProviderAway as away:
        raise _away(asked, away) from None
    except NotVouched as wrong:
        log.warning("a provider's answer was refused", extra={"provider": provider, "why": str(wrong)})
        raise Problem(REFUSED, "this answer proves nothing: begin again on the sign-in page") from None
    account = await account_of(services_of(request), asked.provider, vouched.claims)
    answer = await open_session(request, account, next, provider=provider, id_token=vouched.id_token)
    _forget(request, answer)
    return answer


def _of(request: Request, name: str) -> OpenID:
    found = services_of(request).providers.get(name)
    if found is None:
        raise HTTPException(404, "there is no such provider here")
    return found


def _back(request: Request, provider: str) -> str:
    return f"{own_origin(request)}/sign-in/oidc/{provider}/callback"


def _declined(error: str) -> str:
    if error == "access_denied":
        return "the provider says that it was not allowed: begin again, and agree there"
    return "the provider could not sign you in: begin again, or tell an administrator when it happened"


def _away(asked: OpenID, away: ProviderAway) -> Problem:
    log.warning("a provider does not answer", extra={"provider": asked.provider.name, "why": str(away)})
    return Problem(
        AWAY,
        "the provider does not answer as it should: try again in a moment",
        headers={"Retry-After": "10"},
    )


# --- the browser's own part ------------------------------------------------------------------------------------------


def _remember(request: Request, answer: Response, attempt: Attempt, next: str) -> None:
    secure = is_secure(request)
    value = f"{attempt.secret}.{base64.urlsafe_b64encode(next.encode()).decode()}"
    name = SECURE_COOKIE if secure else COOKIE
    answer.set_cookie(
        name, value, max_age=BEGUN_SECONDS, path="/", secure=secure, httponly=True, samesite="lax"
    )


def _remembered(request: Request, provider: str) -> tuple[Attempt, str]:
    """Raises Problem."""
    secret, _, rest = request.cookies.get(SECURE_COOKIE if is_secure(request) else COOKIE, "").partition(".")
    if len(secret) != 43:
        raise Problem(
            REFUSED, "this was not begun in this browser, or long ago: begin again on the sign-in page"
        )
    try:
        next = base64.urlsafe_b64decode(rest).decode()
    except (binascii.Error, ValueError):
        next = ""
    return Attempt(secret, provider), local(next)


def _forget(request: Request, answer: Response) -> None:
    secure = is_secure(request)
    answer.delete_cookie(
        SECURE_COOKIE if secure else COOKIE, path="/", secure=secure, httponly=True, samesite="lax"
    )
