"""Domain room: the revisit policy — after how long a customer in which stage of the lifecycle is to be seen again.

The policy "default" is in force. The built-in one asks for nothing: nobody is given promises by an upgrade.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from annotated_types import Ge, Le, MaxLen

from domain.engine.errors import FieldError
from domain.engine.facts import Fact, fact
from domain.engine.fields import FLAT, RuleName, Version
from domain.engine.versions import Publish, Versions
from domain.lifecycle.policy import Days, LifecycleStage


@dataclass(frozen=True, slots=True)
class RevisitRule:
    """Customers in this stage are seen again `every_days` after they bought, or were seen."""

    stage: LifecycleStage
    every_days: Days


@dataclass(frozen=True)
class RevisitPolicy:
    """`rules` by stage; customers in other stages are promised nothing. What would be due in the past falls due within the next
    `catch_up_days`, spread out: the first policy of a large company makes no heap of one day.
    """

    name: RuleName
    rules: Annotated[tuple[RevisitRule, ...], MaxLen(len(LifecycleStage))] = ()
    catch_up_days: Annotated[int, Ge(1), Le(365)] = 30
    version: Version = 1

    def wrong(self) -> Iterator[FieldError]:
        stages = [rule.stage for rule in self.rules]
        for n, stage in enumerate(stages):
            if stage in stages[:n]:
                yield FieldError(f"rules[{n}].stage", f"{stage} has a rule already")

    def rule(self, stage: LifecycleStage) -> RevisitRule | None:
        return next((rule for rule in self.rules if rule.stage == stage), None)

    def due_on(self, rule: RevisitRule, seen_on: date, today: date, customer_id: UUID) -> date:
        """The day of the next revisit of who was seen, or bought, last on `seen_on`. The same whenever it is asked on a day."""
        due = seen_on + timedelta(days=rule.every_days)
        if due > today:
            return due
        return today + timedelta(days=1 + customer_id.int % self.catch_up_days)


@fact("revisit-policy.published")
class RevisitPolicyPublished(Fact):
    policy: RevisitPolicy


class RevisitPolicies(Versions[RevisitPolicy]):
    """All versions of one named revisit policy."""

    KIND = CALLED = "revisit policy"
    FACT, BUILT_IN = RevisitPolicyPublished, RevisitPolicy(name="default")


class PublishRevisitPolicy(Publish, of=RevisitPolicies):
    """Revisits that are promised stay; the next ones are promised by it, and those of stages without a rule are let go."""

    policy: Annotated[RevisitPolicy, FLAT]
