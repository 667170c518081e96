"""api: the shapes of answers, for OpenAPI. Hot answers are sent as ready bytes; the property tests hold them to these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    model_config = ConfigDict(extra="allow")


class FieldProblem(BaseModel):
    field: str
    message: str


class ProblemAnswer(Answer):
    """RFC 9457 problem details. `code` is stable; `errors` names every bad field; `missing` a gate's open requirements."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[FieldProblem] | None = None
    missing: list[str] | None = None
    retryable: bool | None = None


class ReceiptAnswer(BaseModel):
    """What a write did. `position` is where to wait for with `?after=`; `version` is the next If-Match."""

    position: Annotated[int, Field(ge=0)]
    version: Annotated[int, Field(ge=0)]
    recorded: Annotated[
        int, Field(ge=0, description="events recorded; 0 when nothing changed or it was a repeat")
    ]
    replayed: Annotated[bool, Field(description="the first answer under this Idempotency-Key, given again")]
    answer: dict[str, Any]


class NewKeyAnswer(BaseModel):
    id: str
    token: Annotated[str, Field(description="shown once; only its hash is kept")]


class KeyAnswer(Answer):
    id: str
    user_id: str
    role: str
    rep_id: UUID | None
    team_id: UUID | None
    label: str
    created_at: str
    created_by: str
    revoked_at: str | None
    expires_at: str | None


class HealthAnswer(BaseModel):
    status: str


class KeysAnswer(BaseModel):
    keys: list[KeyAnswer]


class EventAnswer(BaseModel):
    """One event. `data` is the fact's own fields, `meta` says who, why and through which door."""

    position: int
    event_id: UUID
    stream_id: UUID
    version: int
    topic: str
    schema_version: int
    data: dict[str, Any]
    meta: dict[str, Any]
    occurred_at: datetime
    recorded_at: datetime


class FeedAnswer(BaseModel):
    events: list[EventAnswer]
    next: Annotated[int, Field(description="the position to ask after next time")]


class PolicyAnswer(BaseModel):
    """One version. Durations are written as they are published: 24bh, 3bd. `published_at` is empty for the built-in one."""

    name: str
    version: int
    published_at: datetime | None
    position: int | None
    due_after: str
    due_after_by_stage: dict[str, str]
    due_after_by_activity: dict[str, str]
    remind_before: str
    escalate_after: str
    reassign_after: str
    max_reassignments: int
    calendar: dict[str, Any]


class PoliciesAnswer(BaseModel):
    policies: list[PolicyAnswer]


class ImportAnswer(Answer):
    """`state` is queued, running, done, failed or interrupted; `rejects` names the files of refused rows."""

    id: UUID
    state: str
    rejects: list[str]
    rows_total: int | None = None
    rows_done: int | None = None
    accepted: int | None = None
    unchanged: int | None = None
    refused: int | None = None
    events: int | None = None
    problems: list[str] | None = None


class ImportsAnswer(BaseModel):
    imports: list[ImportAnswer]


Responses = dict[int | str, dict[str, Any]]
MADE: Responses = {201: {"model": ReceiptAnswer, "description": "Recorded."}}
DONE: Responses = {200: {"model": ReceiptAnswer, "description": "Recorded, or nothing to change."}}


def answers(model: type[BaseModel], status: int = 200) -> Responses:
    return {status: {"model": model}}


# --- answers that are read models' rows, sent as msgspec encodes them --------------------------------------------------

REF = "#/components/schemas/{name}"
_SHAPED: dict[Any, None] = {}


def shaped(type: Any, status: int = 200, *, tagged: bool = False) -> Responses:
    """The answer is this msgspec type, byte for byte."""
    _SHAPED[type] = None
    (schema,), _ = msgspec.json.schema_components([type], ref_template=REF)
    found: Responses = {
        status: {"description": "As it is now.", "content": {"application/json": {"schema": schema}}}
    }
    return found | {304: {"description": "You have it."}} if tagged else found


def shaped_schemas() -> dict[str, Any]:
    return msgspec.json.schema_components(list(_SHAPED), ref_template=REF)[1]
