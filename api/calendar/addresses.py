"""api: the secret address of a person's calendar — one's own, and anybody's for an administrator: made, made anew, revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field

from api.engine import auth
from api.engine.answers import Answer, answers
from api.engine.auth import may_read, may_write
from api.engine.reading import Look
from api.engine.roles import ADMIN, Role
from api.engine.routes import does
from api.engine.writing import Writer
from api.notifications import Admin, Login, account_of

own = auth.router("/account", tags=["account"])
of_person = auth.router("/accounts", tags=["accounts"])

OWES = (Role.REP, Role.MANAGER)
EXAMPLES = {
    "NewCalendarAddressAnswer.path": "/calendars/(43 characters).ics",
    "CalendarAddressAnswer.made_by": "li",
}


class CalendarAddressAnswer(Answer):
    """Null: there is no address. `read_at` is when it was fetched last, to the minute."""

    made_at: datetime | None
    made_by: str | None
    read_at: datetime | None


class NewCalendarAddressAnswer(Answer):
    path: Annotated[
        str,
        Field(
            description="under this API's address, for a calendar program to subscribe to; in this answer and nowhere else"
        ),
    ]


@own.get(
    "/calendar",
    operation_id="readOwnCalendarAddress",
    summary="Whether one's calendar has an address",
    responses=answers(CalendarAddressAnswer),
)
async def read_own(look: Annotated[Look, Depends(may_read())]) -> Response:
    """For whoever is signed in; a key has no account."""
    return await _read(look, account_of(look.user))


@own.post(
    "/calendar",
    operation_id="makeOwnCalendarAddress",
    summary="A new secret address for one's own calendar",
    status_code=201,
    responses=answers(NewCalendarAddressAnswer, 201, "Made; the address of before counts no more."),
)
async def make_own(writer: Annotated[Writer, Depends(may_write(*OWES, versioned=False))]) -> Response:
    """For whoever is signed in. Whoever has the address reads the calendar: it is for one's own calendar program."""
    return await _make(writer, account_of(writer.user))


@does(
    own,
    "/calendar/revoke",
    operation="revokeOwnCalendarAddress",
    summary="One's own calendar has no address any more",
    description="There is no address any more, or was none.",
)
async def revoke_own(writer: Annotated[Writer, Depends(may_write(*OWES, versioned=False))]) -> None:
    """For whoever is signed in."""
    await writer.services.calendars.revoke(account_of(writer.user), writer.user.user_id)


@of_person.get(
    "/{login}/calendar",
    operation_id="readCalendarAddress",
    summary="Whether somebody's calendar has an address",
    responses=answers(CalendarAddressAnswer),
)
async def read(login: Login, look: Annotated[Look, Depends(may_read(*ADMIN))]) -> Response:
    return await _read(look, (await look.services.accounts.of(login))["id"])


@of_person.post(
    "/{login}/calendar",
    operation_id="makeCalendarAddress",
    summary="A new secret address for somebody's calendar",
    status_code=201,
    responses=answers(NewCalendarAddressAnswer, 201, "Made; the address of before counts no more."),
)
async def make(login: Login, writer: Admin) -> Response:
    """For who asks the operator. That it was made, and by whom, is in the history of the account."""
    return await _make(writer, (await writer.services.accounts.of(login))["id"])


@does(
    of_person,
    "/{login}/calendar/revoke",
    operation="revokeCalendarAddress",
    summary="Somebody's calendar has no address any more",
    description="There is no address any more, or was none.",
)
async def revoke(login: Login, writer: Admin) -> None:
    account = await writer.services.accounts.of(login)
    await writer.services.calendars.revoke(account["id"], writer.user.user_id)


async def _read(look: Look, account: UUID) -> Response:
    found = await look.services.calendars.of(account)
    return look.json(found if found is not None else {"made_at": None, "made_by": None, "read_at": None})


async def _make(writer: Writer, account: UUID) -> Response:
    token = await writer.services.calendars.make(account, writer.user.user_id)
    return writer.told_once(NewCalendarAddressAnswer(path=f"/calendars/{token}.ics"))
