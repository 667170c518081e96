"""cli: segments, their members and what a rule would change, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cli.engine.common import moment
from cli.engine.language import language, sentence, word
from cli.engine.tables import say, table

if TYPE_CHECKING:
    from projections.segment.reading import Member, SegmentPreview


def show_preview(found: SegmentPreview, shown: str) -> None:
    counts = {"inside": found.inside, "enters": found.enters, "leaves": found.leaves}
    said = "{inside:,} customers would be in: {enters:,} enter, {leaves:,} leave"
    say(sentence(said, **counts))
    if found.items:
        say(word(TITLES[shown]))
        rows = [(one.name, one.sector, one.customer_id) for one in found.items]
        table(("customer", "sector", "id"), rows, whole=("id",))


TITLES = {"in": "would be in", "enters": "would enter", "leaves": "would leave"}


def show_members(found: Iterable[Member], to: tzinfo | None) -> None:
    rows = [
        (one.name, one.sector, moment(one.since, to), one.segment_version, one.customer_id) for one in found
    ]
    columns = ("customer", "sector", "since", "by version", "id")
    table(columns, rows, right=("by version",), whole=("since", "id"), spare=("sector",))


def show_stays(found: Iterable[Mapping[str, Any]], to: tzinfo | None) -> None:
    label = "label_zh" if language() == "zh" else "label"
    rows = [(one["segment"], one[label], moment(one["since"], to), moment(one["until"], to)) for one in found]
    table(("segment", "label", "since", "until"), rows, whole=("since", "until"))


def show_fields(found: Iterable[Mapping[str, Any]]) -> None:
    rows = [(one["name"], word(one["kind"]), _says(one), ", ".join(one["choices"])) for one in found]
    table(("field", "kind", "meaning", "choices"), rows, whole=("field",), spare=("choices",))


def _says(one: Mapping[str, Any]) -> str:
    """A custom field as it is called; the others' words are in the catalogue."""
    own: str = one["says_zh"] if language() == "zh" else one["says"]
    return own if one["says_zh"] else word(one["says"])
