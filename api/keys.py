"""api: API keys — made, listed and revoked by an admin."""

from __future__ import annotations

from typing import Annotated, ClassVar

from fastapi import Depends, Path, Response
from pydantic import ConfigDict, StringConstraints

from api.engine import auth
from api.engine.answers import KeysAnswer, NewKeyAnswer, answers
from api.engine.auth import may_read, may_write
from api.engine.errors import unknown_reference
from api.engine.fields import Instant, ShortText
from api.engine.persons import RoleBinding
from api.engine.reading import Look
from api.engine.roles import ADMIN, Role
from api.engine.routes import does
from api.engine.users import OPERATOR_ONLY, USER_PATTERN, NewKey
from api.engine.writing import Writer
from domain.engine.errors import Forbidden, NotFound

PATHS = ("keys",)
EXAMPLES = {
    "created_by": "ops",
    "label": "laptop",
    "role": "rep",
    "token": "sl_d94b456194e82053_(43 more characters)",
    "keys.id": "d94b456194e82053",
}
TAGS = {"keys": "API keys"}
router = auth.router("/keys", tags=[*TAGS])

Admin = Annotated[Writer, Depends(may_write(*ADMIN, versioned=False))]
KeyId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="the id between sl_ and the secret")]


class MakeKey(RoleBinding):
    """A rep's key names the rep, a manager's the team. The user id is a pseudonym, never a name or an address."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"user_id": "wang-audit", "role": "auditor", "label": "yearly audit"}]
        }
    )

    MADE: ClassVar = "API key"

    user_id: Annotated[str, StringConstraints(pattern=USER_PATTERN)]
    label: ShortText = ""
    expires_at: Instant | None = None


@router.post(
    "",
    operation_id="createKey",
    summary="Make an API key",
    status_code=201,
    responses=answers(NewKeyAnswer, 201),
)
async def create(body: MakeKey, writer: Admin) -> Response:
    """The token is in this answer and nowhere else; only its hash is kept. A repeat under the same Idempotency-Key answers
    the same key, without its token. An administrator's key is the operator's to make.
    """
    if body.role is Role.ADMIN:
        raise Forbidden(OPERATOR_ONLY)
    new = NewKey(body.user_id, body.role, body.rep_id, body.team_id, body.label, body.expires_at)
    try:
        id, token = await _made(new, writer)
    except NotFound as nobody:
        raise unknown_reference(nobody) from nobody
    replayed = {"Idempotency-Replayed": "true"} if token is None else {}
    return writer.told_once(NewKeyAnswer(id=id, token=token), headers=replayed)


async def _made(new: NewKey, writer: Writer) -> tuple[str, str | None]:
    keys, by = writer.services.keys, writer.user.user_id
    return await (keys.create(new, by) if writer.key is None else keys.create_once(new, by, writer.key))


@router.get(
    "",
    operation_id="listKeys",
    summary="All API keys, without secrets",
    responses=answers(KeysAnswer),
)
async def list_keys(look: Annotated[Look, Depends(may_read(*ADMIN))]) -> Response:
    return look.json({"keys": await look.services.keys.all()})


@does(
    router,
    "/{key_id}",
    operation="revokeKey",
    summary="Revoke an API key",
    description="Revoked, now or before; it counts within seconds in every process.",
    method="DELETE",
)
async def revoke(key_id: KeyId, writer: Admin) -> None:
    if await writer.services.keys.revoke(key_id) is None:
        raise NotFound("no key has this id", kind="key", id=key_id)
