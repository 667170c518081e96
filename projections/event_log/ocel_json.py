"""Projections room: an object-centric event log (OCEL 2.0) as JSON. What is told is not kept: objects wait on the disk."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from orjson import dumps

from projections.event_log.mapping import TIMES, Value
from projections.event_log.telling import Change, Tellers
from projections.event_log.topics import BOOLEAN, DAY, FLOAT, INTEGER, TEXT, TIME, Attribute, topic_of

PIECE = 128 * 1024
SPECIAL = re.compile(r'[\x00-\x1f"\\\ud800-\udfff]')
TYPES = {TEXT: "string", DAY: "string", INTEGER: "integer", FLOAT: "float", BOOLEAN: "boolean", TIME: "time"}
OF_VALUE = {bool: "boolean", int: "integer", float: "float", str: "string"}
WRITTEN = {
    TEXT: "{q(v)}",
    DAY: '"{v}"',
    INTEGER: "{v}",
    FLOAT: "{j(v)}",
    BOOLEAN: "{j(v)}",
    TIME: '"{v}"',
}
Attributes = dict[str, dict[str, str]]
"""By type of event or object, the types of its attributes."""


def _json(value: Value) -> str:
    return dumps(value).decode()


def _quoted(text: str) -> str:
    """Most text has nothing that would have to be written otherwise."""
    return _json(text) if SPECIAL.search(text) else f'"{text}"'


class _Events:
    """An event becomes its topic, which of its attributes it has, as bits, and its text."""

    uses: Mapping[str, Any] = {"q": _quoted, "j": _json, "said": lru_cache(4_096)(_quoted)}
    begins, relates = "t = r = ''; m = 0", True

    def attribute(self, n: int, one: Attribute, value: str) -> str:
        text = f',{{{{"name":"{one.name}","value":' + WRITTEN[one.type] + "}}"
        return f"v = {value}; m |= {1 << n}; t += f{text!r}"

    def related(self) -> str:
        text = ',{{"objectId":"{o}","qualifier":"{as_what}"}}'
        return f"r += f{text!r}"

    def ends(self) -> Sequence[str]:
        detail = ',{{"name":"detail","value":{said(detail)}}}{t}'
        event = (
            '{{"id":"{position}","type":"{topic}","time":"{at}","attributes":['
            '{{"name":"who","value":{said(who)}}},{{"name":"channel","value":{said(channel)}}}{t}],'
            '"relationships":[{r[1:]}]}}'
        )
        return f"if detail: m |= 1; t = f{detail!r}", f"return topic, m, f{event!r}"


class Json:
    """One document, its events first: their pieces come as they are told, the rest at the end."""

    BEGINS = b'{"events":['
    TELLERS = Tellers(_Events())

    def __init__(self) -> None:
        self._objects = tempfile.TemporaryFile()  # noqa: SIM115 - `close` ends it
        self._events: Attributes = {}
        self._kinds: Attributes = {}
        self._known: set[tuple[str, int]] = set()
        """Topics with the attributes that were declared."""
        self._first = {"events": True, "objects": True}

    def close(self) -> None:
        self._objects.close()

    def events(self, events: Sequence[Any], _related: Sequence[str]) -> bytes:
        for topic, met in dict.fromkeys([(topic, met) for topic, met, _ in events]):
            if (topic, met) not in self._known:
                self._known.add((topic, met))
                self._events.setdefault(topic, {}).update(attributes_of(topic, met))
        return self._joined("events", [text for _, _, text in events])

    def object(self, name: str, changes: Sequence[Change], related: Iterable[tuple[str, str]]) -> None:
        kind = name.partition(":")[0]
        types, told = self._kinds.setdefault(kind, {}), []
        for attribute, at, value in changes:
            if attribute not in types:
                types[attribute] = TYPES[TIME] if attribute in TIMES else OF_VALUE[value.__class__]
            written = _quoted(value) if value.__class__ is str else _json(value)
            told.append(f'{{"name":"{attribute}","time":"{at}","value":{written}}}')
        to = [f'{{"objectId":"{o}","qualifier":"{qualifier}"}}' for o, qualifier in related]
        begins = f'{{"id":"{name}","type":"{kind}","attributes":[{",".join(told)}]'
        self._objects.write(self._joined("objects", [f'{begins},"relationships":[{",".join(to)}]}}']))

    def end(self) -> Iterator[bytes]:
        yield b'],"objects":['
        self._objects.seek(0)
        while piece := self._objects.read(PIECE):
            yield piece
        types = {"objectTypes": _said(self._kinds), "eventTypes": _said(self._events)}
        yield b"]," + dumps(types)[1:] + b"\n"

    def _joined(self, what: str, told: Iterable[str]) -> bytes:
        pieces = ",\n".join(told).encode()
        if not pieces or self._first[what]:
            self._first[what] = self._first[what] and not pieces
            return pieces
        return b",\n" + pieces


def attributes_of(topic: str, met: int) -> dict[str, str]:
    """Those that these bits say, with their types, as an event has them."""
    there = [one for n, one in enumerate(topic_of(topic).attributes, 1) if met >> n & 1]
    return dict.fromkeys(("who", "channel", *(["detail"] if met & 1 else [])), "string") | {
        one.name: TYPES[one.type] for one in there
    }


def _said(types: Attributes) -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": one, "type": kind} for one, kind in attributes.items()]}
        for name, attributes in types.items()
    ]
