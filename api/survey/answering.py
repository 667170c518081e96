"""api: the page where a customer answers a survey — for whoever has the link, who signs in nowhere and is shown nothing but the questions, and
which company asks them.

Looking at it changes nothing: mail programs and their scanners open links before people do. It needs no script and no cookie; that a form is one
of ours is what the link itself says. The link is in no log: the middleware writes the route alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import Path, Request, Response
from jinja2 import FileSystemLoader

from api.engine.services import services_of
from api.pages.engine.compiling import Compiled
from api.sign_in import rendering
from domain.engine.command import Command
from domain.engine.context import Actor, Channel, Context
from domain.engine.errors import FieldError, Invalid, Refused
from domain.survey.answer import SurveyAnswer
from domain.survey.commands import LONGEST_REPLY, AnswerSurvey, DeclineSurveys, Reply
from domain.survey.invitation import InvitationStatus, SurveyInvitation
from domain.survey.survey import Survey, Surveys
from runtime.language import LANGUAGES, catalogue
from runtime.surveys.links import LENGTH, SurveyLink

TEMPLATES = FilePath(__file__).parent / "templates"
ACTOR = Actor("service", "survey-link")
MOST_FIELDS = 25
NONE, EXPIRED, ANSWERED = "none", "expired", "answered"
MANY, FAILED = "many", "failed"
Token = Annotated[str, Path(max_length=2 * LENGTH)]


class SurveyRoute(rendering.PageRoute):
    ADMITTED = "surveys"

    def wrong(
        self, request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Nothing of ours: neither what refused it nor where our people sign in."""
        page = _render(request, "survey_said.html", status, what=MANY if status == 429 else FAILED)
        page.headers.update(headers or {})
        return page


router = rendering.router(SurveyRoute)


@router.api_route(
    "/survey/{token}", methods=["GET", "HEAD"], summary="Where the link in a survey's mail leads"
)
async def page(token: Token, request: Request) -> Response:
    found = await _found(request, token)
    return _said(request, found) if isinstance(found, str) else _form(request, found[1])


@router.post("/survey/{token}", summary="A customer's answer")
async def answer(token: Token, request: Request) -> Response:
    found = await _found(request, token)
    if isinstance(found, str):
        return _said(request, found)
    invitation, survey = found
    typed = await _typed(request, survey)
    try:
        replies = tuple(Reply(question=key, answer=text) for key, text in typed.items() if text.strip())
        if not replies:
            raise Invalid([FieldError("replies", "say what was answered")])
        id = SurveyAnswer.to(invitation.id)
        await _give(request, AnswerSurvey(answer_id=id, invitation_id=invitation.id, replies=replies))
    except Invalid as wrong:
        return _form(request, survey, 422, typed, _errors(wrong, replies_of(typed)))
    except Refused:  # by whoever was faster, or the clock
        again = await _found(request, token)
        if not isinstance(again, str):
            raise
        return _said(request, again)
    return _render(request, "survey_said.html", what="thanks")


@router.api_route(
    "/survey/{token}/stop", methods=["GET", "HEAD"], summary="Where the link against surveys leads"
)
async def stop_page(token: Token, request: Request) -> Response:
    return _render(request, "survey_stop.html")


@router.post("/survey/{token}/stop", summary="No more surveys")
async def stop(token: Token, request: Request) -> Response:
    """From a mail program's own button, too (RFC 8058). Nobody learns whether a link is somebody's."""
    link = await _link(request, token)
    if link is not None:
        await _give(request, DeclineSurveys(invitation_id=link.invitation_id))
    return _render(request, "survey_said.html", what="stopped")


# --- what a link leads to --------------------------------------------------------------------------------------------


async def _found(request: Request, token: str) -> tuple[SurveyInvitation, Survey] | str:
    """Whom it asks and what; else why not. Raises TooManyTries."""
    link = await _link(request, token)
    if link is None:
        return NONE
    ledger = services_of(request).ledger
    invitation: Any = (await ledger.load({link.invitation_id: SurveyInvitation}))[link.invitation_id]
    if invitation.status == InvitationStatus.ANSWERED:
        return ANSWERED
    now = datetime.now(UTC)
    ends = min(link.expires_at, invitation.expires_at or link.expires_at)
    if not invitation.is_open or now >= ends:
        return EXPIRED
    stream = Surveys.stream_of(invitation.survey)
    surveys: Any = (await ledger.load({stream: Surveys}))[stream]
    return invitation, surveys.at(invitation.survey_version)


async def _link(request: Request, token: str) -> SurveyLink | None:
    services = services_of(request)
    address = services.settings.bounds.address(request.client.host if request.client else None)
    return await services.survey_links.read(token, address)


async def _give(request: Request, command: Command) -> None:
    context = Context(now=datetime.now(UTC), actor=ACTOR, channel=Channel.WEB)
    await services_of(request).handler.execute(command, context)


# --- what is typed ---------------------------------------------------------------------------------------------------


async def _typed(request: Request, survey: Survey) -> dict[str, str]:
    """By question; what is longer than can be is cut one letter later, and refused."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as given:
        found = {one.key: given.get(f"q-{one.key}") for one in survey.questions}
    return {key: value[: LONGEST_REPLY + 1] if isinstance(value, str) else "" for key, value in found.items()}


def replies_of(typed: Mapping[str, str]) -> list[str]:
    """The questions in the order in which their replies were given."""
    return [key for key, text in typed.items() if text.strip()]


def _errors(wrong: Invalid, keys: list[str]) -> dict[str, str]:
    """By question; what is wrong with none of them stands under an empty one."""
    return {_question(error.field, keys): error.message for error in wrong.errors}


def _question(field: str, keys: list[str]) -> str:
    inside = field.removeprefix("replies")
    if inside.startswith("["):
        return keys[int(inside[1:].partition("]")[0])]
    return inside.removeprefix(".")


# --- what is shown ---------------------------------------------------------------------------------------------------


def _form(
    request: Request,
    survey: Survey,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    return _render(
        request,
        "survey.html",
        status,
        survey=survey,
        typed=typed or {},
        errors=errors or {},
        longest=LONGEST_REPLY,
    )


def _said(request: Request, what: str) -> Response:
    return _render(request, "survey_said.html", {NONE: 404, EXPIRED: 410}.get(what, 200), what=what)


def _render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    asked = request.query_params.get("lang", "")
    language = asked if asked in LANGUAGES else rendering.language_of(request)
    content = (
        _environment(language)
        .get_template(template)
        .render(
            language=language,
            style=rendering.STYLE,
            heard=catalogue(language).heard,
            company=services_of(request).settings.outgoing.called(language),
            **values,
        )
    )
    headers = {**rendering.HEADERS, "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
    return Response(content, status, headers, media_type="text/html")


@cache
def _environment(language: str) -> Compiled:
    return Compiled(
        catalogue(language),
        loader=FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
