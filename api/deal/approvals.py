"""api: which of a deal's overrides who asks may decide: by role, and by who asked for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from api.deal.acts import DEALS
from api.engine.users import User
from domain.deal.commands import DecideOverride
from domain.deal.deal import Deal
from domain.deal.overrides import may_decide
from projections.deal.board import DealView

DECIDE = next(act for act in DEALS if act.command is DecideOverride)


def acts_of(requested_by: str, user: User) -> list[str]:
    """The acts that an override which waits leaves to the user."""
    theirs = user.role in DECIDE.roles and may_decide(requested_by, by=str(user.actor))
    return [DECIDE.operation] if theirs else []


def may_decide_one(deal: Deal, user: User, _: datetime) -> bool:
    """The rule of the act: one of the deal's at least."""
    return any(acts_of(one.requested_by, user) for one in deal.overrides.values() if one.waits)


def add_acts_of_overrides(deals: Iterable[DealView], user: User) -> None:
    for deal in deals:
        for one in deal.overrides_asked or ():
            one.acts = acts_of(one.requested_by, user)
