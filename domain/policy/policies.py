"""Domain room: published follow-up policies. The values are in `follow_up.py`; here is their stream.

Facts: a version was published, whole, with its calendar. State: every version. Version 1 of
the policy named "default" is built in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from domain.engine.aggregate import Aggregate, when
from domain.engine.command import Command, handles
from domain.engine.errors import NotFound
from domain.engine.facts import Fact, fact, upcast
from domain.engine.fields import FLAT
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import named_id
from domain.policy.follow_up import DEFAULT_POLICY, FollowUpPolicy
from domain.time.known_days import lifted, said_when_published


@fact("policy.published", version=3)
class PolicyPublished(Fact):
    policy: FollowUpPolicy


@upcast("policy.published", from_version=1)
def _its_calendar_did_not_say_until_when(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "policy": lifted(data["policy"])}


@upcast("policy.published", from_version=2)
def _owners_had_no_limits(data: dict[str, Any]) -> dict[str, Any]:
    """Those that are usual now hold for it, too."""
    ahead = {"amount": 90, "unit": "days"}
    limits = {"owner_moves": 3, "owner_ahead": ahead, "owner_excuses": 0}
    return {**data, "policy": {**limits, **data["policy"]}}


class Policies(Aggregate):
    """All versions of one named follow-up policy."""

    KIND = "policy"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        default = id == policy_stream("default")
        self.versions: tuple[FollowUpPolicy, ...] = (DEFAULT_POLICY,) if default else ()

    @property
    def current(self) -> FollowUpPolicy:
        if not self.versions:
            raise NotFound("no such follow-up policy is published", kind="policy")
        return self.versions[-1]

    def publish(self, policy: FollowUpPolicy) -> FollowUpPolicy:
        last = self.versions[-1] if self.versions else None
        if last is not None and replace(policy, version=last.version) == last:
            return last
        numbered = replace(policy, version=last.version + 1 if last else 1)
        self.record(PolicyPublished(policy=numbered))
        return numbered

    @when(PolicyPublished)
    def _published(self, fact: PolicyPublished) -> None:
        self.versions = (*self.versions, fact.policy)


def policy_stream(name: str) -> UUID:
    return named_id("policy", name)


def follow_up_policy(name: str, work: UnitOfWork) -> FollowUpPolicy:
    """The one that the decision sets deadlines by, as it is now."""
    policy = work.find(Policies, policy_stream(name)).current
    work.hold_to("follow-up policy", policy)
    return policy


class PublishPolicy(Command):
    """Publish a new version; the version number given is ignored and the next one taken.

    A workflow then re-arms every open deal that follows the policy.
    """

    policy: Annotated[FollowUpPolicy, FLAT]

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Policies, policy_stream(self.policy.name)


@handles(PublishPolicy)
def publish_policy(command: PublishPolicy, work: UnitOfWork) -> dict[str, Any]:
    published = work.find(Policies, policy_stream(command.policy.name)).publish(command.policy)
    work.warn(*said_when_published(published.calendar))
    return {"policy": published.name, "version": published.version}
