"""Projections room: an event log as XES (IEEE 1849) — a trace for each deal, lead or case, piece by piece."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any
from xml.sax.saxutils import escape

from projections.event_log.mapping import Event, Instant, Object, Value

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


def trace(of: Object, state: Mapping[str, Value], events: Sequence[Event]) -> str:
    """What one of them went through; in the order in which it happened, and where that is the same, in which it was recorded."""
    ordered = sorted(events, key=attrgetter("at", "position"))
    about = {"concept:name": of.id, "kind": of.kind, **state}
    return f"<trace>{''.join(_attributes(about))}\n{''.join(map(_event, ordered))}</trace>\n"


def _event(event: Event) -> str:
    detail = _quoted(event.detail) if event.detail else ""
    return (
        f'<event><string key="concept:name" value="{event.activity}"/><date key="time:timestamp" value="{_date(event.at)}"/>'
        f'<string key="lifecycle:transition" value="complete"/><string key="org:resource" value="{_quoted(event.who)}"/>'
        f'<string key="detail" value="{detail}"/><string key="channel" value="{event.channel}"/>'
        f'<int key="position" value="{event.position}"/>{"".join(_attributes(event.attributes))}</event>\n'
    )


def _attributes(values: Mapping[str, Value]) -> list[str]:
    return [
        f'<{KINDS[value.__class__]} key="{name}" value="{WRITTEN[value.__class__](value)}"/>'
        for name, value in values.items()
    ]


def _quoted(text: str) -> str:
    """Most text has nothing that would have to be written otherwise."""
    return escape(NEVER.sub("\ufffd", text), SIGNS) if SPECIAL.search(text) else text


def _date(at: Instant) -> str:
    return f"{at[:26]}+00:00"


KINDS: dict[type, str] = {str: "string", int: "int", float: "float", bool: "boolean", Instant: "date"}
WRITTEN: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    int: str,
    float: repr,
    bool: lambda value: "true" if value else "false",
    Instant: _date,
}
