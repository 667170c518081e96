"""Domain room: a target that is not past goes to who manages its team next."""

from __future__ import annotations

from collections.abc import Iterator

from domain.people.handover import HandoverRules, Replaced, Saying
from domain.target.commands import HandOverTarget
from domain.target.target import Target


def on_replaced(target: Target, replaced: Replaced) -> Iterator[Saying]:
    if target.team_id == replaced.team_id and target.period.end >= replaced.today:
        yield HandOverTarget(target_id=target.id, owner_id=replaced.after), f"{target.id}:handover"


HANDOVERS = (
    HandoverRules(
        name="target", aggregate=Target, goes_on=lambda target: target.stands, replaced=on_replaced
    ),
)
