"""Workflows room: what a round of the sweep asks and answers. The rules of `engine/messages.py` hold."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime


@dataclass(frozen=True)
class Sweep:
    """The schedule's input; empty today."""


@dataclass(frozen=True)
class SweepAsk:
    now: datetime


@dataclass(frozen=True)
class SweepReport:
    """What one round found, and has set right.

    `on_the_way` are open, and the dispatcher has not come to them yet. All of `without_promise`, `without_timer`,
    `left_over` (a timer for a closed deal), `ownerless` (the owner left), `without_clock` (that is of the `loops`: whatever else
    has deadlines and goes on), `wrongly_armed` (armed otherwise than the ledger says) and `unchecked` (customers who were due to be held
    against the rules of segments) should be 0. `without_revisit` are those of the `revisits` that were promised in this round: silence
    has changed a stage, or the follower of revisits has not come to it.
    """

    open_deals: int = 0
    timers: int = 0
    on_the_way: int = 0
    without_promise: int = 0
    without_timer: int = 0
    left_over: int = 0
    ownerless: int = 0
    loops: int = 0
    without_clock: int = 0
    wrongly_armed: int = 0
    unchecked: int = 0
    revisits: int = 0
    without_revisit: int = 0

    def plus(self, other: SweepReport) -> SweepReport:
        return SweepReport(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class SweepResult:
    at: datetime
    report: SweepReport
