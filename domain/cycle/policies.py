"""Domain room: published cycle policies. The values are in `policy.py`; here is their stream.

Facts: a version was published, whole. State: every version. Version 1 of the policy named "default" is built in.
A cycle keeps the version it was opened under.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from domain.cycle.policy import DEFAULT_CYCLE_POLICY, CyclePolicy
from domain.engine.facts import Fact, fact, upcast
from domain.engine.fields import FLAT
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.versions import Publish, Versions, in_force
from domain.time.known_days import lifted


@fact("cycle-policy.published", version=2)
class CyclePolicyPublished(Fact):
    policy: CyclePolicy


@upcast("cycle-policy.published", from_version=1)
def _its_calendar_did_not_say_until_when(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "policy": lifted(data["policy"])}


class CyclePolicies(Versions[CyclePolicy]):
    """All versions of one named cycle policy."""

    KIND = CALLED = "cycle policy"
    FACT, BUILT_IN = CyclePolicyPublished, DEFAULT_CYCLE_POLICY


def cycle_policy_stream(name: str) -> UUID:
    return CyclePolicies.stream_of(name)


def cycle_policy(name: str, work: UnitOfWork, version: int | None = None) -> CyclePolicy:
    """The one that the decision sets deadlines by: a version, or the newest."""
    return in_force(CyclePolicies, name, work, version)


def company_day(work: UnitOfWork, instant: datetime) -> date:
    """What day an instant is for the company, by the policy that is published when the decision is recorded."""
    return work.find(CyclePolicies, cycle_policy_stream("default"), guard=True).current.day(instant)


class PublishCyclePolicy(Publish, of=CyclePolicies):
    """For cycles opened from now."""

    policy: Annotated[CyclePolicy, FLAT]
