"""Domain room: the action item — what somebody is to do after a review, and by when.

Facts: it was opened, reworded, moved, handed over; its owner was reminded and told it is missed, the manager was told;
it ended kept, late, broken or excused. It is a commitment like a deal's promise: the deadlines come from the same
follow-up policies, its timer is set and heard by the same rules, and its outcome is judged by the same value.
What may be asked of it, and what that decides, is in `commands.py`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from domain.engine.aggregate import OwnedAggregate, when
from domain.engine.errors import Refused
from domain.engine.facts import Fact, FreeText, fact, upcast
from domain.engine.values import PromiseOutcome
from domain.policy.follow_up import FollowUpPolicy
from domain.time.commitment import Commitment, Deadlines, Kind


@fact("action-item.opened", version=2)
class ActionItemOpened(Fact):
    """`deadlines` are absolute, so a timer needs no policy. `manager_id` is told when it is late, where one was
    named; otherwise who manages the team then. `cycle_id` and `decision_id` say which review it came from, where it came from one,
    and `answer_id` which low answer of a customer.
    """

    what: FreeText
    owner_id: UUID
    manager_id: UUID | None
    team_id: UUID | None
    deadlines: Deadlines
    policy: str
    policy_version: int
    made_at: datetime
    arming: int = 1
    cycle_id: UUID | None = None
    decision_id: UUID | None = None
    answer_id: UUID | None = None


@upcast("action-item.opened", from_version=1)
def _no_answer_led_to_it(data: dict[str, Any]) -> dict[str, Any]:
    return data


@fact("action-item.reworded")
class ActionItemReworded(Fact):
    before: FreeText
    after: FreeText


@fact("action-item.moved")
class ActionItemMoved(Fact):
    """It got another due time. `overdue`: the old one had passed, so that it can end late but no longer be kept."""

    before: Deadlines
    after: Deadlines
    policy_version: int
    arming: int
    overdue: bool


@fact("action-item.handed-over")
class ActionItemHandedOver(Fact):
    before: UUID
    after: UUID
    manager_id: UUID | None
    team_id: UUID | None


@fact("action-item.reminded")
class ActionItemReminded(Fact):
    arming: int
    told: UUID


@fact("action-item.missed")
class ActionItemMissed(Fact):
    arming: int
    told: UUID
    due_at: datetime


@fact("action-item.escalated")
class ActionItemEscalated(Fact):
    arming: int
    told: UUID | None


@fact("action-item.ended")
class ActionItemEnded(Fact):
    """`done_at` is when it was done, where it was."""

    outcome: PromiseOutcome
    owner_id: UUID
    team_id: UUID | None
    due_at: datetime
    done_at: datetime | None = None
    note: FreeText = ""


class ActionItem(OwnedAggregate):
    KIND: ClassVar[str] = "action item"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.policy, self.policy_version = "default", 0
        self.commitment: Commitment | None = None
        self.manager_id: UUID | None = None
        self.team_id: UUID | None = None
        self.owner_id: UUID = id
        self.cycle_id: UUID | None = None
        self.ended: ActionItemEnded | None = None
        self.opened: ActionItemOpened | None = None

    def live(self, arming: int) -> Commitment | None:
        """What is owed, if a timer set for this arming may still speak for it."""
        held = self.commitment
        return held if held is not None and held.generation == arming else None

    def must_be_live(self) -> Commitment:
        if self.commitment is None:
            outcome = self.ended.outcome if self.ended else "nothing"
            raise Refused(f"the action item has ended: {outcome}", outcome=outcome)
        return self.commitment

    def reword(self, what: str) -> None:
        held = self.must_be_live()
        if what != held.what:
            self.record(ActionItemReworded(before=held.what, after=what))

    def move(self, due_at: datetime, policy: FollowUpPolicy, now: datetime) -> None:
        held = self.must_be_live()
        if due_at == held.deadlines.due_at:
            return
        moved = ActionItemMoved(
            before=held.deadlines,
            after=policy.deadlines(due_at, now),
            policy_version=policy.version,
            arming=held.generation + 1,
            overdue=held.is_overdue(now),
        )
        self.record(moved)

    def remind(self, held: Commitment) -> None:
        if held.awaits(Kind.REMIND):
            self.record(ActionItemReminded(arming=held.generation, told=self.owner_id))

    def miss(self, held: Commitment) -> None:
        if held.awaits(Kind.MISS):
            due = held.deadlines.due_at
            self.record(ActionItemMissed(arming=held.generation, told=self.owner_id, due_at=due))

    def escalate(self, held: Commitment, manager_id: UUID | None, *, again: bool) -> None:
        if held.awaits(Kind.ESCALATE_AGAIN if again else Kind.ESCALATE):
            self.record(ActionItemEscalated(arming=held.generation, told=manager_id))

    def end(self, outcome: PromiseOutcome, note: str = "", done_at: datetime | None = None) -> None:
        """It ends once: the same again is silence, anything else is refused."""
        held = self.ended
        if (
            held is not None
            and note == held.note
            and (outcome == held.outcome or None not in (done_at, held.done_at))
        ):
            return
        promise = self.must_be_live()
        ended = ActionItemEnded(
            outcome=outcome,
            owner_id=self.owner_id,
            team_id=self.team_id,
            due_at=promise.deadlines.due_at,
            done_at=done_at,
            note=note,
        )
        self.record(ended)

    @when(ActionItemOpened)
    def _opened(self, fact: ActionItemOpened) -> None:
        self.adopt(fact)
        self.opened = fact
        self.commitment = Commitment(
            owner_id=fact.owner_id,
            what=fact.what,
            deadlines=fact.deadlines,
            generation=fact.arming,
            made_at=fact.made_at,
        )

    @when(ActionItemReworded)
    def _reworded(self, fact: ActionItemReworded) -> None:
        if self.commitment is not None:
            self.commitment = replace(self.commitment, what=fact.after)

    @when(ActionItemMoved)
    def _moved(self, fact: ActionItemMoved) -> None:
        """Another due time: everybody is told anew."""
        self.policy_version = fact.policy_version
        held = self.commitment
        if held is not None:
            self.commitment = held.move(fact.after, fact.arming, told_before=False, overdue=fact.overdue)

    @when(ActionItemHandedOver)
    def _handed_over(self, fact: ActionItemHandedOver) -> None:
        self.owner_id, self.manager_id, self.team_id = fact.after, fact.manager_id, fact.team_id
        if self.commitment is not None:
            self.commitment = self.commitment.hand_over(fact.after)

    @when(ActionItemReminded)
    def _reminded(self, fact: ActionItemReminded) -> None:
        if self.commitment is not None:
            self.commitment = self.commitment.remind()

    @when(ActionItemMissed)
    def _missed(self, fact: ActionItemMissed) -> None:
        if self.commitment is not None:
            self.commitment = self.commitment.miss()

    @when(ActionItemEscalated)
    def _escalated(self, fact: ActionItemEscalated) -> None:
        if self.commitment is not None:
            self.commitment = self.commitment.escalate()

    @when(ActionItemEnded)
    def _ended(self, fact: ActionItemEnded) -> None:
        self.commitment, self.ended = None, fact
