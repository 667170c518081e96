"""Projections room: an event log as XES (IEEE 1849) — a trace for each deal, lead or case, piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from xml.sax.saxutils import escape

from projections.event_log.mapping import Event, Object, Value

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<global scope="trace"><string key="concept:name" value=""/></global>
<global scope="event"><string key="concept:name" value=""/><date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/><string key="lifecycle:transition" value="complete"/><string key="detail" value=""/></global>
<classifier name="Activity" keys="concept:name"/>
<classifier name="Activity and detail" keys="concept:name detail"/>
<string key="concept:name" value="salesloop"/>
"""
END = "</log>\n"
NEVER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""
SPECIAL = re.compile(f'[&<>"\t\n\r]|{NEVER.pattern}')
SIGNS = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def trace(of: Object, state: Mapping[str, Value], events: Sequence[Event]) -> str:
    """What one of them went through; in the order in which it happened, and where that is the same, in which it was recorded."""
    ordered = sorted(events, key=lambda event: (event.at, event.position))
    told = "".join(_attribute(name, value) for name, value in state.items())
    return f"<trace>{_attribute('concept:name', of.id)}{_attribute('kind', of.kind)}{told}\n{''.join(map(_event, ordered))}</trace>\n"


def _event(event: Event) -> str:
    beside: Iterable[tuple[str, Value]] = (
        ("concept:name", event.activity),
        ("time:timestamp", event.at),
        ("lifecycle:transition", "complete"),
        ("org:resource", event.who),
        ("detail", event.detail),
        ("channel", event.channel),
        ("position", event.position),
        *event.attributes.items(),
    )
    return f"<event>{''.join(_attribute(name, value) for name, value in beside)}</event>\n"


def _attribute(name: str, value: Value) -> str:
    kind, text = _typed(value)
    return f'{_begun(kind, name)}{text}"/>'


@cache
def _begun(kind: str, name: str) -> str:
    return f'<{kind} key="{_quoted(name)}" value="'


def _quoted(text: str) -> str:
    """Most text has nothing that would have to be written otherwise."""
    return escape(NEVER.sub("\ufffd", text), SIGNS) if SPECIAL.search(text) else text


def _typed(value: Value) -> tuple[str, str]:
    match value:
        case bool():
            return "boolean", "true" if value else "false"
        case int():
            return "int", str(value)
        case float():
            return "float", repr(value)
        case datetime():
            return "date", value.astimezone(UTC).isoformat(timespec="microseconds")
        case _:
            return "string", _quoted(value)
