"""api: webhooks over HTTP — endpoints made, changed, paused, replayed, and their log. Everybody has their own; an administrator sees all."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Response
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from api.engine import auth
from api.engine.answers import answers
from api.engine.auth import may_read, may_write
from api.engine.errors import UNKNOWN_REFERENCE, Problem, invalid
from api.engine.querying import query
from api.engine.reading import MAX_POSITION, Look
from api.engine.roles import Role
from api.engine.routes import does
from api.engine.services import Services
from api.engine.users import User
from api.engine.writing import Writer
from api.webhook.answers import (
    ChangeWebhook,
    DeliveriesAnswer,
    DeliveryQuery,
    MakeWebhook,
    NewSecretAnswer,
    NewWebhookAnswer,
    ReplayWebhook,
    RotateSecret,
    TestAnswer,
    WebhookAnswer,
    WebhooksAnswer,
)
from domain.engine import reading
from domain.engine.errors import Forbidden, KeyReused, NotFound
from runtime.webhooks.addresses import Guard
from runtime.webhooks.endpoints import Asker, Endpoints, Wanted
from runtime.webhooks.sending import Sender
from runtime.webhooks.trying import send_test

EXAMPLES = {
    "webhooks.name": "data warehouse",
    "webhooks.state": "active",
    "webhooks.error": "timeout",
    "webhooks.reason": "failing",
    "secret": "whsec_(44 more characters)",
    "url": "https://hooks.example.com/sales",
    "topics": "deal.won",
    "webhooks.owner": "warehouse",
    "changed_by": "ops",
    "behind": 0,
    "held": 0,
    "attempt": 1,
    "took_ms": 35,
    "last_status": 204,
    "last_error": "timeout",
    "message_id": "msg_90211_0d9f6f0e4d4e4f0e",
    "TestAnswer.status": 204,
    "DeliveryAnswer.status": 204,
    "DeliveryAnswer.id": 311,
    "key_id": "d94b456194e82053",
    "owner_key": "d94b456194e82053",
}
TAGS = {"webhooks": "Events sent to other programs"}
router = auth.router("/webhooks", tags=[*TAGS])

Writes = Annotated[Writer, Depends(may_write(versioned=False))]
Reads = Annotated[Look, Depends(may_read())]
WebhookId = Annotated[UUID, Path(description="of an endpoint")]
TESTS_OF_ONE = 4
PERMITS = "only an administrator permits personal data, or makes an endpoint for another's key"


@router.post(
    "",
    operation_id="createWebhook",
    summary="Have events sent to an address",
    status_code=201,
    responses=answers(NewWebhookAnswer, 201, "Made. The secret is in this answer and nowhere else."),
)
async def create(body: MakeWebhook, writer: Writes) -> Response:
    """What its owner may see, from now on or from a position: signed by the Standard Webhooks specification, at least once and in order within each
    stream. A repeat under the same Idempotency-Key answers without the secret.
    """
    asker, wanted = (
        _asker(writer.user),
        Wanted(body.name, body.url, body.topics, body.envelope, body.personal),
    )
    if (body.personal or body.key_id) and not asker.all:
        raise Forbidden(PERMITS)
    owner = asker if body.key_id is None else Asker(asker.user_id, key_id=body.key_id)
    id = writer.new_id("webhook", None)
    head = await writer.services.ledger.head()
    _check_position(body.after or 0, head)
    try:
        after = head if body.after is None else body.after
        secret = await endpoints(writer.services).make(id, wanted, owner, writer.user.user_id, after)
    except ForeignKeyViolation:
        raise Problem(UNKNOWN_REFERENCE, "key_id: no API key has this id") from None
    except UniqueViolation:
        await _check_repeat(writer, id, wanted)
        return writer.told_once(
            NewWebhookAnswer(id=id, secret=None), headers={"Idempotency-Replayed": "true"}
        )
    return writer.told_once(NewWebhookAnswer(id=id, secret=secret), headers={"Location": f"/webhooks/{id}"})


@router.get("", operation_id="listWebhooks", summary="Endpoints", responses=answers(WebhooksAnswer))
async def list_webhooks(look: Reads) -> Response:
    """One's own; all for administrators. Without secrets."""
    return look.json({"webhooks": await endpoints(look.services).all(_asker(look.user))})


@router.get(
    "/{webhook_id}", operation_id="readWebhook", summary="An endpoint", responses=answers(WebhookAnswer)
)
async def read(webhook_id: WebhookId, look: Reads) -> Response:
    return look.json(await _found(look.services, look.user, webhook_id))


@does(
    router,
    "/{webhook_id}/change",
    operation="changeWebhook",
    summary="Change an endpoint",
    description="Changed. What is held back is tried at once.",
)
async def change(webhook_id: WebhookId, body: ChangeWebhook, writer: Writes) -> None:
    found = await _found(writer.services, writer.user, webhook_id)
    if body.personal and not _asker(writer.user).all:
        raise Forbidden(PERMITS)
    given = {name: value for name, value in body if value is not None}
    was = {name: found[name] for name in ChangeWebhook.model_fields}
    wanted, permits = Wanted(**(was | given)), _asker(writer.user).all
    await endpoints(writer.services).change(webhook_id, wanted, writer.user.user_id, permits=permits)


