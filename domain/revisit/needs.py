"""Domain room: which customers have to be promised a revisit, and which need it no more. Pure: of what read models say of a customer.

What is said may be a moment old; the decision (`commands.py`) and the next round set it right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.engine.command import Command
from domain.lifecycle.policy import LifecyclePolicy
from domain.lifecycle.stages import standing
from domain.revisit.commands import EnsureRevisit, ReleaseRevisit
from domain.revisit.policy import RevisitPolicy
from domain.revisit.revisit import Release, revisit_of


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietCustomer:
    """A customer who had a deal with us, or is promised a revisit. `days` of purchases, the earliest first; `closed_on` of the last deal
    that was closed; owner and team are those of the last deal. `revisit_live` is promised, `by_rule` where a policy asked for it. `merged`: the record
    stands for another customer, whose revisit is enough; `promised_beside`: for one that stands for this customer a person promised a revisit,
    which is live.
    """

    customer_id: UUID
    days: tuple[date, ...] = ()
    has_open_deal: bool = False
    closed_on: date | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    seen_on: date | None = None
    revisit_live: bool = False
    by_rule: bool = False
    merged: bool = False
    promised_beside: bool = False


@dataclass(frozen=True, slots=True)
class Policies:
    """In force now."""

    lifecycle: LifecyclePolicy
    revisits: RevisitPolicy


def needed(customer: QuietCustomer, policies: Policies, today: date) -> Command | None:
    """What has to be said so that the customer has a revisit exactly where the policy asks for one; None: all is well."""
    held = standing(customer.days, policies.lifecycle, today)
    asked = policies.revisits.rule(held.stage) is not None
    if customer.revisit_live:
        return _let_go(customer, asked=asked)
    last = max(
        (day for day in (*customer.days[-1:], customer.closed_on, customer.seen_on) if day), default=None
    )
    if not asked or customer.merged or customer.promised_beside or customer.has_open_deal:
        return None
    if customer.owner_id is None or last is None:
        return None
    return EnsureRevisit(
        customer_id=customer.customer_id,
        stage=held.stage,
        seen_on=last,
        owner_id=customer.owner_id,
        team_id=customer.team_id,
    )


def _let_go(customer: QuietCustomer, *, asked: bool) -> Command | None:
    """What a person promised beside the policy is theirs to end."""
    if not customer.by_rule:
        return None
    if customer.merged or customer.promised_beside:
        return ReleaseRevisit(revisit_id=revisit_of(customer.customer_id), why=Release.MERGED)
    if customer.has_open_deal:
        return ReleaseRevisit(revisit_id=revisit_of(customer.customer_id), why=Release.DEAL_IS_OPEN)
    return None if asked else ReleaseRevisit(revisit_id=revisit_of(customer.customer_id), why=Release.NO_RULE)
