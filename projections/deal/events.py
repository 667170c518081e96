"""Projections room: one event as it is told — who, what, when, what it changed, and in words — from the row that the ledger has of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.custom_field.value import FieldValue
from domain.engine.facts import Fact
from domain.engine.recorded import Meta
from projections.deal.sentences import EN, ZH, SentenceRenderer, before_and_after, places
from projections.engine.paging import (
    Source,
)
from projections.people import directory
from runtime.codec import decode_fact, encode, is_known

LANGUAGES = {"en": EN, "zh": ZH}
ELSEWHERE = ("a record of another team", "其他团队的记录")
"""Instead of the name of what must not be seen."""
read_meta = msgspec.json.Decoder(Meta).decode


class Change(msgspec.Struct):
    """One thing that a fact changed, as JSON values."""

    field: str
    before: Any
    after: Any


class DealEvent(msgspec.Struct):
    """A fact of a deal. `data` is the fact as stored; `sentence` says it in `en` and `zh`, without the actor;
    `who_name` is the rep's name where the actor is one (personal data). Ids of what whoever reads must not see are null in `data` and `changes`.
    """

    position: int
    version: int
    topic: str
    who: str
    who_kind: str
    who_name: str | None
    run: str | None
    sentence: dict[str, str]
    changes: list[Change]
    occurred_at: datetime
    recorded_at: datetime
    channel: str
    reason: str | None
    correlation_id: UUID
    caused_by: int | None
    schema_version: int
    data: msgspec.Raw


class Stored(msgspec.Struct):
    version: int
    position: int
    topic: str
    schema_version: int
    data: str
    meta: str
    occurred_at: datetime
    recorded_at: datetime


async def rendered_rows(
    source: Source, stored: Sequence[Stored], languages: Collection[str], hidden: Collection[UUID] = ()
) -> list[DealEvent]:
    """Facts as they are stored, told in these languages; of the `hidden` ids neither names nor the ids."""
    facts = [
        decode_fact(row.topic, row.schema_version, row.data)
        if is_known(row.topic, row.schema_version)
        else None
        for row in stored
    ]
    metas = [read_meta(row.meta) for row in stored]
    ids = {id for fact in facts if fact for id in ids_in(fact)}.difference(hidden)
    named, users = await directory.named(source, ids, {m.actor.id for m in metas if m.actor.kind == "user"})
    renderers = {
        language: SentenceRenderer(
            LANGUAGES[language], named | dict.fromkeys(hidden, ELSEWHERE[LANGUAGES[language]])
        )
        for language in languages
    }
    blanked = {str(id) for id in hidden}
    return [
        DealEvent(
            position=row.position,
            version=row.version,
            topic=row.topic,
            who=meta.actor.id,
            who_kind=meta.actor.kind,
            who_name=users.get(meta.actor.id),
            run=meta.actor.run,
            sentence={
                language: renderer.render(fact) if fact else row.topic
                for language, renderer in renderers.items()
            },
            changes=_without(blanked, changes(fact)) if fact else [],
            occurred_at=row.occurred_at,
            recorded_at=row.recorded_at,
            channel=meta.channel,
            reason=meta.reason,
            correlation_id=meta.correlation_id,
            caused_by=meta.caused_by,
            schema_version=row.schema_version,
            data=msgspec.Raw(_data_without(blanked, row.data)),
        )
        for row, fact, meta in zip(stored, facts, metas, strict=True)
    ]


def ids_in(fact: Fact) -> set[UUID]:
    """Ids that its sentences tell, to be shown by name where the directory knows them."""
    return {value for named in places(fact.TOPIC) if isinstance(value := named.of(fact), UUID)}


def changes(fact: Fact) -> list[Change]:
    """What stands in a fact as `before` and `after`, or as `x_before` and `x_after`, where the two differ; values of
    several parts are compared part by part, all of them with nothing where one of the two is nothing.
    """
    found: list[Change] = []
    for label, before, after in before_and_after(fact.TOPIC):
        found += _differences(label, getattr(fact, before), getattr(fact, after))
    return found


def _differences(label: str, before: Any, after: Any) -> list[Change]:
    if isinstance(before, dict):
        return _entries(label, before, after)
    shape = after if before is None else before
    if is_dataclass(shape) and label not in ("amount", "quote"):
        parts = [(f.name, getattr(before, f.name, None), getattr(after, f.name, None)) for f in fields(shape)]
        return [Change(f"{label}.{name}", _json(b), _json(a)) for name, b, a in parts if b != a]
    return [Change(label, _json(before), _json(after))] if before != after else []


def _entries(label: str, before: dict[str, FieldValue], after: dict[str, FieldValue]) -> list[Change]:
    """Of custom fields each by itself, as its value is written down."""
    values = ((name, before.get(name), after.get(name)) for name in sorted({*before, *after}))
    told = ((name, *(None if one is None else one.written for one in (b, a))) for name, b, a in values)
    return [Change(f"{label or 'custom'}.{name}", b, a) for name, b, a in told if b != a]


def _without(hidden: Collection[str], changed: list[Change]) -> list[Change]:
    return [Change(c.field, _blanked(c.before, hidden), _blanked(c.after, hidden)) for c in changed]


def _data_without(hidden: Collection[str], data: str) -> str | bytes:
    return msgspec.json.encode(_blanked(msgspec.json.decode(data), hidden)) if hidden else data


def _blanked(value: Any, hidden: Collection[str]) -> Any:
    """A JSON value with null in the place of every hidden id."""
    if isinstance(value, dict):
        return {name: _blanked(one, hidden) for name, one in value.items()}
    if isinstance(value, list):
        return [_blanked(one, hidden) for one in value]
    return None if isinstance(value, str) and value in hidden else value


def _json(value: Any) -> Any:
    return msgspec.json.decode(encode(value))
