"""Workflows room: what is to be said of customers by the policies in force now; the sweep and the follower of revisits say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.cycle.in_force import COMPANY
from domain.cycle.policies import CyclePolicies
from domain.engine.command import Command
from domain.engine.command_handler import Store
from domain.lifecycle.policy import LifecyclePolicies
from domain.revisit.needs import Policies, QuietCustomer, needed
from domain.revisit.policy import RevisitPolicies

WHY = "the revisit policy asks for it"
LIFECYCLE, REVISITS = LifecyclePolicies.stream_of("default"), RevisitPolicies.stream_of("default")


@dataclass(frozen=True)
class Asked:
    """By which policies, and where the company's days begin."""

    policies: Policies
    zone: ZoneInfo

    @property
    def anything(self) -> bool:
        """False where no revisit policy was ever published: there is nothing to look at."""
        return self.policies.revisits.version > 1

    def of(self, customers: Iterable[QuietCustomer], now: datetime) -> list[Command]:
        today = now.astimezone(self.zone).date()
        found = (needed(one, self.policies, today) for one in customers)
        return [command for command in found if command is not None]


async def asked(store: Store) -> Asked:
    found = await store.load(
        {LIFECYCLE: LifecyclePolicies, REVISITS: RevisitPolicies, COMPANY: CyclePolicies}
    )
    lifecycle, revisits, cycle = found[LIFECYCLE], found[REVISITS], found[COMPANY]
    assert isinstance(lifecycle, LifecyclePolicies)
    assert isinstance(revisits, RevisitPolicies)
    assert isinstance(cycle, CyclePolicies)
    return Asked(Policies(lifecycle.current, revisits.current), ZoneInfo(cycle.current.calendar.timezone))


def about(command: Command) -> UUID:
    """The stream of it."""
    stream = command.stream()
    assert stream is not None
    return stream[1]
