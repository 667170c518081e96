"""api: parts of pages that are rendered once, for whoever is shown the same — a card of the board, a line of a list.

`{% call kept(deal, moves) %}…{% endcall %}` in a template: what stands in it is made of what it names, and of nothing else that the page
has (`compiling.py` refuses it otherwise). It is found again by the whole of what it is made of, and by the reader's language, zone, role,
day and as-of day: nobody finds what they were not just answered themselves. What looks at the session, or at the address, is made each
time; what will be said otherwise from a moment on is kept until then.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import date
from hashlib import blake2b
from sys import getsizeof
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import orjson
from markupsafe import Markup

from api.pages.engine.fragment import RENDERING, Fragment, private
from api.pages.engine.shown import Viewer, now_of

T = TypeVar("T", bytes, Markup)
RECENT, MOST = 1_000_000, 6_000_000
"""Bytes that a process keeps: of parts as they are shown, and of compressed ones; what was not shown for longest goes first."""
EACH = 500
"""Bytes that a part takes beside its text, about: its key and its place."""
FAST = 1
"""How a part is compressed: to a third or less, in the time of a twentieth of its rendering."""


class Reader(Viewer, Protocol):
    """Who is shown it."""

    @property
    def role(self) -> Any: ...

    @property
    def as_of(self) -> date | None: ...


class Part(NamedTuple, Generic[T]):
    """`expires`: seconds of the epoch; it is said otherwise from then on."""

    text: T
    expires: float


class Store(Generic[T]):
    """Parts by what they are made of, at most so many bytes. Hears which go to make room."""

    def __init__(self, most: int, leaves: Callable[[Any, Part[T]], None] | None = None) -> None:
        self.most, self.size = most, 0
        self._leaves: Callable[[Any, Part[T]], None] | None = leaves
        self._parts: OrderedDict[Any, Part[T]] = OrderedDict()

    def __contains__(self, key: Any) -> bool:
        return key in self._parts

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parts)

    def get(self, key: Any, now: float) -> Part[T] | None:
        found = self._parts.get(key)
        if found is None or found.expires <= now:
            return None
        self._parts.move_to_end(key)
        return found

    def put(self, key: Any, part: Part[T]) -> None:
        self.drop(key)
        self._parts[key] = part
        self.size += getsizeof(part.text) + EACH
        while self.size > self.most:
            oldest, gone = self._parts.popitem(last=False)
            self.size -= getsizeof(gone.text) + EACH
            if self._leaves is not None:
                self._leaves(oldest, gone)

    def drop(self, key: Any) -> None:
        part = self._parts.pop(key, None)
        if part is not None:
            self.size -= getsizeof(part.text) + EACH


class Parts:
    """Of all pages of a process: the latest as they are shown, all the others compressed."""

    def __init__(self, most: int = MOST, recent: int = RECENT) -> None:
        self.compressed: Store[bytes] = Store(most)
        self.recent: Store[Markup] = Store(recent, self._compress)

    @property
    def size(self) -> int:
        return self.recent.size + self.compressed.size

    def get(self, key: Any, now: float) -> Part[Markup] | None:
        if found := self.recent.get(key, now):
            return found
        if (compressed := self.compressed.get(key, now)) is None:
            return None
        text = Markup(zlib.decompress(compressed.text).decode())  # noqa: S704 - as it was put there
        part = Part(text, compressed.expires)
        self.recent.put(key, part)
        return part

    def put(self, key: Any, part: Part[Markup]) -> None:
        self.compressed.drop(key)
        self.recent.put(key, part)

    def _compress(self, key: Any, part: Part[Markup]) -> None:
        """What was shown from there again is there still."""
        if key not in self.compressed:
            self.compressed.put(key, Part(zlib.compress(part.text.encode(), FAST), part.expires))


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
