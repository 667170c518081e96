"""api: what is said and answered of webhooks, for OpenAPI and for the bodies' validation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api.engine.fields import WHOLE, CursorText, Paging, Strict, Truth
from api.engine.reading import MAX_POSITION
from domain.engine.facts import FACTS
from domain.engine.fields import NOT_BLANK
from runtime.envelopes import Format
from runtime.webhooks.endpoints import NAME, TOPICS, URL

URL_PATTERN = r"^https?://[\x21-\x7e]+$"
TOPIC_PATTERN = r"^[a-z-]+(\.[a-z-]+)?$"
BESIDE = 7 * 24
State = Literal["active", "paused", "switched-off"]


def _is_known(topic: str) -> str:
    if not any(topic in (one, one.partition(".")[0]) for one in FACTS):
        raise ValueError(f"there is no event {topic}: such as deal.won, or deal for all of deals")
    return topic


Topics = Annotated[
    tuple[
        Annotated[str, StringConstraints(pattern=TOPIC_PATTERN, max_length=60), AfterValidator(_is_known)],
        ...,
    ],
    Field(
        max_length=TOPICS,
        description="kinds of events, or what several begin with: deal.won, promise; none: all",
        examples=[["deal.won", "promise"]],
    ),
]
EndpointName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=NAME, pattern=NOT_BLANK.regex),
    Field(examples=["warehouse"]),
]
Url = Annotated[
    str,
    StringConstraints(min_length=8, max_length=URL, pattern=URL_PATTERN),
    Field(
        description="https; where it is kept secret keep it out of sight",
        examples=["https://hooks.example.com/sales"],
    ),
]
Envelope = Annotated[Format, Field(description="our own, or CloudEvents 1.0")]
PersonalFlag = Annotated[
    bool,
    Field(strict=True, description="also fields that are marked as personal: an administrator's to permit"),
]
Position = Annotated[
    int, Field(ge=0, le=MAX_POSITION, strict=True, description="the last position that is not sent")
]


class MakeWebhook(Strict):
    """`after` left out: from now on. `key_id`: whose it is, where an administrator makes it for a program's key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "warehouse",
                    "url": "https://hooks.example.com/sales",
                    "topics": ["deal.won", "promise"],
                }
            ]
        }
    )

    name: EndpointName
    url: Url
    topics: Topics = ()
    envelope: Envelope = "json"
    personal: PersonalFlag = False
    after: Position | None = None
    key_id: Annotated[str | None, Field(pattern="^[0-9a-f]{16}$")] = None


class ChangeWebhook(Strict):
    """What is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"topics": ["deal"]}]})

    name: EndpointName | None = None
    url: Url | None = None
    topics: Topics | None = None
    envelope: Envelope | None = None
    personal: PersonalFlag | None = None


class RotateSecret(Strict):
    """`hours` that the secret of before counts beside the new one: messages have a signature by each."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hours": 24}]})

    hours: Annotated[int, Field(ge=0, le=BESIDE, strict=True)] = 24


class ReplayWebhook(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"after": 90211}]})

    after: Position


class DeliveryQuery(Paging):
    """The log of deliveries, the newest first."""

    cursor: Annotated[CursorText | None, Field(description="`next_cursor` of the page before")] = None
    failed: Annotated[Truth, Field(description="only what was not taken")] = False
    limit: Annotated[int, Field(ge=1, le=200), WHOLE] = 50


class NewWebhookAnswer(BaseModel):
    id: UUID
    secret: Annotated[
        str | None,
        Field(
            description="signs every message; shown once, so a repeat of the request has none: rotate it and keep the new one"
        ),
    ]


class NewSecretAnswer(BaseModel):
    secret: Annotated[str, Field(description="shown once")]


class WebhookAnswer(BaseModel):
    """`position`: everything up to there was taken. `behind`: positions until the ledger's end, `held`: streams whose next event was not taken, since
    `failing_since`, tried again at `next_try_at`. `reason`: why it was switched off (failing, gone, owner-gone).
    """

    id: UUID
    name: str
    url: str
    topics: list[str]
    envelope: Format
    personal: bool
    state: State
    reason: str | None
    position: int
    behind: int
    held: int
    failing_since: datetime | None
    next_try_at: datetime | None
    owner: str
    owner_key: str | None
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    last_at: datetime | None
    last_status: int | None
    last_error: str | None


class WebhooksAnswer(BaseModel):
    webhooks: list[WebhookAnswer]


class DeliveryAnswer(BaseModel):
    """`error` null: it was taken. Else refused (by its status), redirect, gone, timeout, unreachable, reset, no-answer, certificate, name-unknown,
    address-refused or not-encrypted.
    """

    id: int
    message_id: str
    position: int
    stream_id: UUID | None
    topic: str
    attempt: int
    at: datetime
    took_ms: int
    status: int | None
    error: str | None


class DeliveriesAnswer(BaseModel):
    items: list[DeliveryAnswer]
    next_cursor: str | None


class TestAnswer(BaseModel):
    status: int | None
    error: str | None
    took_ms: int
