"""api: the shapes of answers, for OpenAPI. Hot answers are sent as ready bytes; the property tests hold them to these."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from api.engine.roles import Role
from api.engine.shapes import REF, shapes_of
from domain.engine.context import Channel
from projections.engine.paging import Page


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
    token: Annotated[
        str | None,
        Field(
            description="shown once; only its hash is kept, so a repeat of the request has none: revoke it and make another"
        ),
    ]


class KeyAnswer(Answer):
    id: str
    user_id: str
    role: Role
    rep_id: UUID | None
    team_id: UUID | None
    label: str
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    expires_at: datetime | None


class HealthAnswer(BaseModel):
    status: Literal["ok", "ready"]


class ResumedAnswer(BaseModel):
    read_model: str


class KeysAnswer(BaseModel):
    keys: list[KeyAnswer]


class AccountAnswer(BaseModel):
    """`sessions` are those that are open; `seen_at` is when one of them was used last, to the minute."""

    id: UUID
    login: str
    name: str
    email: str | None
    role: Role
    rep_id: UUID | None
    team_id: UUID | None
    language: str | None
    timezone: str | None
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    has_password: bool
    sessions: int
    seen_at: datetime | None


class OwnAccountAnswer(BaseModel):
    """`language` and `timezone` are null where nothing was chosen: the browser's are taken then."""

    login: str
    name: str
    role: Role
    rep_id: UUID | None
    team_id: UUID | None
    language: str | None
    timezone: str | None


class AccountsAnswer(BaseModel):
    accounts: list[AccountAnswer]


class AccountChangeAnswer(BaseModel):
    at: datetime
    by: str
    what: str
    detail: str


class AccountChangesAnswer(BaseModel):
    changes: list[AccountChangeAnswer]


class LinkAnswer(BaseModel):
    login: str
    path: Annotated[
        str | None,
        Field(
            description="under this API's address; shown once, as only its hash is kept: a repeat of the request has none, so ask for another"
        ),
    ]


class SessionsEndedAnswer(BaseModel):
    ended: Annotated[int, Field(ge=0)]


class ActorAnswer(BaseModel):
    kind: Literal["user", "service", "workflow"]
    id: str
    run: str | None


class MetaAnswer(BaseModel):
    actor: ActorAnswer
    channel: Channel
    correlation_id: UUID
    reason: str | None
    caused_by: int | None


class EventAnswer(BaseModel):
    """One event. `data` is the fact's own fields, `meta` says who, why and through which door. `known` false: a newer release
    wrote it, and `data` is as it is stored.
    """

    position: int
    event_id: UUID
    stream_id: UUID
    version: int
    topic: str
    schema_version: int
    data: dict[str, Any]
    meta: MetaAnswer
    occurred_at: datetime
    recorded_at: datetime
    known: bool


class CalendarAnswer(BaseModel):
    """`own_holidays` and `own_workdays` are those of its days that people gave; they win over a country's."""

    timezone: str
    workdays: list[int]
    opens: str
    closes: str
    holidays: list[date]
    extra_workdays: list[date]
    source: Annotated[str, Field(description="where the days come from")]
    known_until: Annotated[
        date | None, Field(description="after it every weekday counts as worked; null: nothing is known")
    ]
    estimated_years: Annotated[list[int], Field(description="whose days off nobody decreed yet")]
    own_holidays: list[date]
    own_workdays: list[date]


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
    owner_moves: int
    owner_ahead: str
    owner_excuses: int
    calendar: CalendarAnswer
    warnings: Annotated[list[str], Field(description="how far its days off can be trusted")]


class PoliciesAnswer(BaseModel):
    policies: list[PolicyAnswer]


