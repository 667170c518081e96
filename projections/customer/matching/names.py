"""Projections room: a company's name taken apart — what it is called by, where it is, and what says no more than what kind of company it is."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple, Self

from projections.customer.matching.words import apart, together

HAN_LETTER = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Of scripts that write names without blanks: Chinese, Japanese, Korean."""
PIECE = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+|[^\\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+"
)
LATIN_LETTER = re.compile("[a-z]")
BRACKETS = re.compile(r"\(([^()]*)\)")
LATIN_MARK = re.compile("(?<=[a-z\u0370-\u04ff])[\u0300-\u036f]+")
"""Accents of Latin, Greek and Cyrillic letters; marks of other scripts make other letters."""
SPELLED = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i", "&": " and ", "＆": " and ", "+": " and ", "·": " ", "・": " "})  # fmt: skip
DOTS = re.compile(r"[.'’]|(?<=\b\w)/(?=\w\b)")
"""In and between the letters of what is short: B.V., A/S."""
UMLAUTS = re.compile("(?<=[aou])e(?![aeiou])")
"""Müller is written Mueller, too: of both no more is left than muller. Other words lose an e by it, on both sides."""


OF = frozenset(("of", "de", "for", "von", "du", "di"))
"""A place behind these is a part of the name, as in Bank of China."""


class CompanyName(NamedTuple):
    """`words` are those of the name without legal form and place, `brand` those of them that few other companies have. A run of Chinese,
    Japanese or Korean letters is one word. `place` is where it is, as far as the name says.
    """

    words: tuple[str, ...]
    brand: tuple[str, ...]
    place: str = ""

    @property
    def packed(self) -> str:
        """In a line."""
        return "|".join((" ".join(self.words), " ".join(self.brand), self.place))

    @classmethod
    def unpacked(cls, line: str) -> Self:
        words, brand, place = line.split("|")
        return cls(tuple(words.split()), tuple(brand.split()), place)

    @property
    def whole(self) -> str:
        return "".join(self.words)

    @property
    def sign(self) -> str:
        """What it is called by in one piece: its brand, or its name where all of that is common."""
        return "".join(self.brand) or self.whole


def folded(text: str) -> str:
    """Without case, widths, accents, dots and the difference of traditional and simplified Chinese."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(SPELLED)
    apart = LATIN_MARK.sub("", unicodedata.normalize("NFD", plain))
    bare = DOTS.sub("", unicodedata.normalize("NFC", apart))
    if HAN_LETTER.search(bare):
        return simplified(bare)
    return UMLAUTS.sub("", bare)


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def simplified(text: str) -> str:
    """Traditional Chinese in simplified letters."""
    written: str = _converter().convert(text)
    return written


@lru_cache(maxsize=20_000)
def company_name(text: str) -> CompanyName:
    """Never empty: a name that is nothing but legal form or place is called by that."""
    plain = folded(text)
    bare, place = _without_place_in_brackets(plain)
    if HAN_LETTER.search(bare):
        bare, place = _without_forms_and_place(bare, place)
    words, place = _without_place(_without_form(_split(bare)), place)
    kept = (
        tuple(word for word in words if word != "and")
        or tuple(_split(plain))
        or ("".join(plain.replace("|", "").split()),)
    )
    return CompanyName(kept, _brand(kept), place)


def _split(text: str) -> list[str]:
    same = apart().same
    return [same.get(word, word) for word in PIECE.findall(text)]


def _without_place_in_brackets(text: str) -> tuple[str, str]:
    """What stands in brackets is of the name, unless it is a place. Legal forms are written so, too."""
    places = [_place_of(inner.strip()) for inner in BRACKETS.findall(text)]

    def kept(found: re.Match[str]) -> str:
        if found[0] in together().forms:
            return found[0]
        inner = found[1].strip()
        return " " if _place_of(inner) else f" {inner} "

    return BRACKETS.sub(kept, text), next(filter(None, places), "")


def _place_of(text: str) -> str:
    """The place that the whole text names; empty where it names none."""
    bare = next((text.removesuffix(end) for end in together().behind_places if text.endswith(end)), text)
    named = apart().two_words.get(bare, bare)
    return named if named in together().places or named in apart().places else ""


# -- scripts without blanks ------------------------------------------------------------------------


def _without_forms_and_place(text: str, place: str) -> tuple[str, str]:
    text = text.strip() if LATIN_LETTER.search(text) else "".join(text.split())
    text = _without_forms(text)
    for length in range(min(4, len(text) - 2), 1, -1):
        if text[:length] in together().places:
            rest = text[length:]
            ends = together().behind_places
            bare = next((rest.removeprefix(end) for end in ends if rest.startswith(end)), rest)
            return (_without_forms(bare), place or text[:length]) if len(bare) >= 2 else (text, place)
    return text, place


def _without_forms(text: str) -> str:
    """At either end, again and again; something is left."""
    for form in together().forms:
        bare = text.removesuffix(form).removeprefix(form).strip()
        if bare and bare != text:
            return _without_forms(bare)
    return text


def _han_brand(word: str) -> str:
    """Without what kind of company it is, of which at least two letters are left."""
    for common in together().common:
        if word.endswith(common) and len(word) - len(common) >= 2:
            return _han_brand(word.removesuffix(common))
    return word


# -- scripts with blanks ---------------------------------------------------------------------------


def _without_form(words: list[str]) -> list[str]:
    """Legal forms go from the end, again and again, and from the beginning; something is left."""
    while length := _form_at_end(words):
        words = words[:-length]
    for form in apart().leading:
        if len(words) > len(form) and tuple(words[: len(form)]) == form:
            return words[len(form) :]
    return words


def _form_at_end(words: list[str]) -> int:
    for length in range(min(apart().longest_form, len(words) - 1), 0, -1):
        if tuple(words[-length:]) in apart().forms:
            return length
    return 1 if len(words) > 1 and words[-1] == "and" else 0


def _without_place(words: list[str], place: str) -> tuple[list[str], str]:
    """A place at the end or the beginning, where something is left that is not common."""
    for at, rest in ((-1, words[:-1]), (0, words[1:])):
        if not rest or words[at] not in apart().places or (at == -1 and rest[-1] in OF):
            continue
        if any(word not in apart().common for word in rest):
            return _without_form(rest), place or words[at]
    return words, place


def _brand(words: tuple[str, ...]) -> tuple[str, ...]:
    kept = (_han_brand(word) if HAN_LETTER.match(word) else word for word in words)
    return tuple(word for word in kept if word not in apart().common)
