"""api: what every request body may say, and the values that several of them hold. They become domain values here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.engine.fields import (
    Instant,
    LongText,
    ShortText,
    Strict,
    What,
)
from domain.engine import values as v


class Envelope(Strict):
    """What every write may say beside its own fields."""

    occurred_at: Annotated[
        Instant | None,
        Field(
            description="When it happened, for a late entry. Not in the future.",
            examples=["2026-03-02T09:00:00+08:00"],
        ),
    ] = None
    reason: Annotated[LongText | None, Field(description="Why; recorded with the event.")] = None


class NextStep(Strict):
    """What is promised to the customer, and by when."""

    what: What
    due_at: Instant

    def value(self) -> v.NextStep:
        return v.NextStep(self.what, self.due_at)


class Activity(Strict):
    kind: v.ActivityKind
    direction: v.Direction = v.Direction.OUTBOUND
    outcome: ShortText = ""
    duration_minutes: Annotated[int | None, Field(ge=0, le=10_080, strict=True)] = None
    rep_id: UUID | None = None
    contact_id: UUID | None = None
    summary: LongText = ""
    name: ShortText = ""

    def value(self) -> v.Activity:
        return v.Activity(
            kind=self.kind,
            direction=self.direction,
            outcome=self.outcome,
            duration_minutes=self.duration_minutes,
            rep_id=self.rep_id,
            contact_id=self.contact_id,
            summary=self.summary,
            name=self.name,
        )