class ImportAnswer(Answer):
    """`state` is queued, running, done, failed or interrupted (by whoever ran it: `salesloop import` goes on when it is started
    again; what was handed in here is queued until it is taken up). `problems` say why it could not be done or go on, `notices`
    what was passed over or looks odd, `rejects` names the files of refused rows. `result` tells it file by file, so far while it is running.
    """

    id: UUID
    job_id: Annotated[UUID, Field(description="the same, by the name it has in paths and results")]
    state: Literal["queued", "running", "done", "failed", "interrupted"]
    rejects: list[str]
    runs: int | None = None
    mapping: str | None = None
    dry_run: bool | None = None
    rows_total: int | None = None
    rows_done: int | None = None
    accepted: int | None = None
    unchanged: int | None = None
    refused: int | None = None
    events: int | None = None
    problems: list[str] | None = None
    notices: list[dict[str, Any]] | None = None
    result: dict[str, Any] | None = None
    undoes: Annotated[UUID | None, Field(description="the import that this job undoes")] = None
    undone_by: Annotated[UUID | None, Field(description="the newest job that undid it")] = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class ImportsAnswer(BaseModel):
    imports: list[ImportAnswer]


Responses = dict[int | str, dict[str, Any]]

# --- answers of these models: a reference in the route, the schema when it is asked for ---------------------------------
# FastAPI would build a validator for each route that names a model, at every start, for nobody: answers are ready bytes.

_MODELS: dict[type[BaseModel], None] = {}


def answers(model: type[BaseModel], status: int = 200, description: str = "Successful Response") -> Responses:
    _MODELS[model] = None
    return {
        status: {"description": description, "content": _json({"$ref": REF.format(model=model.__name__)})}
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


MADE = answers(ReceiptAnswer, 201, "Recorded.")
DONE = answers(ReceiptAnswer, 200, "Recorded, or nothing to change.")


def _model_schemas() -> dict[str, Any]:
    wanted = [(model, "serialization") for model in _MODELS]
    found: dict[str, Any] = models_json_schema(wanted, ref_template=REF)[1]["$defs"]  # type: ignore[arg-type]
    return found


# --- answers that are read models' rows, sent as msgspec encodes them --------------------------------------------------

_SHAPED: list[tuple[Any, dict[str, Any]]] = []
CSV, WORKBOOK = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def shaped(type: Any, status: int = 200, *, tagged: bool = False, filed: bool = False) -> Responses:
    """The answer is this msgspec type, byte for byte; of pages, also all of them as a file. So is what is `filed`: its one list."""
    schema: dict[str, Any] = {}
    _SHAPED.append((type, schema))
    content = _json(schema)
    if filed or get_origin(type) is Page:
        content |= {
            CSV: {"schema": {"type": "string"}},
            WORKBOOK: {"schema": {"type": "string", "format": "binary"}},
        }
    found: Responses = {status: {"description": "As it is now.", "content": content}}
    return found | {304: {"description": "You have it."}} if tagged else found


def listed(responses: Responses) -> Any:
    """What a list with these responses lists; None where it is no list."""
    content = responses.get(200, {}).get("content", {})
    schema = content.get("application/json", {}).get("schema") if CSV in content else None
    return next((_row_of(type) for type, one in _SHAPED if one is schema), None)


def _row_of(type: Any) -> Any:
    if get_origin(type) is Page:
        return get_args(type)[0]
    (row,) = [get_args(hint)[0] for hint in get_type_hints(type).values() if get_origin(hint) is list]
    return row


def _shaped_schemas() -> dict[str, Any]:
    schemas, shapes = shapes_of([type for type, _ in _SHAPED])
    for (_, schema), computed in zip(_SHAPED, schemas, strict=True):
        schema.update(computed)
    return shapes


def answer_schemas() -> dict[str, Any]:
    """What the routes' answers refer to. To be called before their descriptions are read: it completes them."""
    models = _model_schemas()
    return models | of_their_own(_shaped_schemas(), models)


def of_their_own(added: dict[str, Any], there: dict[str, Any]) -> dict[str, Any]:
    """Two shapes under one name would publish a body that the route does not take, or an answer that it does not give."""
    if taken := {name for name in set(added) & set(there) if added[name] != there[name]}:
        raise ValueError(f"schemas of the same name: {', '.join(sorted(taken))}")
    return added
