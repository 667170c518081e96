"""Runtime room, file import: sectors and countries that look like slips of the pen, and what may be meant. Proposed, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib.resources import files

from runtime.imports.results import Reason
from runtime.imports.rows import Reasons

SHORTEST = 5
"""Letters: a shorter word is near too many others."""
NEAR = 0.86


def proposals(reasons: Reasons) -> Iterator[Reason]:
    """Of the row of a customer, under the file's own column names."""
    for field in ("sector", "country"):
        text = reasons.cells.get(field, "")
        if text and (meant := nearest(field, text)):
            said = f"{text!r} may be a slip of the pen for {meant!r}; `values` of the column says in the mapping what is meant"
            yield Reason(reasons.sheet.header_of(field), text, said)


@lru_cache(maxsize=5_000)
def nearest(field: str, text: str) -> str:
    """What is nearly written so; empty where it is known as it is, or like nothing."""
    from difflib import get_close_matches

    known = KNOWN[field]()
    given = text.strip().casefold()
    if given in known or len(given) < SHORTEST:
        return ""
    found = get_close_matches(given, known, n=1, cutoff=NEAR)
    return known[found[0]] if found else ""


@cache
def _sectors() -> dict[str, str]:
    lines = files(__package__).joinpath("sectors.txt").read_text(encoding="utf-8").splitlines()
    return {line.casefold(): line for line in lines if not line.startswith("#")}


@cache
def _countries() -> dict[str, str]:
    """In English and Chinese, by the name and by its code."""
    from babel import Locale

    names = (Locale.parse(language).territories.items() for language in ("en", "zh"))
    return {name.casefold(): name for of_one in names for code, name in of_one if len(code) == 2}


KNOWN: dict[str, Callable[[], dict[str, str]]] = {"sector": _sectors, "country": _countries}
