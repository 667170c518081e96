"""runtime: the languages, and the one catalogue of what is fixed. The code says everything in English; `locale/zh/*.po` have the rest.

Terminal, API and pages ask it. English needs no catalogue, so nothing is read and Babel is not imported for it. Nothing of any
other room enters but the texts themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

EN, ZH = "en", "zh"
LANGUAGES = (EN, ZH)
"""The first is the one that is spoken where none is asked for."""
FOLDER = Path(__file__).parent / "locale"
LEAST, WEAK = 3, 8
"""Letters between the places of a template: with fewer than the first it is not recognised in a sentence, with fewer than the second
only where one word stands in each place.
"""
MOST_HEARD = 4_000
"""Characters: what is longer is nobody's sentence."""
MOST_FIELDS, MOST_LISTED, DEEPEST = 24, 60, 3
"""Parts that are looked up one by one, and names in front of one sentence: strangers choose some of what is heard, and it takes time."""
BETWEEN = {"; ": "；", ", ": "、", " or ": "或", " and ": "和"}
"""What parts of a sentence are listed with. The first stands between sentences, too."""
WRITTEN = r"'[^']*'|\"[^\"]*\""
NAMED = rf"[^\s:;'\"]+|--[\w-]+(?: / --?[\w-]+)*|{WRITTEN}"
FIELD, NEXT_FIELD = re.compile(f"({NAMED}): (.+)"), re.compile(f"; (?=(?:{NAMED}): )")
"""A field, an option or what was written, and what is wrong with it; and where the next begins."""
VALUE = re.compile(f"({WRITTEN}) (.+)")
"""What was written, and what is wrong with it."""
ASKED = re.compile(r"\s*([a-z*]+)[\w-]*\s*(?:;\s*q\s*=\s*([\d.]+)\s*)?", re.IGNORECASE)


Within = Mapping[tuple[str, str], str]


class Entry(NamedTuple):
    """One text in a file. `context`: where it is used as something of which it means another thing; mostly empty."""

    file: str
    context: str
    text: str
    said: str


