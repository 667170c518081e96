"""api: what is noted of a part of a page while it is rendered, so that `kept.py` knows for whom and until when it can be kept."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime

FOREVER = float("inf")


class Fragment:
    """A part that is being rendered. `private`: it is kept for nobody. `expires`: seconds of the epoch; it is said otherwise from then on."""

    __slots__ = ("expires", "private")

    def __init__(self) -> None:
        self.private = False
        self.expires = FOREVER


RENDERING: ContextVar[Fragment | None] = ContextVar("RENDERING", default=None)


def private() -> None:
    """What is being rendered is one session's, one address's or one moment's own."""
    if (fragment := RENDERING.get()) is not None:
        fragment.private = True


def expires(moment: datetime) -> None:
    """What is being rendered is said otherwise from then on."""
    if (fragment := RENDERING.get()) is not None:
        fragment.expires = min(fragment.expires, moment.timestamp())
