"""Runtime room, file import: what all cells go through — the mapping's own words, too. Pure."""

from __future__ import annotations

import unicodedata

MAX_CELL = 100_000
NOT_CALCULATED = "#NOT-CALCULATED!"
"""Stands for a formula in a workbook whose value nobody has worked out."""
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", NOT_CALCULATED})  # fmt: skip


class Unreadable(ValueError):
    """The cell's text is not what its column holds; the message says what would be."""


def clean(text: str) -> str:
    """Without surrounding space, in the one Unicode form in which equal names are equal."""
    stripped = text.strip()
    return stripped if stripped.isascii() else unicodedata.normalize("NFC", stripped)
