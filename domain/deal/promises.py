"""Domain room: the live promise of a deal, a commitment to the next step."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.engine.values import PromiseOutcome
from domain.time.commitment import Commitment


@dataclass(frozen=True, slots=True)
class EndedPromise:
    id: UUID
    outcome: PromiseOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise(Commitment):
    """`by_rule`: nobody named it, the policy did."""

    id: UUID
    owner_id: UUID
    policy_version: int
    by_rule: bool
    moves: int = 0
    """How often it was moved to a later time after somebody had named one."""
