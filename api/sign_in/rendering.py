"""api: the pages of sign-in as HTML, in the language that the browser asks for. Everything is escaped; no script is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import FileSystemLoader
from starlette.exceptions import HTTPException

from api.engine.errors import PAUSE, Problem
from api.engine.services import services_of
from api.engine.turns import Crowded
from api.engine.users import TooManyTries
from api.pages.engine.compiling import Compiled
from domain.engine.errors import DomainError
from runtime.language import catalogue, negotiate

HERE = Path(__file__).parent
STYLE = "/sign-in/style.css"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
}
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """What goes wrong is told by a page, too. `ADMITTED`: the rate of `Admission` that holds for its addresses."""

    ADMITTED: ClassVar[str] = "sign_in"

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                _check_rate(request, self.ADMITTED)
                return await handle(request)
            except TooManyTries as many:
                await asyncio.sleep(PAUSE)
                return self.wrong(request, 429, str(many), {"Retry-After": str(round(many.wait) or 1)})
            except Crowded:
                return self.wrong(
                    request, 503, "more people sign in than can be served", {"Retry-After": "2"}
                )
            except Problem as problem:
                return self.wrong(request, problem.kind.status, problem.detail, problem.headers)
            except DomainError as refused:
                return self.wrong(request, 403, refused.message)
            except RequestValidationError:
                return self.wrong(request, 400, "the request cannot be read")
            except HTTPException as failed:
                return self.wrong(request, failed.status_code, str(failed.detail))

        return shown

    def wrong(
        self, request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The page that says so."""
        return wrong(request, status, detail, headers)


def _check_rate(request: Request, admitted: str) -> None:
    """Raises TooManyTries."""
    services = services_of(request)
    address = services.settings.bounds.address(request.client.host if request.client else None)
    if address is not None and (wait := getattr(services.admission, admitted).take(address)) > 0:
        raise TooManyTries(wait, "too many requests came from this address: wait a moment")


def router(route: type[PageRoute] = PageRoute) -> APIRouter:
    return APIRouter(route_class=route, default_response_class=Response, include_in_schema=False)


@cache
def _environment(language: str) -> Compiled:
    return Compiled(
        catalogue(language),
        loader=FileSystemLoader(HERE / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    language = language_of(request)
    content = _environment(language).get_template(template).render(language=language, style=STYLE, **values)
    return Response(content, status, dict(HEADERS), media_type="text/html")


def wrong(request: Request, status: int, detail: str, headers: Any = None) -> Response:
    """The page that says what went wrong and what to do."""
    said = catalogue(language_of(request)).heard(detail)
    answer = render(request, "wrong.html", status, detail=said, code=status)
    answer.headers.update(headers or {})
    return answer


def language_of(request: Request) -> str:
    return negotiate(request.headers.get("Accept-Language"))
