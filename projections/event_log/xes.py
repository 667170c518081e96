"""Projections room: an event log as XES (IEEE 1849) — a trace for each deal, lead or case, piece by piece."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from projections.event_log import telling
from projections.event_log.mapping import Row, Value
from projections.event_log.telling import Stream, Tellers
from projections.event_log.topics import BOOLEAN, DAY, FLOAT, INTEGER, TEXT, TIME, Attribute

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<global scope="trace"><string key="concept:name" value=""/></global>
<global scope="event"><string key="concept:name" value=""/><date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/><string key="lifecycle:transition" value="complete"/><string key="detail" value=""/></global>
<classifier name="Activity" keys="concept:name"/>
<classifier name="Activity_and_detail" keys="concept:name detail"/>
<string key="concept:name" value="salesloop"/>
"""
END = "</log>\n"
NEVER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""
SPECIAL = re.compile(f'[&<>"\t\n\r]|{NEVER.pattern}')
SIGNS = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def traces(some: Iterable[Sequence[Row]], since: str) -> bytes:
    """A trace for each of the streams with an event since then; its attributes are as they came to be."""
    told = (telling.told(rows, since, TELLERS) for rows in some)
    return "".join([_trace(stream, events) for stream, events in told if events]).encode()


def _trace(of: Stream, events: list[tuple[str, int, str]]) -> str:
    """What one of them went through; in the order in which it happened, and where that is the same, in which it was recorded."""
    state = {name: value for name, _, value in of.changes}
    about = {"concept:name": of.id, "kind": of.kind, **state}
    attributes = [_attribute(name, value) for name, value in about.items()]
    return f"<trace>{''.join(attributes)}\n{''.join([text for _, _, text in sorted(events)])}</trace>\n"


def _attribute(name: str, value: Value) -> str:
    kind, written = OF_STATE[value.__class__]
    return f'<{kind} key="{name}" value="{written(value)}"/>'


def _quoted(text: str) -> str:
    """Most text has nothing that would have to be written otherwise."""
    return escape(NEVER.sub("\ufffd", text), SIGNS) if SPECIAL.search(text) else text


KINDS = {TEXT: "string", DAY: "string", INTEGER: "int", FLOAT: "float", BOOLEAN: "boolean", TIME: "date"}
WRITTEN = {
    TEXT: "{q(v)}",
    DAY: "{v}",
    INTEGER: "{v}",
    FLOAT: "{v!r}",
    BOOLEAN: "{str(v).lower()}",
    TIME: "{v[:26]}+00:00",
}
OF_STATE: dict[type, tuple[str, Callable[[Any], str]]] = {
    str: ("string", _quoted),
    int: ("int", str),
    float: ("float", repr),
    bool: ("boolean", lambda value: str(value).lower()),
}


class _Xes:
    """An event becomes when it was, its position and its text, so that events sort as they are."""

    uses: Mapping[str, Any] = {"q": _quoted, "said": lru_cache(4_096)(_quoted)}
    begins, relates = "t = ''", False

    def attribute(self, n: int, one: Attribute, value: str) -> str:
        text = f'<{KINDS[one.type]} key="{one.name}" value="' + WRITTEN[one.type] + '"/>'
        return f"v = {value}; t += f{text!r}"

    def related(self) -> str:
        return ""

    def ends(self) -> Sequence[str]:
        event = (
            '<event><string key="concept:name" value="{topic}"/><date key="time:timestamp" value="{at[:26]}+00:00"/>'
            '<string key="lifecycle:transition" value="complete"/><string key="org:resource" value="{said(who)}"/>'
            '<string key="detail" value="{said(detail)}"/><string key="channel" value="{channel}"/>'
            '<int key="position" value="{position}"/>{t}</event>\n'
        )
        return (f"return at, position, f{event!r}",)


TELLERS = Tellers(_Xes())
