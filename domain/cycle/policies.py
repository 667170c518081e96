"""Domain room: published cycle policies. The values are in `policy.py`; here is their stream.

Facts: a version was published, whole. State: every version. Version 1 of the policy named "default" is built in.
A cycle keeps the version it was opened under.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from domain.cycle.policy import DEFAULT_CYCLE_POLICY, CyclePolicy
from domain.engine.aggregate import Aggregate, when
from domain.engine.command import Command, handles
from domain.engine.errors import NotFound
from domain.engine.facts import Fact, fact, upcast
from domain.engine.fields import FLAT
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import named_id
from domain.time.known_days import lifted, said_when_published


@fact("cycle-policy.published", version=2)
class CyclePolicyPublished(Fact):
    policy: CyclePolicy


@upcast("cycle-policy.published", from_version=1)
def _its_calendar_did_not_say_until_when(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "policy": lifted(data["policy"])}


class CyclePolicies(Aggregate):
    """All versions of one named cycle policy."""

    KIND = "cycle policy"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        default = id == cycle_policy_stream("default")
        self.versions: tuple[CyclePolicy, ...] = (DEFAULT_CYCLE_POLICY,) if default else ()

    @property
    def current(self) -> CyclePolicy:
        if not self.versions:
            raise NotFound("no such cycle policy is published", kind=self.KIND)
        return self.versions[-1]

    def at(self, version: int) -> CyclePolicy:
        found = next((p for p in self.versions if p.version == version), None)
        if found is None:
            raise NotFound(f"the cycle policy has no version {version}", kind=self.KIND, version=version)
        return found

    @when(CyclePolicyPublished)
    def _published(self, fact: CyclePolicyPublished) -> None:
        self.versions = (*self.versions, fact.policy)


def cycle_policy_stream(name: str) -> UUID:
    return named_id("cycle-policy", name)


def cycle_policy(name: str, work: UnitOfWork, version: int | None = None) -> CyclePolicy:
    """The one that the decision sets deadlines by: a version, or the newest."""
    policies = work.find(CyclePolicies, cycle_policy_stream(name))
    policy = policies.current if version is None else policies.at(version)
    work.hold_to("cycle policy", policy)
    return policy


def company_day(work: UnitOfWork, instant: datetime) -> date:
    """What day an instant is for the company, by the policy that is published when the decision is recorded."""
    return work.find(CyclePolicies, cycle_policy_stream("default"), guard=True).current.day(instant)


class PublishCyclePolicy(Command):
    """Publish a new version for cycles opened from now; the version number given is ignored, the next one taken."""

    policy: Annotated[CyclePolicy, FLAT]

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return CyclePolicies, cycle_policy_stream(self.policy.name)


@handles(PublishCyclePolicy)
def publish_cycle_policy(command: PublishCyclePolicy, work: UnitOfWork) -> dict[str, Any]:
    policies = work.find(CyclePolicies, cycle_policy_stream(command.policy.name))
    last = policies.versions[-1] if policies.versions else None
    numbered = replace(command.policy, version=last.version + 1 if last else 1)
    if last is None or replace(numbered, version=last.version) != last:
        policies.record(CyclePolicyPublished(policy=numbered))
    work.warn(*said_when_published(policies.current.calendar))
    return {"policy": policies.current.name, "version": policies.current.version}
