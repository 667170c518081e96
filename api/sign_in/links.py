"""api: links that let somebody in — once, to set a password; again and again on this machine, in a demonstration.

Looking at a link spends nothing: mail programs look at links before people do.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response

from api.engine.errors import Kind, Problem
from api.engine.passwords import LONGEST, SHORTEST, check
from api.engine.services import services_of
from api.engine.signed_in import HOME, is_loopback
from api.engine.users import digest
from api.sign_in import rendering
from api.sign_in.pages import address_of, check_place, check_way, fields, open_session
from api.sign_in.rendering import language_of, render
from domain.engine.errors import Invalid
from runtime.language import catalogue

ONE = (
    "SELECT a.id, a.login, l.once FROM app.sign_in_links l JOIN app.accounts a ON a.id = l.account_id"
    " WHERE l.token_hash = %s AND l.used_at IS NULL AND l.expires_at > now() AND a.disabled_at IS NULL"
)
GONE = Kind(410, "link-gone", "The link counts no more")
THIS_MACHINE = Kind(403, "this-machine", "The link is for this machine")
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")]
router = rendering.router()


@router.get("/sign-in/link/{token}", summary="Where a link leads")
async def page(token: Token, request: Request) -> Response:
    account, login, once = await _known(request, token)
    if once:
        check_way(request)
        return render(request, "password.html", login=login, shortest=SHORTEST, longest=LONGEST, refused="")
    if not is_loopback(request.client.host if request.client else None):
        raise Problem(THIS_MACHINE, "this link opens on the machine that the demonstration runs on")
    return await open_session(request, account, HOME)


@router.post("/sign-in/link/{token}", summary="Set a password, and sign in")
async def spend(token: Token, request: Request) -> Response:
    check_place(request)
    _, login, _ = await _known(request, token)
    typed = await fields(request, "password", "again")
    if refused := _refused(typed["password"], typed["again"]):
        said = catalogue(language_of(request)).heard(refused)
        return render(
            request, "password.html", 422, login=login, shortest=SHORTEST, longest=LONGEST, refused=said
        )
    services = services_of(request)
    hashed = await services.passwords.hashed(typed["password"], address_of(request))
    account = await services.accounts.spend(token, hashed)
    if account is None:
        raise _gone()
    return await open_session(request, account, HOME)


def _refused(password: str, again: str) -> str:
    try:
        check(password)
    except Invalid as wrong:
        return wrong.errors[0].message
    return "" if password == again else "the two are not the same: type it twice"


async def _known(request: Request, token: str) -> tuple[UUID, str, bool]:
    """Account, login, and whether it counts once. Raises Problem."""
    async with services_of(request).pool.connection() as connection:
        row = await (await connection.execute(ONE, [digest(token)])).fetchone()
    if row is None:
        raise _gone()
    return row[0], row[1], row[2]


def _gone() -> Problem:
    return Problem(GONE, "this link was used, has run out, or was replaced by another: ask for a new one")
