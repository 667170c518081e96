"""Domain room: published follow-up policies. The values are in `follow_up.py`; here is their stream.

Facts: a version was published, whole, with its calendar. State: every version. Version 1 of
the policy named "default" is built in.
"""

from __future__ import annotations

from typing import Annotated, Any

from domain.engine.facts import Fact, fact, upcast
from domain.engine.fields import FLAT
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.versions import Publish, Versions, in_force
from domain.policy.follow_up import DEFAULT_POLICY, FollowUpPolicy
from domain.time.known_days import lifted


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


class Policies(Versions[FollowUpPolicy]):
    """All versions of one named follow-up policy."""

    KIND, CALLED = "policy", "follow-up policy"
    FACT, BUILT_IN = PolicyPublished, DEFAULT_POLICY


policy_stream = Policies.stream_of


def follow_up_policy(name: str, work: UnitOfWork) -> FollowUpPolicy:
    """The one that the decision sets deadlines by, as it is now."""
    return in_force(Policies, name, work)


class PublishPolicy(Publish, of=Policies):
    """A workflow then re-arms every open deal that follows the policy."""

    policy: Annotated[FollowUpPolicy, FLAT]
