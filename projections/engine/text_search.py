"""Projections room: finding text by its words. PostgreSQL splits Latin text; Chinese is split into characters here."""

from __future__ import annotations

import re
from unicodedata import normalize

CHINESE = re.compile("([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")
WORD = re.compile(r"\w+")


def spaced(text: str) -> str:
    """Text as the index takes it: every Chinese character is a word, and one that can be written in two ways (é, Ａ) is written
    in one.
    """
    return CHINESE.sub(r" \1 ", normalize("NFKC", text))


def searched(text: str) -> str:
    """The tsquery for what somebody typed: all the words in any order, the last letters may be missing."""
    phrases = [WORD.findall(spaced(chunk)) for chunk in text.split()]
    return " & ".join(" <-> ".join(f"'{word}':*" for word in words) for words in phrases if words)
