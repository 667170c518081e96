"""api: people's accounts over HTTP — made, listed, disabled, given links by an administrator. What is about an administrator's own
account is the operator's, in the terminal.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict, Field, StringConstraints

from api import recipients
from api.calendar import addresses
from api.engine import auth
from api.engine.accounts import OPERATOR_ONLY, NewAccount
from api.engine.answers import AccountChangesAnswer, AccountsAnswer, LinkAnswer, SessionsEndedAnswer, answers
from api.engine.auth import may_read
from api.engine.errors import unknown_reference
from api.engine.fields import MAIL, ShortText, Strict
from api.engine.persons import Language, RoleBinding, Zone
from api.engine.reading import Look
from api.engine.roles import ADMIN, Role
from api.engine.routes import does
from api.engine.users import USER_PATTERN
from api.engine.writing import CHANNEL, Writer
from api.notifications import Admin, Login, of_person
from domain.engine.context import Channel
from domain.engine.errors import AlreadyExists, Forbidden, KeyReused, NotFound

PATHS = ("accounts",)
TAGS = {"accounts": "Accounts of people who sign in"}
router = auth.router("/accounts", tags=[*TAGS])
MORE = (of_person, recipients.router, addresses.of_person)

Reader = Annotated[Look, Depends(may_read(*ADMIN))]


Email = Annotated[str, StringConstraints(pattern=MAIL)]


class MakeAccount(RoleBinding):
    """`login` is a pseudonym, which the ledger keeps for ever; `name` and `email` are personal and stay out of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"login": "wang", "role": "auditor", "name": "Wang Fang", "language": "zh"}]
        }
    )

    login: Annotated[str, StringConstraints(pattern=USER_PATTERN)]
    name: ShortText = ""
    email: Email | None = None
    language: Language | None = None
    timezone: Zone | None = None


class ChangeRole(RoleBinding):
    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "auditor"}]})


class ChangeEmail(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "li.wei@example.com"}]})

    email: Annotated[Email | None, Field(description="null: there is none any more")]


@router.post(
    "",
    operation_id="createAccount",
    summary="Make an account, with a link for its owner",
    status_code=201,
    responses=answers(LinkAnswer, 201, "Made. The link is in this answer and nowhere else."),
)
async def create(body: MakeAccount, writer: Admin) -> Response:
    """Whoever opens the link first sets the password. A repeat under the same Idempotency-Key answers without a link. An
    administrator's account is the operator's to make.
    """
    _operators(writer, body.role)
    new = NewAccount(**body.model_dump())
    accounts, by = writer.services.accounts, writer.user.user_id
    id = writer.new_id("account", None)
    try:
        await accounts.create(new, by, id)
    except AlreadyExists as taken:
        if (
            writer.key is None
            or taken.details.get("kind") == "key"
            or not await _is_repeat(writer, id, body.login)
        ):
            raise
        replayed = LinkAnswer(login=body.login, path=None)
        return writer.told_once(replayed, headers={"Idempotency-Replayed": "true"})
    except NotFound as nobody:
        raise unknown_reference(nobody) from nobody
    return await _link(writer, id, body.login)


@router.get("", operation_id="listAccounts", summary="All accounts", responses=answers(AccountsAnswer))
async def list_accounts(look: Reader) -> Response:
    return look.json({"accounts": await look.services.accounts.all()})


@router.get(
    "/{login}/changes",
    operation_id="readAccountChanges",
    summary="Who changed what about an account",
    responses=answers(AccountChangesAnswer),
)
async def changes(login: Login, look: Reader) -> Response:
    account = await look.services.accounts.of(login)
    return look.json({"changes": await look.services.accounts.changes(account["id"])})


@router.post(
    "/{login}/link",
    operation_id="linkAccount",
    summary="A new link to set the password by",
    status_code=201,
    responses=answers(LinkAnswer, 201, "Made; the link of before counts no more."),
)
async def link(login: Login, writer: Admin) -> Response:
    account = await writer.services.accounts.of(login)
    _operators(writer, account["role"])
    return await _link(writer, account["id"], account["login"])


@does(
    router,
    "/{login}/role",
    operation="changeAccountRole",
    summary="Give an account another role",
    description="It has the role, and its sessions are over.",
)
async def change_role(login: Login, body: ChangeRole, writer: Admin) -> None:
    account = await writer.services.accounts.of(login)
    _operators(writer, body.role, account["role"])
    try:
        await writer.services.accounts.set_role(
            account["id"], body.role, body.rep_id, body.team_id, writer.user.user_id
        )
    except NotFound as nobody:
        raise unknown_reference(nobody) from nobody


@does(
    router,
    "/{login}/email",
    operation="changeAccountEmail",
    summary="Give an account another e-mail address, or none",
    description="Mail goes there from now on, also where the one of before had failed.",
)
async def change_email(login: Login, body: ChangeEmail, writer: Admin) -> None:
    """A provider's sign-in is known by it, too. That it changed is on record without the address. An administrator's is the
    operator's to change.
    """
    account = await writer.services.accounts.of(login)
    _operators(writer, account["role"])
    await writer.services.accounts.set_email(account["id"], body.email, writer.user.user_id)


@does(
    router,
    "/{login}/disable",
    operation="disableAccount",
    summary="Let nobody in by an account any more",
    description="Disabled, now or before: no session and no link of it counts.",
)
async def disable(login: Login, writer: Admin) -> None:
    account = await writer.services.accounts.of(login)
    await writer.services.accounts.disable(account["id"], writer.user.user_id)


@does(
    router,
    "/{login}/enable",
    operation="enableAccount",
    summary="Let somebody in again",
    description="Enabled, now or before.",
)
async def enable(login: Login, writer: Admin) -> None:
    account = await writer.services.accounts.of(login)
    _operators(writer, account["role"])
    await writer.services.accounts.enable(account["id"], writer.user.user_id)


@router.post(
    "/{login}/sign-out",
    operation_id="signOutAccount",
    summary="End all sessions of an account",
    responses=answers(SessionsEndedAnswer),
)
async def sign_out(login: Login, writer: Admin) -> Response:
    account = await writer.services.accounts.of(login)
    ended = await writer.services.sessions.end_all(account["id"], writer.user.user_id)
    return Response(SessionsEndedAnswer(ended=ended).model_dump_json(), media_type="application/json")


def _operators(writer: Writer, *roles: str) -> None:
    """Whatever login this process has: what makes an administrator is done in the terminal. Raises Forbidden."""
    if Role.ADMIN in roles and writer.request.scope.get(CHANNEL) is not Channel.CLI:
        raise Forbidden(OPERATOR_ONLY)


async def _is_repeat(writer: Writer, id: UUID, login: str) -> bool:
    """Raises KeyReused where the key stands for an account of another login."""
    try:
        return bool((await writer.services.accounts.of(login))["id"] == id)
    except NotFound:
        raise KeyReused("the idempotency key was used for another account") from None


async def _link(writer: Writer, id: UUID, login: str) -> Response:
    lasts = writer.services.settings.sign_in.link
    token = await writer.services.accounts.link(id, writer.user.user_id, lasts)
    return writer.told_once(LinkAnswer(login=login, path=f"/sign-in/link/{token}"))
