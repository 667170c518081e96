"""Runtime room, file import: how an export writes days and numbers, by all the values of its columns. What can be read in two ways is
asked, never supposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from runtime.imports.cells import Unreadable
from runtime.imports.date_forms import Told, form
from runtime.imports.numbers import Numbers

SIGNS = {
    "1234.5": (".", ""), "1,234.5": (".", ","), "1234,5": (",", ""), "1.234,5": (",", "."), "1 234,5": (",", " "),
    "1 234.5": (".", " "), "1'234.5": (".", "'"),
}  # fmt: skip
"""How numbers are written, by an example, with the decimal sign and the one between groups; the plainest first."""
_DIGITS = re.compile("[0-9](?:.*[0-9])?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ways:
    """What reads the values best. Where there are `several`, each reads all of them, and `example` not as the others do."""

    taken: tuple[str, ...]
    several: tuple[str, ...] = ()
    example: str = ""


BETWEEN_FORMS = " | "
"""Between several forms of dates, where they are said."""


def date_forms(values: Iterable[str], forms: Sequence[str]) -> Ways:
    """The forms that values of a column have. Two that read one differently are told apart by a value that only one reads."""
    told = {text: _told(text, forms) for text in values}
    count = {one: sum(one in read for read in told.values()) for one in forms}
    contested = {one for read in told.values() if len(set(read.values())) > 1 for one in read}
    most = max((count[one] for one in contested), default=0)
    ahead = [one for one in forms if one in contested and count[one] == most]
    taken = tuple(one for one in forms if count[one] and (one in ahead or one not in contested))
    for text, read in told.items():
        if len({read[one] for one in ahead if one in read}) > 1:
            return Ways(taken, tuple(ahead), text)
    return Ways(taken)


def _told(text: str, forms: Sequence[str]) -> dict[str, Told]:
    """What the text says in each of the forms that it has."""
    readings = ((one, form(one).read(text)) for one in forms)
    return {one: told for one, told in readings if told is not None}


def number_signs(values: Iterable[str]) -> Ways:
    """How the numbers are written, a key of `SIGNS`: the plainest that reads most. A currency's sign beside one is no matter."""
    texts = [found[0] for text in values if (found := _DIGITS.search(text))]
    read = {way: [_number(text, *signs) for text in texts] for way, signs in SIGNS.items()}
    most = max(sum(one is not None for one in numbers) for numbers in read.values())
    best = [way for way in SIGNS if sum(one is not None for one in read[way]) == most]
    for n, text in enumerate(texts):
        different: dict[Decimal, str] = {}
        for way in best:
            if (number := read[way][n]) is not None:
                different.setdefault(number, way)
        if len(different) > 1:
            return Ways((best[0],), tuple(different.values()), text)
    return Ways((best[0],))


def _number(text: str, decimal: str, thousands: str) -> Decimal | None:
    try:
        return Numbers(decimal, thousands).number(text, scaled=True)
    except Unreadable:
        return None
