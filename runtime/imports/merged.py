"""Runtime room, file import: cells of a workbook that are merged over several rows. What stands in the first is seen in all of them."""

from __future__ import annotations

import re
from typing import IO

from openpyxl.utils.cell import range_boundaries

CHUNK = 1 << 20
MOST = 200_000
_RANGE = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
LONGEST = 80
"""Bytes of one range's element, which may lie across two chunks."""


class Merged:
    """Fills a sheet's rows, which have to come in their order. Raises ValueError for a range that is none."""

    def __init__(self, ranges: list[str]) -> None:
        self._begins: dict[int, list[tuple[int, int]]] = {}
        self._held: dict[int, tuple[int, str]] = {}
        for column, first, _, last in map(range_boundaries, ranges):
            if None not in (column, first, last) and last > first:
                self._begins.setdefault(first, []).append((column, last))

    def fill(self, number: int, texts: list[str]) -> list[str]:
        """The row's texts, with what stands above them in one cell."""
        for column, (last, text) in list(self._held.items()):
            if last < number:
                del self._held[column]
            elif column <= len(texts) and not texts[column - 1]:
                texts[column - 1] = text
        for column, last in self._begins.get(number, ()):
            if column <= len(texts) and texts[column - 1]:
                self._held[column] = last, texts[column - 1]
        return texts


def ranges_in(source: IO[bytes]) -> list[str]:
    """The ranges that a sheet names, which it does behind all of its cells."""
    found: list[str] = []
    rest = b""
    for chunk in iter(lambda: source.read(CHUNK), b""):
        text = rest + chunk
        hits = list(_RANGE.finditer(text))
        found += [hit[1].decode() for hit in hits]
        rest = text[max(hits[-1].end() if hits else 0, len(text) - LONGEST) :]
        if len(found) > MOST:
            break
    return found
