"""Projections room: the keys under which a customer is looked for. Who shares none of them is not looked at.

Each begins with a letter that says what it is, the surest first: in their order pairs are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from projections.customer.matching.names import HAN_LETTER, CompanyName
from projections.customer.matching.scoring import Traits

NUMBER, WHOLE, DOMAIN, PHONE, SORTED, SIGN, CONSONANTS, WORD, BEGINS, ENDS, AROUND = "abcdefghijk"
VOWELS = re.compile("[aeiouyäöü]")
TWICE = re.compile(r"(.)\1+")
LONG, LONG_HAN, SHORT = 5, 3, 9
"""Letters of a beginning, an end, a word; and of a brand up to which those are shorter by one, so that a slip in the middle leaves one of
them."""


def keys(traits: Traits) -> list[str]:
    """Each once, in order."""
    return sorted({f"{kind}:{value}" for kind, value in _keys(traits)})


def _keys(traits: Traits) -> Iterator[tuple[str, str]]:
    for number in traits.numbers:
        yield NUMBER, number
    for domain in traits.webs | traits.mails:
        yield DOMAIN, domain
    for phone in traits.phones:
        yield PHONE, phone
    for name in traits.names:
        yield from _of_name(name)


def _of_name(name: CompanyName) -> Iterator[tuple[str, str]]:
    whole, sign = name.whole, name.sign
    yield WHOLE, whole
    if len(name.words) > 1:
        yield SORTED, "".join(sorted(name.words))
    yield SIGN, sign
    if HAN_LETTER.search(sign):
        yield from _pieces(sign, LONG_HAN)
        return
    bare = TWICE.sub(r"\1", VOWELS.sub("", sign))
    if len(bare) >= 3:
        yield CONSONANTS, bare
    if len(sign) <= SHORT:
        yield from _pieces(sign, LONG - 1)
        yield AROUND, sign[:2] + sign[-2:]
    if len(sign) >= SHORT:
        yield from _pieces(sign, LONG)
    for word in name.brand:
        if len(word) >= LONG:
            yield WORD, word


def _pieces(sign: str, length: int) -> Iterator[tuple[str, str]]:
    """Where one letter is wrong, the beginning or the end is right."""
    if len(sign) > length:
        yield BEGINS, sign[:length]
        yield ENDS, sign[-length:]
