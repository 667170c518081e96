"""Projections room: the table of words in names of companies, `company_words.toml`, as it is asked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

Words = tuple[str, ...]


@dataclass(frozen=True)
class Apart:
    """Of scripts with blanks between words. A form is the words it is made of."""

    forms: frozenset[Words]
    longest_form: int
    leading: tuple[Words, ...]
    """Forms that stand before the name as well, the longest first."""
    common: frozenset[str]
    places: frozenset[str]
    two_words: dict[str, str]
    same: dict[str, str]


@dataclass(frozen=True)
class Together:
    """Of scripts without: the longest first."""

    forms: tuple[str, ...]
    common: tuple[str, ...]
    places: frozenset[str]
    behind_places: tuple[str, ...]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("company_words.toml").read_text(encoding="utf-8"))


@cache
def apart() -> Apart:
    table, said = _table(), _table()["apart"]
    forms = frozenset(tuple(one.split()) for of in table["forms"].values() for one in of)
    return Apart(
        forms=forms,
        longest_form=max(map(len, forms)),
        leading=tuple(sorted((tuple(one.split()) for one in said["leading"]), key=len, reverse=True)),
        common=frozenset(said["common"].split()),
        places=frozenset(said["places"].split()),
        two_words=said["two_words"],
        same=said["same"],
    )


@cache
def together() -> Together:
    said = _table()["written_together"]
    return Together(
        forms=tuple(sorted(said["forms"], key=len, reverse=True)),
        common=tuple(sorted(said["common"], key=len, reverse=True)),
        places=frozenset(said["places"].split()),
        behind_places=tuple(said["behind_places"]),
    )