@router.post(
    "/{webhook_id}/rotate",
    operation_id="rotateWebhookSecret",
    summary="A new secret for an endpoint",
    responses=answers(NewSecretAnswer),
)
async def rotate(webhook_id: WebhookId, body: RotateSecret, writer: Writes) -> Response:
    """The secret of before counts beside it for a while; an older one no longer."""
    await _found(writer.services, writer.user, webhook_id)
    secret = await endpoints(writer.services).rotate(webhook_id, timedelta(hours=body.hours))
    return writer.told_once(NewSecretAnswer(secret=secret), 200)


@does(
    router,
    "/{webhook_id}/pause",
    operation="pauseWebhook",
    summary="Send nothing to an endpoint for a while",
    description="Nothing is sent; where it was is kept.",
)
async def pause(webhook_id: WebhookId, writer: Writes) -> None:
    await _found(writer.services, writer.user, webhook_id)
    await endpoints(writer.services).pause(webhook_id, writer.user.user_id)


@does(
    router,
    "/{webhook_id}/resume",
    operation="resumeWebhook",
    summary="Send to an endpoint again",
    description="It goes on where it was, also where it was switched off.",
)
async def resume(webhook_id: WebhookId, writer: Writes) -> None:
    await _found(writer.services, writer.user, webhook_id)
    await endpoints(writer.services).resume(webhook_id, writer.user.user_id)


@does(
    router,
    "/{webhook_id}/replay",
    operation="replayWebhook",
    summary="Send once more what comes after a position",
    description="It goes on from there, under the same message ids.",
)
async def replay(webhook_id: WebhookId, body: ReplayWebhook, writer: Writes) -> None:
    await _found(writer.services, writer.user, webhook_id)
    _check_position(body.after, await writer.services.ledger.head())
    await endpoints(writer.services).replay(webhook_id, body.after, writer.user.user_id)


@router.post(
    "/{webhook_id}/test",
    operation_id="testWebhook",
    summary="Send a message that says nothing",
    responses=answers(TestAnswer),
)
async def send(webhook_id: WebhookId, writer: Writes) -> Response:
    """`webhook.test`, signed as all are; what came of it is answered, and noted in the log."""
    await _found(writer.services, writer.user, webhook_id)
    sender = Sender(Guard(writer.services.settings.webhooks))
    admission, key = writer.services.admission, writer.user.key_id
    admission.tests.check(key, TESTS_OF_ONE, f"a key or session may test {TESTS_OF_ONE} endpoints at once")
    with admission.tests.holding(key):
        async with admission.turns.outside():
            outcome = await send_test(writer.services.pool, sender, webhook_id)
    if outcome is None:
        raise _nothing(webhook_id)
    return writer.told_once(
        TestAnswer(status=outcome.status, error=outcome.error, took_ms=outcome.took_ms), 200
    )


@router.get(
    "/{webhook_id}/deliveries",
    operation_id="listDeliveries",
    summary="What was sent to an endpoint",
    responses=answers(DeliveriesAnswer),
)
async def deliveries(
    webhook_id: WebhookId, look: Reads, asked: Annotated[DeliveryQuery, Depends(query(DeliveryQuery))]
) -> Response:
    """Every try of the last 30 days, 10,000 at most, the newest first."""
    await _found(look.services, look.user, webhook_id)
    before = None if asked.cursor is None else _before(asked.cursor)
    found = await endpoints(look.services).deliveries(
        webhook_id, before, asked.limit + 1, failed=asked.failed
    )
    items = found[: asked.limit]
    return look.json(
        {"items": items, "next_cursor": str(items[-1]["id"]) if len(found) > asked.limit else None}
    )


@does(
    router,
    "/{webhook_id}",
    operation="deleteWebhook",
    summary="Delete an endpoint",
    description="Gone, with its secrets and its log.",
    method="DELETE",
)
async def delete(webhook_id: WebhookId, writer: Writes) -> None:
    await _found(writer.services, writer.user, webhook_id)
    await endpoints(writer.services).remove(webhook_id)


# --- how -------------------------------------------------------------------------------------------------------------


def endpoints(services: Services) -> Endpoints:
    return Endpoints(services.pool, Guard(services.settings.webhooks))


def _asker(user: User) -> Asker:
    """By account or by key; the terminal beside the database has neither."""
    key = user.key_id if user.account_id is None and user.key_id else None
    return Asker(user.user_id, key, user.account_id, all=user.role is Role.ADMIN)


async def _check_repeat(writer: Writer, id: UUID, wanted: Wanted) -> None:
    """Raises KeyReused where the key stands for another endpoint."""
    found = await _found(writer.services, writer.user, id)
    if any(found[name] != value for name, value in wanted.values().items()):
        raise KeyReused("the idempotency key was used for another endpoint")


async def _found(services: Services, user: User, id: UUID) -> dict[str, Any]:
    found = await endpoints(services).one(_asker(user), id)
    if found is None:
        raise _nothing(id)
    return found


def _nothing(id: UUID) -> NotFound:
    return NotFound(f"no endpoint has the id {id}", kind="webhook", id=str(id))


def _check_position(after: int, head: int) -> None:
    if after > head:
        raise invalid("after", f"is beyond the last position, {head}")


def _before(cursor: str) -> int:
    try:
        read = reading.whole(cursor)
    except ValueError:
        read = -1
    if not 0 <= read <= MAX_POSITION:
        raise invalid("query.cursor", "is none of ours: take `next_cursor` of the page before")
    return read
