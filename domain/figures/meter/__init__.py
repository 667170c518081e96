"""Domain room: the meter, which turns facts into contributions to metrics. Pure: no clock, no I/O.

What counts for whom: a closing for the deal's owner and team when it was recorded, on the day it was closed; an
activity for who did it, on the day it took place; a promise for who owed it, on the day it was due. Handing a deal
over or moving a rep later changes nothing that was earned. Reopening or correcting a closing takes back exactly what
it contributed, on the same day, and puts the right thing in its place.

A customer's earliest won deal (by day, then by deal id) makes it a new customer, every other one is a repeat
purchase. A win entered late or taken back can change which one is the earliest: the contributions then move. Records that
are merged are one customer from then on, and apart again when they are taken out: then, too, the contributions move.
"""

from __future__ import annotations

from domain.capabilities import load
from domain.engine.facts import Fact
from domain.figures.meter import readings
from domain.figures.meter.fold import READERS, Meter, MeterState


def measured() -> tuple[type[Fact], ...]:
    """The facts that the meter reads, those of capabilities that read their own (`@reads`) included; every other one contributes
    nothing.
    """
    load("domain")
    return tuple(READERS)


__all__ = ["Meter", "MeterState", "measured", "readings"]
