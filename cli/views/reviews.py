"""cli: what comes out of reviews, for people — scorecards, action items, adjustments. Each takes what was read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli.engine.common import moment
from cli.engine.language import sentence, word
from cli.engine.options import figure, measured, metric_name, who, whose
from cli.engine.tables import facts, say, table
from cli.views.loop import title_of

if TYPE_CHECKING:
    from domain.adjustment.experiment import Compared
    from domain.scorecard.definition import Definition
    from projections.adjustment import AdjustmentSeen
    from projections.figures.figures import Behind
    from projections.scorecard import Recomputed, ScorecardSeen

Names = Mapping[UUID, str]


# --- scorecards ------------------------------------------------------------------------------------------------------


def show_scorecards(cards: Iterable[ScorecardSeen], names: Names) -> None:
    rows = [
        (
            title_of(one, names),
            f"{one.definition} {one.definition_version}",
            one.status,
            figure(one.total),
            len(one.closings),
            one.scorecard_id,
        )
        for one in cards
    ]
    columns = ("scorecard", "measures", "status", "total", "closings", "id")
    table(columns, rows, right=("total", "closings"), whole=("id",), spare=("closings", "measures"))


def show_scorecard(card: ScorecardSeen, names: Names, to: tzinfo | None) -> None:
    """As closed last; before that, what people scored so far."""
    rows = [
        ("scorecard", card.scorecard_id),
        ("measures", f"{card.definition} {card.definition_version}"),
        ("status", word(card.status)),
        ("owner", who(card.owner_id, names)),
        ("manager", who(card.manager_id, names)),
        ("scored", _scores(card.scores)),
        ("by the owner", _scores(card.own)),
        *(_closed(card, to)),
        *((f"{word(r.kind)}, {who(r.by, names)}", r.text) for r in card.remarks),
    ]
    facts(title_of(card, names), rows)
    if card.closings:
        _show_measures(json.loads(card.closings[-1].result))


def _scores(scores: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{measure} {figure(score)}" for measure, score in scores.items())


def _closed(card: ScorecardSeen, to: tzinfo | None) -> list[tuple[str, str]]:
    return [
        (
            sentence("closing {n}", n=one.number),
            sentence(
                "{total}, {at}, position {position:,}",
                total=figure(one.total),
                at=moment(one.closed_at, to),
                position=one.position,
            ),
        )
        for one in card.closings
    ]


RECORDED = "closing {n}, as it was recorded"
AGAIN = "closing {n}, from the ledger at {position:,}: the bytes that were recorded"
OTHERWISE = "closing {n}, from the ledger at {position:,}: NOT the bytes that were recorded"
MEASURES = ("measure", "figure", "target", "score", "weight", "events")


def _show_measures(result: Mapping[str, Any], title: str = "") -> None:
    rows = [_measure(one, result["currency"]) for one in result["measures"]]
    rows.append((word("total"), "", "", figure(_number(result["total"])), "", ""))
    table(MEASURES, rows, title=title, right=MEASURES[1:], spare=("events", "weight"))


def _measure(one: Mapping[str, Any], currency: str) -> tuple[Any, ...]:
    figures = [
        measured(_number(one[name]), one["metric"], currency) if one["metric"] else ""
        for name in ("figure", "target")
    ]
    weight = f"{figure(_number(one['weight']))}%"
    return one["key"], *figures, figure(_number(one["score"])), weight, one["events"] if one["metric"] else ""


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def show_recomputed(found: Recomputed) -> None:
    title = sentence(AGAIN if found.equal else OTHERWISE, n=found.number, position=found.position)
    if not found.equal:
        _show_measures(json.loads(found.result), sentence(RECORDED, n=found.number))
    _show_measures(json.loads(found.recomputed), title)
    _show_measures(json.loads(found.now), sentence("as known now ({position:,})", position=found.known_at))


def show_behind(events: Iterable[Behind], names: Names) -> None:
    rows = [
        (
            one.position,
            one.day,
            one.topic,
            names.get(one.subject_id, one.subject_id),
            names.get(one.rep_id, one.rep_id),
            measured(one.value, one.metric, one.currency),
        )
        for one in events
    ]
    table(
        ("position", "day", "event", "about", "rep", "value"),
        rows,
        right=("position", "value"),
        spare=("event", "position", "rep"),
    )


def show_definition(definition: Definition) -> None:
    rows = [
        (m.key, m.kind, metric_name(m.metric) if m.metric else "", m.basis, f"{figure(m.weight)}%")
        for m in definition.measures
    ]
    title = f"{definition.name} {definition.version}"
    table(("measure", "kind", "metric", "basis", "weight"), rows, title=title, right=("weight",))


# --- adjustments -----------------------------------------------------------------------------------------------------


def show_adjustments(adjustments: Iterable[AdjustmentSeen], names: Names, to: tzinfo | None) -> None:
    rows = [
        (
            whose(one.scope, names),
            metric_name(one.metric),
            one.status,
            moment(one.next_at, to),
            measured(one.effect, one.metric, one.currency) if one.effect is not None else "",
            word(one.outcome or ""),
            one.hypothesis,
            one.adjustment_id,
        )
        for one in adjustments
    ]
    columns = ("whose", "metric", "status", "next", "effect", "outcome", "hypothesis", "id")
    table(
        columns,
        rows,
        right=("effect",),
        whole=("next", "id"),
        spare=("outcome", "hypothesis", "next"),
    )


def show_adjustment(one: AdjustmentSeen, names: Names, to: tzinfo | None) -> None:
    """Before and after, beside its control, and what came of it."""
    rows = [
        ("adjustment", one.adjustment_id),
        ("whose, what", f"{whose(one.scope, names)}, {metric_name(one.metric)}"),
        ("owner", who(one.owner_id, names)),
        ("baseline", sentence("{start} to {end}", start=one.baseline.start, end=one.baseline.end)),
        ("horizon", sentence("{start} to {end}", start=one.horizon.start, end=one.horizon.end)),
        ("status", word(one.status)),
        ("next", moment(one.next_at, to)),
        ("method", word(one.method or "")),
        ("effect", measured(one.effect, one.metric, one.currency) if one.effect is not None else ""),
        ("outcome", f"{word(one.outcome)}, {who(one.decided_by, names)}: {one.why}" if one.outcome else ""),
    ]
    facts(one.hypothesis, rows)
    if one.adjusted is not None:
        _show_compared([("adjusted", one.adjusted), *(("control", c) for c in one.controls)], one, names)


def _show_compared(compared: Sequence[tuple[str, Compared]], about: AdjustmentSeen, names: Names) -> None:
    rows = [
        (
            role,
            whose(one.scope, names),
            measured(one.before, about.metric, about.currency),
            measured(one.after, about.metric, about.currency),
        )
        for role, one in compared
    ]
    table(("", "whose", "before", "after"), rows, right=("before", "after"))
    if len(compared) == 1:
        say(word("nobody is comparable: there is no control"))
