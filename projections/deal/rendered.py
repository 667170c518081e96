"""Projections room: facts of a deal rendered by the database — the sentences of `sentences.py` as one SQL expression.

A page of history then leaves the database as it is sent. Everything here is composed once, from the templates and the
types of the facts' fields; a test holds what the database says to what `SentenceRenderer` and `changes` say, fact by fact.
Facts of another schema than this release's are none of its business: the expression is NULL for them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from domain.engine.facts import FACTS
from domain.engine.values import Money
from projections.deal.sentences import COMMA, NOTHING, SENTENCES, TERMS, before_and_after
from projections.deal.templates import Kind, Named, Piece, pieces
from projections.people.directory import CONTACT_NAME

NAMED = (
    "COALESCE((SELECT name FROM read.directory WHERE id = ({0})::uuid), "
    f"({CONTACT_NAME.format(id='({0})::uuid')}), {{0}})"
)
GROUPED = """(CASE WHEN ({0})::numeric < 0 THEN '-' ELSE '' END
 || to_char(trunc(abs(({0})::numeric)), 'FM999,999,999,999,999,999,990')
 || COALESCE('.' || NULLIF(split_part(({0})::numeric::text, '.', 2), ''), ''))"""
MINUTE = """(overlay(left({0}, 16) PLACING ' ' FROM 11) || ' UTC'
 || CASE right({0}, 1) WHEN 'Z' THEN '' ELSE right({0}, 6) END)"""
TERM = "COALESCE(w.terms->>('{1}:' || {0}), NULLIF({0}, ''))"
EACH = """(SELECT string_agg({one}, '{comma}' ORDER BY n)
 FROM jsonb_array_elements_text({value}) WITH ORDINALITY AS each(value, n))"""


class Place(NamedTuple):
    """A value in a fact's JSON: how to reach it, and its type where it is not empty."""

    steps: tuple[str, ...]
    type: Any

    def at(self, name: str) -> Place:
        return Place((*self.steps, name), plain(get_type_hints(self.type, include_extras=True)[name]))

    @property
    def json(self) -> str:
        return "d.fact" + "".join(f"->'{step}'" for step in self.steps)

    @property
    def text(self) -> str:
        return f"({'->'.join(['d.fact', *(quoted(s) for s in self.steps[:-1])])}->>{quoted(self.steps[-1])})"

    @property
    def parts(self) -> list[Place]:
        return [self.at(field.name) for field in fields(self.type)]


