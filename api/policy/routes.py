"""api: follow-up policies and sales processes — data with versions, published whole."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path, Response
from pydantic import ConfigDict, Field

from api.engine import auth
from api.engine.answers import MADE, PoliciesAnswer, answers, shaped
from api.engine.auth import may_read, may_write
from api.engine.bodies import Envelope
from api.engine.calendars import Calendar, Span, Spans
from api.engine.fields import PLAINLY, Code, RuleName, Strict
from api.engine.reading import Look
from api.engine.roles import ADMIN
from api.engine.writing import Writer
from domain.engine.errors import NotFound
from domain.policy.follow_up import FollowUpPolicy
from domain.policy.policies import PublishPolicy
from domain.policy.process import Process, PublishProcess, Stage
from domain.time.duration import Duration
from domain.time.known_days import said_of
from projections.policy import rules
from projections.policy.rules import PublishedPolicy, PublishedProcess

EXAMPLES = {
    "estimated_year": 2027,
    "policy": "default",
    "policies.name": "default",
    "processes.name": "default",
}
TAGS = {"policies": "Follow-up policies and sales processes: data with versions"}
router = auth.router(tags=[*TAGS])

Reader = Annotated[Look, Depends(may_read(waits_for=("rules",)))]
Admin = Annotated[Writer, Depends(may_write(*ADMIN))]
COMMON = set(Envelope.model_fields)
SPANS = ("_before", "_after", "_within", "_ahead")
PathName = Annotated[RuleName, Path()]


class ProcessesView(msgspec.Struct):
    """Oldest version first. `published_at` is empty for the one that is built in."""

    processes: list[PublishedProcess]


class NewPolicy(Envelope):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "key-accounts",
                    "calendar": {"timezone": "Asia/Shanghai", "country": "CN", "years": [2026, 2027]},
                    "due_after": "2bd",
                    "due_after_by_stage": {"negotiation": "1bd"},
                    "remind_before": "4bh",
                    "escalate_after": "24bh",
                    "reassign_after": "72bh",
                }
            ]
        }
    )

    name: RuleName
    calendar: Calendar
    due_after: Span
    due_after_by_stage: Spans = Field(default_factory=dict)
    due_after_by_activity: Spans = Field(default_factory=dict)
    remind_before: Span = "4bh"
    escalate_after: Span = "24bh"
    reassign_after: Span = "72bh"
    max_reassignments: Annotated[int, Field(ge=0, le=100, strict=True)] = 3
    owner_moves: Annotated[
        int, Field(ge=0, le=1_000, strict=True, description="how often an owner may put off one promise")
    ] = 3
    owner_ahead: Annotated[Span, Field(description="how far ahead an owner may promise")] = "90d"
    owner_excuses: Annotated[
        int,
        Field(ge=0, le=1_000, strict=True, description="how many promises of a deal its owner may excuse"),
    ] = 0

    def value(self) -> FollowUpPolicy:
        """Blocking, like the calendar. Raises Invalid."""
        said = {
            name: read_part(getattr(self, name), name)
            for name in type(self).model_fields
            if name not in COMMON
        }
        return FollowUpPolicy(version=1, **said)


def read_part(value: Any, name: str) -> Any:
    """A part of a policy as the domain has it. Durations are in the fields that tell a span of time."""
    if isinstance(value, Calendar):
        return value.value()
    if isinstance(value, dict):
        return {one: Duration.parse(text, f"{name}.{one}") for one, text in value.items()}
    return Duration.parse(value, name) if name.endswith(SPANS) else value


class NewStage(Strict):
    """`leave` is the gate to go on from here, `enter` the gate to arrive here."""

    name: Code
    probability: Annotated[Decimal, Field(ge=0, le=1, max_digits=6, decimal_places=4), PLAINLY]
    sla_days: Annotated[int | None, Field(ge=1, le=3_650, strict=True)] = None
    leave: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    enter: Annotated[tuple[Code, ...], Field(max_length=20)] = ()

    def value(self) -> Stage:
        return Stage(
            name=self.name,
            probability=self.probability,
            sla_days=self.sla_days,
            leave=tuple(self.leave),
            enter=tuple(self.enter),
        )


class NewProcess(Envelope):
    """Stages in order: the open ones, then won, lost and after-sales."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "key-accounts",
                    "stages": [
                        {"name": "needs", "probability": "0.3", "sla_days": 30, "leave": ["budget"]},
                        {"name": "won", "probability": "1", "enter": ["amount", "contract-reference"]},
                        {"name": "lost", "probability": "0", "enter": ["loss-reason"]},
                        {"name": "after-sales", "probability": "1"},
                    ],
                }
            ]
        }
    )

    name: RuleName
    stages: Annotated[list[NewStage], Field(min_length=4, max_length=40)]

    def value(self) -> Process:
        return Process(name=self.name, version=1, stages=tuple(stage.value() for stage in self.stages))


@router.post(
    "/policies",
    operation_id="publishPolicy",
    summary="Publish a policy's next version",
    status_code=201,
    responses=MADE,
)
async def publish_policy(body: NewPolicy, writer: Admin) -> Response:
    """A workflow then re-arms every open deal that follows it. The same policy again publishes nothing."""
    policy = await asyncio.to_thread(body.value)  # the holiday library computes for a while
    return await writer(PublishPolicy(policy=policy), body, status=201, location=f"/policies/{policy.name}")


@router.get(
    "/policies",
    operation_id="listPolicies",
    summary="Policies, all their versions",
    responses=answers(PoliciesAnswer),
)
async def list_policies(look: Reader) -> Response:
    return look.json({"policies": [_policy(found) for found in await rules.policies(look.services.pool)]})


@router.get(
    "/policies/{name}",
    operation_id="readPolicy",
    summary="A policy, all its versions",
    responses=answers(PoliciesAnswer),
)
async def read_policy(name: PathName, look: Reader) -> Response:
    found = await rules.policies(look.services.pool, name)
    if not found:
        raise NotFound("no policy has this name", kind="policy", id=name)
    return look.json({"policies": [_policy(version) for version in found]})


@router.post(
    "/processes",
    operation_id="publishProcess",
    summary="Publish a process's next version",
    status_code=201,
    responses=MADE,
)
async def publish_process(body: NewProcess, writer: Admin) -> Response:
    """Deals keep the version they have until one is moved."""
    process = body.value()
    return await writer(
        PublishProcess(process=process), body, status=201, location=f"/processes/{process.name}"
    )


@router.get(
    "/processes",
    operation_id="listProcesses",
    summary="Processes, all their versions",
    responses=shaped(ProcessesView),
)
async def list_processes(look: Reader) -> Response:
    return look.json(ProcessesView(await rules.processes(look.services.pool)))


@router.get(
    "/processes/{name}",
    operation_id="readProcess",
    summary="A process, all its versions",
    responses=shaped(ProcessesView),
)
async def read_process(name: PathName, look: Reader) -> Response:
    found = await rules.processes(look.services.pool, name)
    if not found:
        raise NotFound("no process has this name", kind="process", id=name)
    return look.json(ProcessesView(found))


def _policy(found: PublishedPolicy) -> dict[str, Any]:
    """With durations as they are written: 24bh."""
    policy = found.policy
    shown = {one.name: _written(getattr(policy, one.name)) for one in fields(policy)}
    warnings = list(said_of(policy.calendar, datetime.now(UTC)))
    return {**shown, "published_at": found.published_at, "position": found.position, "warnings": warnings}


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _written(one) for name, one in value.items()}
    return str(value) if isinstance(value, Duration) else value
