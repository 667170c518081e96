"""Runtime room, file import: what somebody may have meant."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

MOST_CANDIDATES = 5_000


def plain(text: str) -> str:
    """Of a name what counts when names are compared loosely."""
    return "".join(c for c in text.casefold() if c.isalnum())


def closest(text: str, known: Collection[str]) -> str | None:
    """The known name most like `text`, None when nothing is near. Spaces, signs and case count little."""
    loose: dict[str, str] = {}
    for name in sorted(known)[:MOST_CANDIDATES]:
        loose.setdefault(plain(name), name)
    found = get_close_matches(plain(text), loose, n=1, cutoff=0.75)
    return loose[found[0]] if found else None


def did_you_mean(text: str, known: Collection[str]) -> str:
    """`; did you mean 'GTX Pro'?`, or nothing."""
    found = closest(text, known)
    return f"; did you mean {found!r}?" if found is not None else ""