def plain(hint: Any) -> Any:
    """The type beneath Annotated and Optional."""
    if get_origin(hint) is Annotated:
        return plain(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return plain(next(arg for arg in get_args(hint) if arg is not type(None)))
    return hint


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# -- sentences ------------------------------------------------------------------------------------


def terms(language: int) -> str:
    """A JSON object of the words that have a translation, each behind the letter of its vocabulary."""
    text = {f"{kind}:{word}": both[language] for kind, words in TERMS.items() for word, both in words.items()}
    return json.dumps(text, ensure_ascii=False)


def sentence(topic: str, language: int) -> str:
    root = Place((), FACTS[topic])
    parts = [_piece(piece, root, language) for piece in pieces(SENTENCES[topic][language])]
    return " || ".join(parts)


def _piece(piece: Piece, root: Place, language: int) -> str:
    """An empty value empties a piece that is to be filled: in SQL, nothing and something is nothing."""
    parts: list[str] = []
    for text, named in piece.parts:
        if text:
            parts.append(quoted(text))
        if named is not None:
            value = _value(named, root, language)
            parts.append(value if piece.kind is Kind.FILLED else _or_nothing(value, language))
    joined = " || ".join(parts)
    if piece.kind is Kind.FILLED:
        return f"COALESCE({joined}, '')"
    if piece.kind is Kind.ALWAYS:
        return joined
    return f"CASE WHEN {_is_told(piece, root, language)} THEN {joined} ELSE '' END"


def _is_told(piece: Piece, root: Place, language: int) -> str:
    if piece.field is not None:
        place = _place(piece.field, root)
        there = f"{place.text} = 'true'" if place.type is bool else f"NULLIF({place.text}, '') IS NOT NULL"
        return there if piece.kind is Kind.IF else f"NOT ({there})"
    one, other = piece.named[:2]
    values = (_or_nothing(_value(named, root, language), language) for named in (one, other))
    return f"{_raw(one, root)} IS DISTINCT FROM {_raw(other, root)} AND {' <> '.join(values)}"


def _raw(named: Named, root: Place) -> str:
    """What stands in the fact, before it is told: soon compared."""
    return _place(named, root).json


def _or_nothing(value: str, language: int) -> str:
    return f"COALESCE({value}, {quoted(NOTHING[language])})"


def _value(named: Named, root: Place, language: int) -> str:
    place = _place(named, root)
    if get_origin(place.type) is tuple:
        known = TERM.format("value", named.terms) if named.terms else "NULLIF(value, '')"
        one = _or_nothing(known, language)
        return EACH.format(one=one, comma=COMMA[language], value=_or_none(place))
    return TERM.format(place.text, named.terms) if named.terms else f"NULLIF({_shown(place)}, '')"


def _place(named: Named, root: Place) -> Place:
    place = root
    for name in named.path:
        place = place.at(name)
    return place


def _or_none(place: Place) -> str:
    return f"CASE jsonb_typeof({place.json}) WHEN 'array' THEN {place.json} END"


def _shown(place: Place) -> str:
    if place.type is Money:
        return f"({_shown(place.at('amount'))} || ' ' || {place.at('currency').text})"
    ways = {UUID: NAMED, Decimal: GROUPED, datetime: MINUTE}
    return ways.get(place.type, "{0}").format(place.text)


# -- changes --------------------------------------------------------------------------------------


def changes(topic: str) -> str:
    root = Place((), FACTS[topic])
    found = [
        change
        for label, before, after in before_and_after(topic)
        for change in _differences(label, root.at(before), root.at(after))
    ]
    if not found:
        return "'[]'"
    text = f"'[' || concat_ws(',', {', '.join(found)}) || ']'"
    unlike = [f"{root.at(b).json} IS DISTINCT FROM {root.at(a).json}" for _, b, a in before_and_after(topic)]
    return f"CASE WHEN {' OR '.join(unlike)} THEN {text} ELSE '[]' END"


def _has_parts(label: str, place: Place) -> bool:
    return is_dataclass(place.type) and label not in ("amount", "quote")


def _differences(label: str, before: Place, after: Place) -> Iterator[str]:
    if not _has_parts(label, before):
        yield _where_different(label, before, after)
        return
    for one, other in zip(before.parts, after.parts, strict=True):
        yield _where_different(f"{label}.{one.steps[-1]}", one, other)


def _where_different(label: str, before: Place, after: Place) -> str:
    text = _change(label, before, after)
    return f"CASE WHEN {_compared(before)} IS DISTINCT FROM {_compared(after)} THEN {text} END"


def _change(label: str, before: Place, after: Place) -> str:
    was, now = (f"COALESCE(({place.json})::text, 'null')" for place in (before, after))
    return f"""'{{"field":"{label}","before":' || {was} || ',"after":' || {now} || '}}'"""


def _compared(place: Place) -> str:
    """Equal where the values are, however they are written."""
    if is_dataclass(place.type):
        present = f"jsonb_typeof({place.json}) IS NOT DISTINCT FROM 'object'"
        return f"ROW({', '.join([present, *(_compared(part) for part in place.parts)])})"
    casts = {datetime: "timestamptz", Decimal: "numeric"}
    return f"{place.text}::{casts[place.type]}" if place.type in casts else place.text


# -- the whole item -------------------------------------------------------------------------------

BESIDE = "(SELECT h.data::jsonb AS fact, h.meta::jsonb AS meta OFFSET 0) d"
"""Each JSON text of a row is read once: in `jsonb` a value is found without looking through what is before it."""


TOLD_HERE = frozenset({"deal.fields-set"})
"""What has a change for each entry of a table: a page with such a fact is rendered by its reader."""
ORDINARY = (
    "promise.made",
    "promise.ended",
    "deal.activity-logged",
    "deal.stage-moved",
    "promise.rearmed",
    "promise.reminded",
    "promise.missed",
    "deal.opened",
    "deal.amount-changed",
    "deal.needs-recorded",
    "deal.quote-recorded",
    "deal.won",
    "deal.lost",
)
"""What most deals are made of. To set up an expression takes the database a while, whatever of it is needed: for all
topics three times as long as for these.
"""


RENDERED = tuple(topic for topic in SENTENCES if topic not in TOLD_HERE)


def _sentence(language: int, topics: Collection[str]) -> str:
    """The sentence and the changes, by topic; NULL for another topic, and for a fact that is not of this release."""
    whens = [
        f"WHEN {quoted(f'{topic}/{FACTS[topic].SCHEMA}')} THEN"
        f" to_json(({sentence(topic, language)})::text)::text || ',\"changes\":' || {changes(topic)}"
        for topic in topics
    ]
    return f"CASE h.topic || '/' || h.schema_version {' '.join(whens)} END"


def _moment(column: str) -> str:
    return f"""'"' || replace(({column} AT TIME ZONE 'UTC')::text, ' ', 'T') || 'Z"'"""


def _or_null(value: str) -> str:
    return f"COALESCE(({value})::text, 'null')"


def item(language: int, topics: Collection[str] = RENDERED) -> str:
    """NULL for what is of no topic among these, or else one happening as JSON, from a row `h` of the history, what stands BESIDE it, and the words `w`."""
    rep = (
        "(SELECT to_json(min(name)) FROM read.directory WHERE user_id = d.meta->'actor'->>'id' AND kind = 'rep'"
        " HAVING count(DISTINCT name) = 1)"
    )
    parts = {
        "position": "h.position",
        "version": "h.version",
        "topic": "to_json(h.topic)",
        "who": "(d.meta->'actor'->'id')",
        "who_kind": "(d.meta->'actor'->'kind')",
        "who_name": _or_null(f"CASE WHEN d.meta->'actor'->>'kind' = 'user' THEN {rep} END"),
        "run": _or_null("d.meta->'actor'->'run'"),
        "sentence": _sentence(language, topics),
        "occurred_at": _moment("h.occurred_at"),
        "recorded_at": _moment("h.recorded_at"),
        "channel": "(d.meta->'channel')",
        "reason": _or_null("d.meta->'reason'"),
        "correlation_id": "(d.meta->'correlation_id')",
        "caused_by": _or_null("d.meta->'caused_by'"),
        "schema_version": "h.schema_version",
        "data": "h.data",
    }
    text = " || ".join(
        f"""'{"," if n else ""}"{name}":' || {sql}""" for n, (name, sql) in enumerate(parts.items())
    )
    return f"'{{' || {text} || '}}'"
