"""Projections room: what a stream tells. A topic becomes code once for each format, which writes an event straight from its JSON: a log has millions.

Names in that code are of our own facts' fields, and written as literals; what the ledger says is in no code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

import msgspec

from domain.engine.facts import FACTS, Fact, lift
from domain.engine.undoing import marks, standing
from projections.event_log.mapping import BETWEEN, Json, Row, Value, name_of, utc
from projections.event_log.topics import (
    BOOLEAN,
    DAY,
    FLOAT,
    INTEGER,
    TEXT,
    TIME,
    Attribute,
    Path,
    Topic,
    kind_of,
    topic_of,
)
from runtime.codec import decode_fact

VALUES = {
    TEXT: "v if v.__class__ is str else str(v)",
    DAY: "str(v)",
    INTEGER: "v",
    BOOLEAN: "v",
    FLOAT: "float(v)",
    TIME: "utc(v)",
}
"""By type, what makes a value of its JSON."""
Change = tuple[str, str, Value]
"""An attribute, since when, and what it is then."""


class Actor(msgspec.Struct):
    kind: str
    id: str


class Meta(msgspec.Struct):
    actor: Actor
    channel: str


decode_meta = msgspec.json.Decoder(Meta).decode
decode_data: Callable[[str], Json] = msgspec.json.Decoder(dict[str, Any]).decode
topic_in, version_in = itemgetter(2), itemgetter(7)
_marks = cache(marks)


class Stream:
    """What one stream told until now. `changes` are of what it is of, `promises` have theirs; `named` are the objects that its events are
    about, `between` what it belongs to and as what, and `related` the values of rows of events and objects, one after the other, of formats that have such rows.
    """

    __slots__ = ("between", "changes", "id", "kind", "named", "own", "promises", "related")

    def __init__(self, kind: str, id: str) -> None:
        self.kind, self.id, self.own = kind, id, name_of(kind, id)
        self.changes: list[Change] = []
        self.promises: dict[str, list[Change]] = {}
        self.named: dict[str, None] = {}
        self.between: dict[tuple[str, str], None] = {}
        self.related: list[str] = []

    def apart(self) -> Stream:
        """The same for events that are not in the log: they change it, and are about nothing."""
        other = Stream(self.kind, self.id)
        other.changes, other.promises, other.between = self.changes, self.promises, self.between
        return other


Tell = Callable[[Json, Stream, int, str, str, str], Any]


class Format(Protocol):
    """What a format makes of an event, as code. It finds `topic`, `position`, `at`, `who`, `channel` and `detail`; what `begins` made is there for all."""

    uses: Mapping[str, Any]
    begins: str
    relates: bool
    """Whether it tells objects."""

    def attribute(self, n: int, one: Attribute, value: str) -> str:
        """`value` is the code that makes it, `n` counts a topic's attributes from 1."""

    def related(self) -> str:
        """Of the object that is called `o`, with `as_what` it takes part."""

    def ends(self) -> Sequence[str]:
        """The last of them returns what the event became."""


class Tellers(dict[str, tuple[Tell, int]]):
    """By topic, its code and the schema that it knows, made when it is first met."""

    def __init__(self, format: Format) -> None:
        self._format = format

    def __missing__(self, topic: str) -> tuple[Tell, int]:
        known = FACTS.find(topic)
        found = self[topic] = _compiled(topic_of(topic), self._format), 0 if known is None else known.SCHEMA
        return found


def told(rows: Sequence[Row], since: str, tellers: Tellers) -> tuple[Stream, list[Any]]:
    """All that is known of a stream, but for what an undone import took back, and what its events since then became."""
    stream = Stream(kind_of(rows[0][2]), rows[0][1])
    apart, found = stream.apart(), []
    for position, _, topic, schema, data, meta, at, _ in _standing(rows):
        tell, current = tellers[topic]
        read, by = decode_data(data), decode_meta(meta)
        if schema < current:
            read = lift(topic, schema, read)
        who = f"{by.actor.kind}:{by.actor.id}"
        if at >= since:
            found.append(tell(read, stream, position, at, who, by.channel))
        else:
            tell(read, apart, position, at, who, by.channel)
    return stream, found


def _standing(rows: Sequence[Row]) -> Sequence[Row]:
    return rows if _marks().isdisjoint(map(topic_in, rows)) else standing(rows, _mark, version_in)


def _mark(row: Row) -> Fact | None:
    return decode_fact(row[2], row[3], row[4]) if row[2] in _marks() else None


# --- the code of a topic ---------------------------------------------------------------------------------------------


def _compiled(topic: Topic, format: Format) -> Tell:
    lines = [
        "def tell(d0, s, position, at, who, channel):",
        f" {format.begins}",
        *_attributes([*enumerate(topic.attributes, 1)], 0, format),
        *(_relations(topic, format) if format.relates else ()),
        *_changes(topic),
        f" detail = str({_at(topic.detail)} or '')" if topic.detail else " detail = ''",
        *(f" {line}" for line in format.ends()),
    ]
    made: dict[str, Any] = {"utc": utc, "topic": topic.name, "kind": topic.kind, **format.uses}
    exec("\n".join(lines), made)  # noqa: S102 - of our own facts' names alone
    tell: Tell = made["tell"]
    return tell


def _attributes(some: Sequence[tuple[int, Attribute]], depth: int, format: Format) -> Iterator[str]:
    """A value that holds others is looked up once for all of them."""
    d, indent = f"d{depth}", " " * (depth + 1)
    for (name, deeper), group in groupby(
        some, lambda one: (one[1].path[depth], len(one[1].path) > depth + 1)
    ):
        if deeper:
            yield f"{indent}d{depth + 1} = {d}.get({name!r})"
            yield f"{indent}if d{depth + 1}.__class__ is dict:"
            yield from _attributes([*group], depth + 1, format)
            continue
        for n, one in group:
            there = "v is not None and v != ''" if one.type in (TEXT, DAY) else "v is not None"
            yield f"{indent}v = {d}.get({name!r})"
            yield f"{indent}if {there}: {format.attribute(n, one, VALUES[one.type])}"


def _relations(topic: Topic, format: Format) -> Iterator[str]:
    """An object that was told as another part of the event is not told again."""
    yield " o = own = f'{kind}:{s.id}'; n = s.named; n[o] = None; x = [o]; as_what = kind"
    yield f" {format.related()}"
    met = {topic.kind}
    for path, qualifier, kind in topic.named:
        new = " and o not in x" if kind in met else ""
        between = f"\n  if o != own: s.between[o, {qualifier!r}] = None" if kind in BETWEEN else ""
        yield f" v = {_at(path)}"
        yield f" if v and (o := f'{kind}:{{v}}'){new}:"
        yield f"  x.append(o); n[o] = None; as_what = {qualifier!r}; {format.related()}{between}"
        met.add(kind)


def _changes(topic: Topic) -> Iterator[str]:
    if topic.states:
        of_promise = "s.promises.setdefault('promise:' + d0['promise_id'], [])"
        yield f" c = {of_promise if topic.of_promise else 's.changes'}"
    for name, path, word, kind in topic.states:
        if word:
            yield f" c.append(({name!r}, at, {word!r}))"
        else:
            yield f" v = {_at(path)}"
            yield f" if v is not None and v != '': c.append(({name!r}, at, {VALUES[kind]}))"


def _at(path: Path) -> str:
    code = f"d0.get({path[0]!r})"
    for name in path[1:]:
        code = f"(w.get({name!r}) if (w := {code}).__class__ is dict else None)"
    return code