class Catalogue:
    """What is said in a language. English is the language that it is asked in; what it does not have stays as it is."""

    def __init__(self, language: str, words: Mapping[str, str], within: Within | None = None) -> None:
        """`within`: what a text is where it is used as something, by that and the text."""
        self.language = language
        self._words = words
        self._within: Within = within or {}

    def gettext(self, text: str) -> str:
        """A fixed text: a word, a code, a sentence, or a template whose places are filled afterwards with `str.format`."""
        return self._words.get(text, text)

    def pgettext(self, context: str, text: str) -> str:
        """A fixed text used as something: the stage "contact" is no contact."""
        return self._within.get((context, text)) or self._words.get(text, text)

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The text that goes with a number, to be filled with it afterwards."""
        text = one if n == 1 else many
        return self._words.get(text, text)

    def say(self, template: str, **values: Any) -> str:
        """A template with what belongs into its places."""
        return self._words.get(template, template).format(**values)

    def heard(self, text: str) -> str:
        """A finished English sentence in the language, recognised by the templates; what stood in their places is said in it as
        well where it is a fixed text. In a translation `{place!s}` keeps it as it stands, and `{place:stage}` says it as a stage.
        Several sentences may be joined by "; ", and each begin with its field. What is not recognised stays English.
        """
        if not self._words or not text or len(text) > MOST_HEARD:
            return text
        if "\n" in text:
            lines = text.split("\n")
            return "\n".join(map(self.heard, lines)) if len(lines) <= MOST_LISTED else text
        return self._fields(text) or self._sentence(text) or self._listed(text, ("; ",)) or text

    def _sentence(self, text: str, context: str = "") -> str | None:
        return self._known(text, context) or self._value(text)

    def _known(self, text: str, context: str = "") -> str | None:
        known = self._within.get((context, text)) or self._words.get(text)
        if known is not None:
            return known
        said = (template.heard_in(text, self._part) for template in self._templates)
        return next((one for one in said if one is not None), None)

    def _value(self, text: str) -> str | None:
        found = VALUE.fullmatch(text)
        said = found and self._known(found[2])
        return f"{found[1]} {said}" if found and said else None

    def _fields(self, text: str) -> str | None:
        """What is wrong with each field; None where that is not known of all. A sentence may have a part that looks like the
        next field ("; known: …"), so two parts may be one.
        """
        parts = NEXT_FIELD.split(text)
        if len(parts) > MOST_FIELDS:
            return None
        said: list[str | None] = [""]  # of none of the parts; of the last; of the last two …
        for n in reversed(range(len(parts))):
            taken = (
                self._before(said[-many], "; ".join(parts[n : n + many])) for many in (1, 2)[: len(said)]
            )
            said.append(next(filter(None, taken), None))
        return said[-1]

    def _before(self, rest: str | None, text: str) -> str | None:
        said = None if rest is None else self._field(text)
        return f"{said}；{rest}" if said and rest else said

    def _field(self, text: str, deep: int = 0) -> str | None:
        """With its name in front; or a sentence that begins like one."""
        found = FIELD.fullmatch(text) if deep < DEEPEST else None
        said = found and self._field(found[2], deep + 1)
        return f"{found[1]}：{said}" if found and said else self._sentence(text)

    def _part(self, text: str, context: str) -> str:
        return self._sentence(text, context) or self._listed(text, BETWEEN, context) or text

    def _listed(self, text: str, between: Iterable[str], context: str = "") -> str | None:
        """A list of what is known; None where anything of it is not."""
        for mark in between:
            parts = text.split(mark)
            if not 1 < len(parts) <= MOST_LISTED:
                continue
            said = [self._sentence(part, context) or self._field(part) or _same(part) for part in parts]
            if all(said):
                return BETWEEN[mark].join(map(str, said))
        return None

    @cached_property
    def _templates(self) -> tuple[_Template, ...]:
        """What says most first: it is the surest."""
        found = filter(None, (_template(*entry) for entry in self._words.items()))
        return tuple(sorted(found, key=lambda one: (-one.letters, -sum(map(len, one.literals)))))


def _same(text: str) -> str | None:
    """What is the same in every language: numbers, and what is not English."""
    return text if not text.isascii() or not re.search("[A-Za-z]", text) else None


@cache
def catalogue(language: str) -> Catalogue:
    """Of one of the `LANGUAGES`; of any other the English one. Read once a process."""
    if language not in LANGUAGES[1:]:
        return Catalogue(EN, {})
    found = tuple(entries(language))
    within = {(one.context, one.text): one.said for one in found if one.context}
    return Catalogue(language, {one.text: one.said for one in found if not one.context}, within)


def entries(language: str) -> Iterator[Entry]:
    """Everything in the files of a language; forms of a number each by themselves."""
    from babel.messages.pofile import read_po

    for file in sorted((FOLDER / language).glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=language):
                if message.id and message.string:
                    for text, said in _forms(message.id, message.string):
                        yield Entry(file.name, message.context or "", text, said)


def _forms(said: Any, translated: Any) -> Iterator[tuple[str, str]]:
    """Chinese has one form for every number."""
    many = [said] if isinstance(said, str) else said
    one = translated if isinstance(translated, str) else translated[0]
    return ((text, one) for text in many if one)


def negotiate(accepted: str | None) -> str:
    """The language of ours that an `Accept-Language` header likes best; English where it names none of them."""
    liked: dict[str, float] = {}
    for part in (accepted or "").lower().split(","):
        if found := ASKED.fullmatch(part):
            liked.setdefault(found[1], _weight(found[2]))
    best = max(LANGUAGES, key=lambda one: liked.get(one, liked.get("*", 0.0)))
    return best if liked.get(best) else EN


def _weight(text: str | None) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


# --- sentences by their templates ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Template:
    """A text with places, as it is recognised, and its translation: texts, and after each the name of a place, if any, and as
    what that is said; None where it stays as it is.
    """

    literals: tuple[str, ...]
    letters: int
    places: tuple[str, ...]
    quoted: frozenset[str]
    pattern: str
    pieces: tuple[tuple[str, str | None, str | None], ...]

    def heard_in(self, text: str, said: Callable[[str, str], str]) -> str | None:
        """The translation, where a text is made of this template."""
        if not all(one in text for one in self.literals) or not (found := self._compiled.fullmatch(text)):
            return None
        there = zip(self.places, found.groups(), strict=True)
        at = {name: value.strip("'\"") if name in self.quoted else value for name, value in there}
        return "".join(
            literal + ("" if place is None else at[place] if context is None else said(at[place], context))
            for literal, place, context in self.pieces
        )

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.DOTALL)


def _template(text: str, translated: str) -> _Template | None:
    """None for what is no template, or one that says too little to be recognised by."""
    if "{" not in text or not (parts := _parsed(text)):
        return None
    literals = tuple(literal for literal, *_ in parts if literal)
    letters = sum(one.isalpha() for literal in literals for one in literal)
    places = tuple(place for _, place, *_ in parts if place is not None)
    if letters < LEAST or not places:
        return None
    pattern = "".join(
        re.escape(literal) + _captured(*place, weak=letters < WEAK) for literal, *place in parts
    )
    pieces = tuple(
        (literal, place, None if how == "s" else form or "")
        for literal, place, form, how in _parsed(translated)
    )
    quoted = frozenset(place for _, place, _, how in parts if how == "r" and place is not None)
    return _Template(literals, letters, places, quoted, pattern, pieces)


def _parsed(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    """Texts, each with the place after it; empty where the braces are no places."""
    try:
        return list(Formatter().parse(text))
    except ValueError:
        return []


def _captured(place: str | None, form: str | None, conversion: str | None, *, weak: bool) -> str:
    """What may stand in a place: a quoted text (or a value that is written without quotes), a number, one word, anything."""
    if place is None:
        return ""
    if conversion == "r":
        return "('.*?'|\".*?\"|[\\w.+-]+)"
    if place == "n" or form == ",":
        return r"([\d,.]+)"
    return r"(\S+)" if weak else "(.*?)"
