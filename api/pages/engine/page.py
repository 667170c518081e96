"""api: one page for one person — what it may read and write, and how it is rendered. Every handler of a page gets one."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from api.engine.auth import USER, check_rate
from api.engine.precedence import REFRESH
from api.engine.roles import READERS, Role
from api.engine.services import services_of
from api.engine.sessions import Session
from api.engine.signed_in import (
    HOME,
    SESSION,
    NotSignedIn,
    check_csrf,
    check_origin,
    check_text,
    own_origin,
    signed_in,
)
from api.pages.engine import fragment, rendering, shared
from api.pages.engine.asking import Json
from api.pages.engine.client import ApiClient
from api.pages.engine.failing import problem_of
from api.pages.engine.past import AS_OF, DAY, day_asked, refuse_acts
from api.pages.engine.table import acts
from domain.engine.errors import Forbidden
from projections.cycle import company

log = logging.getLogger(__name__)
PAGING = ("cursor", "limit")
AGAIN_SECONDS = 2
BUSY = (429, 503)
IN_ADDRESSES = ":/%#?=@[]!$&'()*+,;"
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
PAGE = "salesloop.page"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "private, no-store",
    "Vary": "HX-Request, Cookie",
    "Referrer-Policy": "same-origin",
}


class Lenient(dict[str, Any]):
    """What is not said is empty: a filter that nobody set, a part that a problem does not have."""

    def __missing__(self, _: str) -> str:
        return ""


class Page(ApiClient):
    """A request for a page by who is signed in."""

    __slots__ = ("_session", "as_of", "ends", "turn")

    def __init__(self, request: Request, session: Session) -> None:
        super().__init__(request)
        self._session = session
        self.as_of: date | None = None
        """The earlier day of the company as known at whose end this is shown; None: as known now."""
        self.ends: datetime | None = None
        """When that day ended."""
        self.turn = ""
        """What is told next to open pages: it may have changed what is read for this one."""

    @property
    def session(self) -> Session:
        """Theirs alone: what is rendered of it is kept for nobody."""
        fragment.private()
        return self._session

    @property
    def role(self) -> Role:
        return self._session.user.role

    @property
    def language(self) -> str:
        return self._session.language

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self._session.timezone)

    @property
    def query(self) -> Lenient:
        """What the address says behind the question mark, without what is empty."""
        fragment.private()
        return Lenient({name: value for name, value in self.request.query_params.items() if value})

    @property
    def partial(self) -> bool:
        """Whether only the middle of the page is wanted: it is there already, and something has changed."""
        return self.request.headers.get("HX-Request") == "true"

    @property
    def here(self) -> str:
        """This address, as it is asked for again when something has changed."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def with_query(self, **changed: Any) -> str:
        """This address with something else behind the question mark; None takes a name away."""
        return f"{self.request.url.path}{self.query_of(**changed)}"

    def query_of(self, **changed: Any) -> str:
        """The same without the path: for a page with the same filters. With its question mark, or empty."""
        asked = {**self.query, **changed}
        query = urlencode(
            {name: value for name, value in asked.items() if value not in (None, "") and name != "after"}
        )
        return f"?{query}" if query else ""

    def new_key(self) -> str:
        """Of a form: sent twice, it is done once."""
        return shared.KEY if self.session.csrf == shared.TOKEN else uuid4().hex

    place_of_token, place_of_key = shared.TOKEN, shared.KEY
    """In a form that is rendered once for several: what each of them gets there is put in at the end."""

    @property
    def then(self) -> dict[str, str]:
        """What a read takes with it to be answered as known then: `page.read("/deals", **page.then)`."""
        return {"known_at": self.as_of.isoformat()} if self.as_of else {}

    def at(self, address: str) -> str:
        """A link to another page that can be shown as known then, to stay on that day."""
        joint = "&" if "?" in address else "?"
        return f"{address}{joint}{AS_OF}={self.as_of}" if self.as_of else address

    def may(self, operation: str) -> bool:
        """Whether this person's role may do an act of the tables; nobody does anything in the past. Whose a thing is, is judged when
        it is done.
        """
        return self.as_of is None and operation in acts() and self.role in acts()[operation].roles

    def form_address(self, operation: str, given: Mapping[str, Any]) -> str:
        """Of the form of an act, with what is filled in, and the way back here."""
        query = {name: value for name, value in given.items() if value not in (None, "")}
        return (
            f"{HOME}/act/{operation}?{urlencode({'next': self.query['next'] or self.with_query(), **query})}"
        )

    @property
    def origin(self) -> str:
        """Scheme and host under which the person has the page."""
        return own_origin(self.request)

    @property
    def currency(self) -> str:
        """What amounts are typed in where nothing else is said."""
        return str(self.query["amount.currency"] or "CNY")

    def file(self, format: str) -> str:
        """The address of all that the page lists, as a file."""
        path, query = self.turned or ("", {})
        asked = {
            name: value for name, value in query.items() if name not in PAGING and value not in (None, "", [])
        }
        return f"{HOME}/files{path}?{urlencode({**asked, 'format': format}, doseq=True)}"

    async def is_signed_in(self) -> bool:
        """Still: a session may end while a page is open. Where that cannot be found out just now, nobody is told to sign in."""
        self.request.scope.pop(SESSION, None)
        try:
            await signed_in(self.request)
        except NotSignedIn:
            return False
        except Exception as away:  # noqa: BLE001 - the database may be away for a moment
            log.warning(
                "whether somebody is still signed in is not known", extra={"why": type(away).__name__}
            )
        return True

    def render(self, template: str, status_code: int = 200, **values: Any) -> Response:
        """The template's page; the middle of it alone where that is what is asked for. What is asked for unasked is rendered in its line."""
        if REFRESH in self.request.scope:
            pieces = rendering.pieces(template, self, partial=True, values=values)
            return shared.Unrendered(pieces, status_code, HEADERS)
        content = self._rendered(template, values, partial=self.partial)
        return Response(content, status_code, dict(HEADERS), media_type="text/html")

    def part(
        self, template: str, status_code: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> Response:
        """A template that is no whole page."""
        content = self._rendered(template, values, partial=True)
        return Response(content, status_code, {**HEADERS, **(headers or {})}, media_type="text/html")

    def _rendered(self, template: str, values: dict[str, Any], *, partial: bool) -> str:
        content = "".join(rendering.pieces(template, self, partial=partial, values=values))
        return shared.handed_out(content, self._session.csrf)

    def go(self, address: str) -> Response:
        """To another page, which is read anew: by the browser, or by htmx where that asked. A header holds no letters but ASCII."""
        address = quote(address, safe=IN_ADDRESSES)
        if self.partial:
            return Response(None, 204, {"HX-Redirect": address})
        return Response(None, 303, {"Location": address})


class PageRoute(APIRoute):
    """A route that answers people: what goes wrong is a page, too."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()

        async def opened(request: Request) -> Response:
            try:
                return await shared.answer(request, handle)
            except NotSignedIn:
                if request.headers.get("HX-Request") != "true":
                    raise
                return Response(None, 401)  # the page says so, and keeps what was typed
            except Exception as wrong:
                if request.scope.get(PAGE) is None:
                    raise
                return failed(request, *problem_of(wrong))

        return opened


def failed(request: Request, status: int, problem: Json) -> Response:
    """The page that says what went wrong and what to do, or the part of it that an open page shows."""
    if status in BUSY:
        problem = {"retry_after": AGAIN_SECONDS, **problem}
    page: Page = request.scope[PAGE]
    show = page.part if page.partial else page.render
    template = "refused.html" if page.partial else "error.html"
    return said_when(show(template, status, problem=Lenient(problem), status=status), problem)


def said_when(answer: Response, problem: Mapping[str, Any]) -> Response:
    """With `Retry-After`, where the problem says it."""
    if again := problem.get("retry_after"):
        answer.headers["Retry-After"] = str(again)
    return answer


def may_open(*roles: Role, by_itself: bool = False) -> Callable[[Request], Awaitable[Page]]:
    """Who is signed in with one of these roles; without any, everybody who is. `by_itself`: an open page asks unasked. What changes something carries the session's own token,
    and comes from our own pages.
    """
    allowed = roles or READERS

    async def page(request: Request) -> Page:
        session = await signed_in(request, by_itself=by_itself)
        check_rate(services_of(request), session.user)
        made = request.scope[PAGE] = Page(request, session)
        made.turn = request.app.state.moves.turn
        request.scope[USER] = session.user
        if day := day_asked(request.query_params):
            ends = (await company.in_force(services_of(request).pool)).begins(day + DAY)
            made.as_of, made.ends = (day, ends) if ends <= datetime.now(UTC) else (None, None)
        if session.user.role not in allowed:
            raise Forbidden(f"this page is for the role {', '.join(allowed)}; yours is {session.user.role}")
        if request.method in UNSAFE:
            check_origin(request)  # before anything is read
            check_text(request)
            check_csrf(request, await request.form())
            refuse_acts(request.query_params)
        return made

    vars(page).update(
        signed_in=True, roles=allowed, writes=False, versioned=False, waits_for=(), tagged=False
    )
    return page


def router(prefix: str = "") -> APIRouter:
    """A router for pages, under the desk's address."""
    return APIRouter(
        prefix=f"{HOME}{prefix}",
        route_class=PageRoute,
        default_response_class=Response,
        include_in_schema=False,
    )
