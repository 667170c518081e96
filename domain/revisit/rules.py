"""Domain room: when a revisit's owner is reminded and told that it is missed, and the manager, twice; and who gets it when somebody leaves.

Revisits fall due months ahead, and a large company has tens of thousands: until shortly before its first time one rests in its read
model, without a workflow; the sweep starts that in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from domain.engine.deadlines import DeadlineRules, Near
from domain.engine.recorded import Recorded
from domain.people.handover import passed_on
from domain.revisit.commands import (
    EscalateRevisit,
    HandOverRevisit,
    MissRevisit,
    RemindRevisit,
    RevisitTimer,
)
from domain.revisit.revisit import (
    Revisit,
    RevisitEnded,
    RevisitHandedOver,
    RevisitMoved,
    RevisitPromised,
    RevisitReleased,
)
from domain.time.commitment import DueStep, Kind

AHEAD = timedelta(days=2)
"""Before its reminder a revisit has a workflow; long before the next rounds of the sweep."""


def steps(revisit: Revisit, _near: Near) -> Iterator[DueStep]:
    if revisit.commitment is not None:
        yield from revisit.commitment.due_steps(revisit.id, *Kind)


def command(revisit_id: UUID, due: DueStep) -> RevisitTimer:
    match due.kind:
        case Kind.REMIND:
            return RemindRevisit(revisit_id=revisit_id, arming=due.arming)
        case Kind.MISS:
            return MissRevisit(revisit_id=revisit_id, arming=due.arming)
        case _:
            again = due.kind == Kind.ESCALATE_AGAIN
            return EscalateRevisit(revisit_id=revisit_id, arming=due.arming, again=again)


def rests(recorded: Recorded) -> bool:
    """Its deadlines are set, and the first is far away; or they stay as they are, so whoever waits for them runs already."""
    match recorded.fact:
        case RevisitPromised(deadlines=deadlines, made_at=at):
            return deadlines.remind_at - at > AHEAD
        case RevisitMoved(after=deadlines):
            return deadlines.remind_at - recorded.recorded_at > AHEAD
        case RevisitHandedOver():
            return True
        case _:
            return False


RULES = DeadlineRules(
    "revisit",
    Revisit,
    goes_on=lambda revisit: revisit.commitment is not None,
    steps=steps,
    command=command,
    ends=(RevisitEnded, RevisitReleased),
    rests=rests,
)
DEADLINES = (RULES,)
HANDOVERS = (
    passed_on(
        "revisit",
        Revisit,
        lambda id, to: HandOverRevisit(revisit_id=id, to=to),
        goes_on=lambda revisit: revisit.commitment is not None,
        counted=True,
    ),
)
