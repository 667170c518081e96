"""Domain room: the lifecycle policy — how many purchases make a customer loyal, and how long a silence makes one dormant."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Le

from domain.engine.facts import Fact, fact
from domain.engine.fields import FLAT, RuleName, Version
from domain.engine.versions import Publish, Versions

LONGEST = 3_650
"""Days."""
Days = Annotated[int, Ge(1), Le(LONGEST)]


class LifecycleStage(StrEnum):
    """In which a customer is with us, in the usual order."""

    PROSPECT = "prospect"
    FIRST_PURCHASE = "first-purchase"
    REPEAT = "repeat"
    LOYAL = "loyal"
    DORMANT = "dormant"
    WON_BACK = "won-back"


@dataclass(frozen=True)
class LifecyclePolicy:
    """A purchase that is at least the `loyal_purchases`-th within `loyal_within_days` makes a customer loyal. Who has bought nothing for
    `dormant_after_days` is dormant from that day on, and won back by the next purchase.
    """

    name: RuleName
    loyal_purchases: Annotated[int, Ge(2), Le(1_000)] = 3
    loyal_within_days: Days = 365
    dormant_after_days: Days = 180
    version: Version = 1


DEFAULT_LIFECYCLE = LifecyclePolicy(name="default")


@fact("lifecycle-policy.published")
class LifecyclePolicyPublished(Fact):
    policy: LifecyclePolicy


class LifecyclePolicies(Versions[LifecyclePolicy]):
    """All versions of one named lifecycle policy."""

    KIND = CALLED = "lifecycle policy"
    FACT, BUILT_IN = LifecyclePolicyPublished, DEFAULT_LIFECYCLE


class PublishLifecyclePolicy(Publish, of=LifecyclePolicies):
    """Stages of earlier days stay as the policy of those days has them."""

    policy: Annotated[LifecyclePolicy, FLAT]
