"""api: what is noted of a part of a page while it is rendered, so that `kept.py` knows for whom and until when it can be kept."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime

FOREVER = float("inf")


class Making:
    """A part that is being rendered. `until`: seconds of the epoch; it is said otherwise from then on."""

    __slots__ = ("alone", "until")

    def __init__(self) -> None:
        self.alone = False
        self.until = FOREVER


MAKING: ContextVar[Making | None] = ContextVar("MAKING", default=None)


def alone() -> None:
    """What is being rendered is one session's, one address's or one moment's own: it is kept for nobody."""
    if (making := MAKING.get()) is not None:
        making.alone = True


def until(moment: datetime) -> None:
    """What is being rendered is said otherwise from then on."""
    if (making := MAKING.get()) is not None:
        making.until = min(making.until, moment.timestamp())
