"""api: parts of pages that are rendered once, for whoever is shown the same — a card of the board, a line of a list.

`{% call kept(deal, moves) %}…{% endcall %}` in a template: what stands in it is made of what it names, and of nothing else that the page
has (`compiling.py` refuses it otherwise). It is found again by the whole of what it is made of, and by the reader's language, zone, role,
day and as-of day: nobody finds what they were not just answered themselves. What looks at the session, or at the address, is made each
time; what will be said otherwise from a moment on is kept until then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from hashlib import blake2b
from sys import getsizeof
from typing import Any, NamedTuple, Protocol

import orjson
from markupsafe import Markup

from api.pages.engine.fragment import RENDERING, Fragment, private
from api.pages.engine.shown import Viewer, now_of

MOST = 24_000_000
"""Bytes that a process keeps; what was not shown for longest goes first."""
EACH = 800
"""Bytes that a part takes beside its text, about: its key and its place."""


class Reader(Viewer, Protocol):
    """Who is shown it."""

    @property
    def role(self) -> Any: ...

    @property
    def as_of(self) -> date | None: ...


class Part(NamedTuple):
    """`expires`: seconds of the epoch; it is said otherwise from then on."""

    text: Markup
    expires: float


class Parts:
    """Of all pages of a process, by what they are made of."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.size = 0
        self._parts: OrderedDict[Any, Part] = OrderedDict()

    def get(self, key: Any, now: float) -> Part | None:
        found = self._parts.get(key)
        if found is None or found.expires <= now:
            return None
        self._parts.move_to_end(key)
        return found

    def put(self, key: Any, part: Part) -> None:
        self._drop(self._parts.pop(key, None))
        self._parts[key] = part
        self.size += getsizeof(part.text) + EACH
        while self.size > self.most:
            self._drop(self._parts.popitem(last=False)[1])

    def _drop(self, part: Part | None) -> None:
        if part is not None:
            self.size -= getsizeof(part.text) + EACH


PARTS = Parts()


class Kept:
    """`kept` of the templates, for one page."""

    __slots__ = ("_now", "_parts", "_reader")

    def __init__(self, page: Reader, parts: Parts = PARTS) -> None:
        now = now_of(page)
        self._now = now.timestamp()
        self._reader = (page.language, page.zone.key, str(page.role), now.date(), page.as_of)
        self._parts = parts

    def __call__(self, place: str, *made_of: Any, caller: Callable[[], Markup]) -> Markup:
        """`place`: where it stands in which template; the compiler adds it."""
        content = blake2b(orjson.dumps(made_of), digest_size=20).digest()
        key = (place, content, self._reader)
        part = self._parts.get(key, self._now)
        around = RENDERING.get()
        if part is None:
            fragment = Fragment()
            token = RENDERING.set(fragment)
            try:
                part = Part(caller(), fragment.expires)
            finally:
                RENDERING.reset(token)
            if fragment.private:
                private()
            else:
                self._parts.put(key, part)
        if around is not None:
            around.expires = min(around.expires, part.expires)
        return part.text
