"""Domain room: in which stage of the lifecycle a customer is on a day. Pure: of the days of purchases and a policy, and nothing else.

A stage begins with a purchase, or with the day on which a silence has lasted long enough; so it is dated, and can be asked for any day.
Two purchases on one day are two.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from domain.lifecycle.policy import LifecyclePolicy, LifecycleStage


class Standing(NamedTuple):
    """The stage that a customer is in, and its first day; a prospect's is not a matter of purchases."""

    stage: LifecycleStage
    since: date | None = None


PROSPECT = Standing(LifecycleStage.PROSPECT)
ACTIVE = frozenset(
    (LifecycleStage.FIRST_PURCHASE, LifecycleStage.REPEAT, LifecycleStage.LOYAL, LifecycleStage.WON_BACK)
)
"""The stages of who buys."""


def course(days: Sequence[date], policy: LifecyclePolicy, until: date) -> Iterator[Standing]:
    """Every stage up to that day, each with its first. `days` of purchases, the earliest first; later ones are passed over."""
    silence = timedelta(days=policy.dormant_after_days)
    held, last = LifecycleStage.PROSPECT, None
    for n, day in enumerate(days):
        if day > until:
            break
        if last is not None and day - last >= silence:
            yield Standing(LifecycleStage.DORMANT, last + silence)
            held = LifecycleStage.DORMANT
        reached = _reached(held, days, n, policy)
        if reached != held:
            yield Standing(reached, day)
        held, last = reached, day
    if last is not None and until - last >= silence:
        yield Standing(LifecycleStage.DORMANT, last + silence)


def _reached(before: LifecycleStage, days: Sequence[date], n: int, policy: LifecyclePolicy) -> LifecycleStage:
    """By the purchase with the number `n`, counted from nought."""
    if before == LifecycleStage.PROSPECT:
        return LifecycleStage.FIRST_PURCHASE
    if before == LifecycleStage.DORMANT:
        return LifecycleStage.WON_BACK
    begins = days[n] - timedelta(days=policy.loyal_within_days)
    within = n + 1 - bisect_right(days, begins, 0, n)
    return LifecycleStage.LOYAL if within >= policy.loyal_purchases else LifecycleStage.REPEAT


def standing(days: Sequence[date], policy: LifecyclePolicy, on: date) -> Standing:
    """The stage on that day."""
    return (PROSPECT, *course(days, policy, on))[-1]


def bought_between(days: Sequence[date], since: date, until: date) -> bool:
    """Whether there was a purchase from day `since` to day `until`, both included."""
    return bisect_left(days, since) < bisect_right(days, until)
