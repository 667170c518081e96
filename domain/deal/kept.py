"""Domain room: a deal's state as a snapshot holds it, field by field. What is not here is not remembered, so every
attribute of `DealState` has its field (a test holds the two against each other).

Activities are kept as marks only: which one, and a digest of its content. A mark tells the same activity from another
one under its id, which is all that logging asks. Correcting one asks for its content; that is read from the stream. The
marks are one text, so that a deal with a thousand of them is read as fast as one with ten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from uuid import UUID

from domain.custom_field.facts import CustomValues
from domain.deal.facts import ImportNoted
from domain.deal.overrides import Override
from domain.deal.promises import EndedPromise, Promise
from domain.engine.values import Activity, Money, Needs, Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDeal:
    gone: bool
    opened_at: datetime | None
    opening_told: bool
    status: str
    stage: str
    title: str
    process: str
    process_version: int
    policy: str
    owner_id: UUID
    team_id: UUID
    customer_id: UUID | None
    product_id: UUID | None
    amount: Money | None
    expected_close: date | None
    needs: Needs
    quotes: dict[str, Quote]
    custom: CustomValues
    demonstrations: int
    closed_from: str
    closed_on: date | None
    contract_reference: str
    loss_reason: str
    competitor: str
    activities: dict[UUID, Activity]
    earlier: str
    """The marks. `activities` is empty."""
    overrides: dict[UUID, Override]
    blocked: dict[str, tuple[UUID, ...]]
    promise: Promise | None
    promises: int
    excused: int
    last_ended: EndedPromise | None
    reassignments: int
    imported: ImportNoted | None


MARK = 12
_FIELDS = tuple(f.name for f in fields(Activity))


def mark_of(activity: Activity) -> str:
    """Equal for equal activities."""
    told = (getattr(activity, name) for name in _FIELDS)
    return hashlib.sha256("\x1f".join(map(_told, told)).encode()).hexdigest()[:MARK]


def _told(value: object) -> str:
    if value is None:
        return "\x00"
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def mark_in(marks: str, id: UUID) -> str | None:
    """The mark under this id, None where there is none."""
    if not marks:
        return None
    entry = _entry(id)
    at = marks.find(entry)
    return marks[at + len(entry) : at + len(entry) + MARK] if at >= 0 else None


def marked(marks: str, activities: Mapping[UUID, Activity]) -> str:
    """The marks with those of these activities: new ones at the end, others in their place."""
    new = []
    for id, activity in activities.items():
        before, entry = mark_in(marks, id), _entry(id)
        if before is None:
            new.append(entry + mark_of(activity))
        else:
            marks = marks.replace(entry + before, entry + mark_of(activity))
    return marks + "".join(new)


def _entry(id: UUID) -> str:
    return f" {id.hex}:"
