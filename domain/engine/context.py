"""Domain room: the envelope of a command — who, when, why, and through which door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID, uuid4

from domain.engine.errors import FieldError, Invalid

MAX_KEY = 400
MAX_REASON = 10_000
SKEW = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""


class Channel(StrEnum):
    """The front desks, all served by the one command handler."""

    API = "api"
    IMPORT = "import"
    CLI = "cli"
    WEB = "web"
    WORKFLOW = "workflow"
    MCP = "mcp"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user, a service, or a workflow with its run. `id` never holds a name."""

    kind: Literal["user", "service", "workflow"]
    id: str
    run: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What an actor may change: one team's, and of that only what one rep owns. None: no such limit."""

    team_id: UUID | None = None
    rep_id: UUID | None = None
    customers: frozenset[UUID] = frozenset()
    """Of the customers that the command is about, those the actor may see: whose they are, deals and leads say."""
    own_customers: frozenset[UUID] = frozenset()
    """And those they may change."""


class WholeRequest(str):
    """What was said, where that is all of it: the command was worked out from it by what held then, and could be another one when
    the same is said again.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`now` is when the command is handled; `occurred_at`, where given, is when it happened in
    the world (imports, late entries). `key` makes the command idempotent. `expected_version`
    is the version of the command's first stream that the caller has seen. `reach` is held against
    the same state that the decision is made on. `said` is what the caller's message said beside the
    command (its reason, its own time): with the command, it is what a key stands for.
    """

    now: datetime
    actor: Actor
    channel: Channel
    occurred_at: datetime | None = None
    reason: str | None = None
    correlation_id: UUID = field(default_factory=uuid4)
    caused_by: int | None = None
    key: str | None = None
    expected_version: int | None = None
    reach: Reach | None = None
    said: str = ""

    def __post_init__(self) -> None:
        if self.key is not None and not (0 < len(self.key) <= MAX_KEY and self.key.isprintable()):
            raise Invalid([FieldError("key", f"must be 1 to {MAX_KEY} printable characters")])
        for name, value in (("now", self.now), ("occurred_at", self.occurred_at)):
            if value is not None and value.tzinfo is None:
                raise Invalid([FieldError(name, "needs a time zone")])
        if self.occurred_at is not None and self.occurred_at - self.now > SKEW:
            raise Invalid([FieldError("occurred_at", "is in the future")])
        if self.reason is not None and (len(self.reason) > MAX_REASON or "\x00" in self.reason):
            raise Invalid(
                [FieldError("reason", f"must be at most {MAX_REASON} characters, none of them NUL")]
            )

    @property
    def by_a_rep(self) -> bool:
        """Somebody who may change only what is their own."""
        return self.reach is not None and self.reach.rep_id is not None

    @property
    def happened_at(self) -> datetime:
        return self.occurred_at or self.now
