"""Projections room: scorecards — open and closed, what people scored, every closing with its digest, and appeals.

The bytes of a closing stand in its fact. `recomputed` computes them again from the ledger at its position: by the code that closed it
they are equal, and whether by today's code they still are is an answer of its own.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.engine.canonical import digest_of_positions
from domain.engine.errors import NotFound
from domain.engine.facts import FreeText
from domain.engine.recorded import Recorded
from domain.figures.queries import FigureAsked
from domain.scorecard import scorecard as s
from domain.scorecard.compute import About as Subject
from domain.scorecard.compute import MeasureFigure, result_of
from domain.scorecard.definition import Definition, Definitions, Measure, MeasureKind, definition_stream
from domain.target.target import target_id
from projections.cycle.sections import Content, Rows, Section
from projections.engine import streams
from projections.engine.paging import Source
from projections.engine.stream_view import Events, StreamView
from projections.figures import about, figures
from projections.figures.about import About
from projections.target.tree import TargetTree


class Closing(msgspec.Struct):
    """`result` is the canonical result as text and `digest` its SHA-256; figures name the events behind them."""

    number: int
    position: int
    figures: list[MeasureFigure]
    result: str
    digest: str
    total: Decimal | None
    closed_at: datetime
    recorded_at: int


class Remark(msgspec.Struct):
    """A comment, or an appeal against the closing with that number."""

    kind: str
    by: UUID
    text: FreeText
    at: datetime
    closing: int | None = None


class ScorecardSeen(About, kw_only=True):
    """`scores` are the manager's by measure, which count; `own` the owner's. `total` is that of the last closing, also
    while an appeal has it open again.
    """

    scorecard_id: UUID
    manager_id: UUID | None
    status: str
    definition: str
    definition_version: int
    currency: str
    scores: dict[str, Decimal]
    own: dict[str, Decimal]
    closings: list[Closing]
    remarks: list[Remark]
    position: int
    version: int

    @property
    def total(self) -> Decimal | None:
        return self.closings[-1].total if self.closings else None


class Scorecards(StreamView[s.Scorecard, ScorecardSeen]):
    name = "scorecards"
    columns = (
        "scorecard_id",
        *about.COLUMNS,
        "owner_id",
        "manager_id",
        "team_id",
        "definition",
        "status",
        "total",
    )
    indexes = {
        "starts": "(starts, scorecard_id)",
        "scope": "(scope_key, starts)",
        "owner": "(owner_id, starts, scorecard_id)",
    }
    order = ("-starts",)
    awaited = True

    @classmethod
    def show(cls, aggregate: s.Scorecard, events: Events) -> ScorecardSeen:
        closings, remarks = [], []
        own: dict[str, Decimal] = {}
        for recorded in events:
            match recorded.fact:
                case s.ScorecardClosed() as closed:
                    closings.append(_closing(closed, recorded))
                case s.ScorecardCommented(author_id=by, text=text):
                    remarks.append(Remark("comment", by, text, recorded.occurred_at))
                case s.ScorecardReopened(appealed_by=by, why=text, number=number):
                    remarks.append(Remark("appeal", by, text, recorded.occurred_at, number))
                case s.ScorecardScored(role="owner", scores=scores):
                    own |= {score.measure: score.score for score in scores}
        return cls.filled(
            aggregate,
            events,
            scope=aggregate.about.scope,
            period=aggregate.about.period,
            currency=aggregate.about.currency,
            scores=dict(sorted(aggregate.scores.items())),
            own=dict(sorted(own.items())),
            closings=closings,
            remarks=remarks,
        )


def _closing(closed: s.ScorecardClosed, recorded: Recorded) -> Closing:
    return Closing(
        closed.number,
        closed.position,
        list(closed.figures),
        closed.result,
        closed.digest,
        closed.total,
        recorded.occurred_at,
        recorded.position,
    )


# -- queries --------------------------------------------------------------------------------------


async def definition_of(source: Source, name: str, version: int) -> Definition:
    """Raises NotFound where it was not published. A published version never changes."""
    id = definition_stream(name)
    held = Definitions(id)
    for recorded in await streams.streams(source, [id]):
        held.replay(recorded.fact, recorded.originator_version)
    return held.at(version)


async def measured(source: Source, card: ScorecardSeen, position: int) -> tuple[MeasureFigure, ...]:
    """The figures of all measures that have a metric, as known at `position`: what `CloseScorecard` is to be given. The
    contributions must have come to that position.
    """
    definition = await definition_of(source, card.definition, card.definition_version)
    wanted = [m for m in definition.measures if m.kind != MeasureKind.QUALITATIVE]
    ids = {m.metric: target_id(m.metric, card.scope, card.period) for m in wanted}
    targets = await TargetTree.at(source, list(ids.values()), position)
    numbers: dict[str, Decimal | None] = {}
    for metric, id in ids.items():
        version = targets[id].in_force(card.period.end) if id in targets else None
        numbers[metric] = version.number if version else None
    return tuple([await _figure(source, m, card, position, numbers[m.metric]) for m in wanted])


async def to_close(
    source: Source, scorecard_id: UUID, position: int
) -> tuple[int, tuple[MeasureFigure, ...]]:
    """What a scorecard is closed with at `position`, which the contributions must have come to. A closed one is closed
    as it was: a repeat asks for the same. Raises NotFound.
    """
    card = (await Scorecards.at(source, [scorecard_id], position)).get(scorecard_id)
    if card is None:
        raise NotFound(f"no scorecard has the id {scorecard_id}", kind="scorecard", id=str(scorecard_id))
    if card.status == "closed":
        last = card.closings[-1]
        return last.position, tuple(last.figures)
    return position, await measured(source, card, position)


async def asked_by(source: Source, card: ScorecardSeen, key: str | None) -> FigureAsked:
    """The figure of the measure with that key; without one, of the first that has a metric. Raises NotFound."""
    definition = await definition_of(source, card.definition, card.definition_version)
    found = [m.metric for m in definition.measures if m.metric and key in (None, m.key)]
    if not found:
        raise NotFound("no measure with a metric has this key", kind="measure", id=str(key))
    return figures.asking(found[0], card.scope, card.period, card.currency)


async def _figure(
    source: Source, measure: Measure, card: ScorecardSeen, position: int, target: Decimal | None
) -> MeasureFigure:
    asked = figures.asking(measure.metric, card.scope, card.period, card.currency)
    (figure,) = await figures.figures(source, [asked], position)
    behind = await figures.positions_behind(source, asked, position)
    return MeasureFigure(
        key=measure.key,
        figure=figure,
        target=target,
        events=len(behind),
        events_digest=digest_of_positions(behind),
    )


class Recomputed(msgspec.Struct):
    """`result` are the bytes that were recorded when it was closed, `recomputed` what today's code gives at the same position;
    `equal`: they are the same. `now` is what they would be as known at the position `known_at`, with late facts and with
    targets that were changed since.
    """

    number: int
    position: int
    digest: str
    equal: bool
    result: str
    recomputed: str
    known_at: int
    now: str


async def again(source: Source, scorecard_id: UUID, closing: Closing, known_at: int) -> Recomputed:
    """As known when it was closed, and beside it as known at another position."""
    then = (await recomputed(source, scorecard_id, closing)).decode()
    now = (await recomputed(source, scorecard_id, closing, known_at)).decode()
    same = then == closing.result
    recorded = closing.result
    return Recomputed(closing.number, closing.position, closing.digest, same, recorded, then, known_at, now)


async def recomputed(
    source: Source, scorecard_id: UUID, closing: Closing, position: int | None = None
) -> bytes:
    """A closing's canonical result once more, from the ledger and the contributions as known at its position; or what
    it would be, with what people said of it then, as known at another.
    """
    known_at = closing.position if position is None else position
    card = (await Scorecards.at(source, [scorecard_id], closing.recorded_at))[scorecard_id]
    definition = await definition_of(source, card.definition, card.definition_version)
    found = await measured(source, card, known_at)
    subject = Subject(card.scope, card.period, card.currency)
    return result_of(definition, found, card.scores, subject, known_at)


def _card(content: Content) -> Rows:
    card = content.get("scorecard")
    return [card] if card else []


def _scores(content: Content) -> Rows:
    return [{"measure": m, "score": s} for card in _card(content) for m, s in card["scores"].items()]


SECTIONS = (
    Section("scorecard", 20, (), ("status", "total"), _card),
    Section("scores", 30, ("measure",), ("score",), _scores),
)
