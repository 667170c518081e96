"""Projections room: how likely two customers are one, and by what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from domain.customer.likely import Evidence
from projections.customer.matching.names import HAN_LETTER, CompanyName

WEIGHTS = {Evidence.NUMBER: 0.985, Evidence.WEB: 0.75, Evidence.MAIL: 0.70, Evidence.PHONE: 0.60}
"""How likely one is that has no more in common than this."""
SAME, REORDERED, COMMON_WORD_MORE, OTHER_COMMON_WORDS = 0.92, 0.88, 0.78, 0.50
"""The same for names: the same; the same words in another order; the same but for a word that half of all companies have; with other
such words (a trading company and a technology company of one brand)."""
CURVE = ((0.98, 0.88), (0.95, 0.84), (0.92, 0.78), (0.88, 0.70), (0.84, 0.55), (0.78, 0.35))
"""For names that are alike: from this likeness on so likely."""
NO_NAME = (0.0, False)
ELSEWHERE, OTHER_NUMBER, OTHER_COUNTRY = 0.6, 0.7, 0.75
"""What is left where the names say two places, where the numbers differ, where the countries do."""


class Traits(msgspec.Struct, frozen=True):
    """What a customer is known by. Numbers, domains and phones are as `identifiers.py` writes them."""

    names: tuple[CompanyName, ...]
    country: str = ""
    numbers: frozenset[str] = frozenset()
    webs: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()


class Likeness(msgspec.Struct, frozen=True):
    """`score` in per cent; what speaks for it, the strongest first."""

    score: int
    evidence: tuple[Evidence, ...]


def likeness(one: Traits, other: Traits) -> Likeness:
    found = dict(_shared(one, other))
    named, same = max(
        (_of_names(mine, theirs) for mine in one.names for theirs in other.names), default=NO_NAME
    )
    if named:
        found[Evidence.NAME if same else Evidence.SIMILAR_NAME] = named
    doubt = 1.0
    for weight in found.values():
        doubt *= 1 - weight
    likely = (1 - doubt) * _against(one, other)
    strongest = sorted(found, key=lambda kind: (-found[kind], kind))
    return Likeness(round(100 * likely), tuple(strongest))


def _shared(one: Traits, other: Traits) -> Iterator[tuple[Evidence, float]]:
    if one.numbers & other.numbers:
        yield Evidence.NUMBER, WEIGHTS[Evidence.NUMBER]
    if one.webs & other.webs:
        yield Evidence.WEB, WEIGHTS[Evidence.WEB]
    elif (one.webs | one.mails) & (other.webs | other.mails):
        yield Evidence.MAIL, WEIGHTS[Evidence.MAIL]
    if one.phones & other.phones:
        yield Evidence.PHONE, WEIGHTS[Evidence.PHONE]


def _against(one: Traits, other: Traits) -> float:
    if one.numbers & other.numbers:
        return 1.0
    left = 1.0
    if one.numbers and other.numbers:
        left *= OTHER_NUMBER
    if one.country and other.country and one.country != other.country:
        left *= OTHER_COUNTRY
    return left


def _of_names(one: CompanyName, other: CompanyName) -> tuple[float, bool]:
    """How likely companies of these names are one, were nothing else known, from 0 to 1; and whether the names are the same."""
    elsewhere = bool(one.place and other.place and one.place != other.place)
    return _without_places(one, other) * (ELSEWHERE if elsewhere else 1.0), one.whole == other.whole


def _without_places(one: CompanyName, other: CompanyName) -> float:
    if one.whole == other.whole:
        return SAME
    if sorted(one.words) == sorted(other.words):
        return REORDERED
    if one.brand and one.sign == other.sign:
        return COMMON_WORD_MORE if _one_says_more(one, other) else OTHER_COMMON_WORDS
    return _by_curve(_alike(one, other))


def _one_says_more(one: CompanyName, other: CompanyName) -> bool:
    """Beside the brand one name says nothing that the other does not say as well."""
    if set(one.words) <= set(other.words) or set(other.words) <= set(one.words):
        return True
    rests = sorted((name.whole.removeprefix(name.sign) for name in (one, other)), key=len)
    return rests[0] in rests[1]


def _alike(one: CompanyName, other: CompanyName) -> float:
    """The brands word by word, and the names letter by letter: what is less."""
    from rapidfuzz import fuzz

    whole = fuzz.ratio(one.whole, other.whole) / 100
    if whole < CURVE[-1][0]:
        return 0.0
    signs = fuzz.ratio(one.sign, other.sign) / 100
    if HAN_LETTER.search(one.sign) or not (one.brand and other.brand):
        return min(whole, signs)
    by_word = _word_by_word(one.brand, other.brand)
    if len(one.brand) != len(other.brand):  # a blank more, or a common word that is written wrongly
        by_word = max(by_word, signs, _word_by_word(one.words, other.words))
    return min(whole, by_word)


def _word_by_word(one: Sequence[str], other: Sequence[str]) -> float:
    """Each word with the one most like it; a word without any like it counts against both names. By letters."""
    from rapidfuzz import fuzz

    left, alike, letters = list(other), 0.0, sum(map(len, (*one, *other)))
    for word in one:
        best = max(left, key=lambda candidate: fuzz.ratio(word, candidate), default="")
        ratio = fuzz.ratio(word, best) / 100 if best else 0.0
        if ratio >= 0.7:
            alike += ratio * (len(word) + len(best))
            left.remove(best)
    return alike / letters if letters else 0.0


def _by_curve(alike: float) -> float:
    return next((weight for least, weight in CURVE if alike >= least), 0.0)
