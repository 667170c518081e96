"""cli: a review's pack for people, as it was frozen and as known now. Each takes what was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID

from cli.engine.common import moment
from cli.engine.language import sentence, word
from cli.engine.options import figure, measured, metric_name, percent
from cli.engine.tables import say, table
from cli.views.loop import Names, title_of

if TYPE_CHECKING:
    from projections.cycle.pack_view import Beside, PackSeen, Spoken

SECTIONS = {
    "targets": "target",
    "scorecard": "scorecard",
    "scores": "score",
    "funnel": "stage",
    "promises": "promises",
    "since_last_review": "changed since the last review",
    "entered_late": "entered late",
    "stalled": "stalled deals",
    "longest": "stalled",
    "action_items": "action item",
    "low_answers": "low answer",
    "adjustments": "adjustment",
}
LABELS = {
    "mean_days": "days",
    "number": "target",
    "entered_on": "entered",
    "facts": "facts",
    "promises": "",
    "deals": "",
    "score": "",
    "outcome": "",
}
"""How values are called here; those that need no name have an empty one."""
FROZEN = "{about}: frozen at position {position:,} ({at}), the bytes that were recorded then"
ALTERED = "{about}: frozen at position {position:,} ({at}), NOT the bytes that were recorded then"
KEPT = {
    "when frozen": "its bytes were kept when it was frozen",
    "later": "its bytes were computed later and kept at {at}",
    None: "its bytes are not kept yet and computed now",
}
RECOMPUTES = {
    True: "computed again at this position it is the same",
    False: "computed again at this position it is NOT the same: this release computes it otherwise",
    None: "it cannot be computed again yet: the read models have not come to this position",
}
MEASURED = ("number", "actual", "value", "effect")
SHARES = ("attained",)


def show_pack(
    pack: PackSeen, names: Names, to: tzinfo | None, lang: str = "en", *, changed: bool = False
) -> None:
    """What was frozen when the review opened, and beside each value what is known now. `changed`: only what differs."""
    at = moment(pack.opened_at, to)
    say(
        sentence(
            FROZEN if pack.equal else ALTERED, about=title_of(pack, names), position=pack.position, at=at
        )
    )
    say(sentence(KEPT[pack.computed], at=moment(pack.kept_at, to)))
    say(word(RECOMPUTES[pack.recomputes]))
    show_points(pack.agenda, names, lang)
    rows = list(_besides(pack.lines, names, lang, changed=changed))
    now = sentence("as known now ({position:,})", position=pack.known_at)
    table(
        ("", "about", "as frozen", now, " "),
        rows,
        title="" if rows else word("nothing is known differently"),
        spare=("about",),
    )


def show_points(agenda: Sequence[Spoken], names: Names, lang: str = "en") -> None:
    if agenda:
        rows = [(getattr(p.words, lang), p.detail or _name(p.subject_id, names)) for p in agenda]
        table(("on the agenda", ""), rows)


def _besides(
    lines: Sequence[Beside], names: Names, lang: str, *, changed: bool
) -> Iterator[tuple[str, str, str, str, str]]:
    """A row for all values about one thing."""
    for (section, about), group in groupby(lines, lambda line: (line.section, line.about)):
        values = list(group)
        differs = any(one.changed for one in values)
        if changed and not differs:
            continue
        then, now = (_values(values, when) for when in ("then", "now"))
        yield SECTIONS[section], _about(values[0], about, names, lang), then, now, "≠" if differs else ""


def _about(line: Beside, about: str, names: Names, lang: str) -> str:
    if line.section in ("targets", "since_last_review", "entered_late", "adjustments"):
        return metric_name(line.metric, lang)
    return _name(about, names)


def _name(about: UUID | str | None, names: Names) -> str:
    try:
        return names.get(UUID(str(about)), str(about)) if about else ""
    except ValueError:
        return str(about)


def _values(lines: Sequence[Beside], when: str) -> str:
    given = [(line, getattr(line, when)) for line in lines]
    named = [f"{_label(line)} {_value(line, text)}".strip() for line, text in given if text is not None]
    return ", ".join(named) or "–"


def _label(line: Beside) -> str:
    return word(LABELS.get(line.name, line.name))


def _value(line: Beside, text: str) -> str:
    if line.name in MEASURED:
        return measured(Decimal(text), line.metric, line.currency)
    if line.name in SHARES:
        return percent(Decimal(text))
    try:
        return figure(Decimal(text))
    except ArithmeticError:
        return text
