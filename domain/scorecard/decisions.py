"""Domain room: what may be asked of a scorecard, and what that decides."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from annotated_types import Len

from domain.engine import currency
from domain.engine.aggregate import Aggregate
from domain.engine.canonical import digest
from domain.engine.command import Command, answers, decides, handles
from domain.engine.errors import AlreadyExists, Forbidden, Refused
from domain.engine.fields import NeededText, Position, RuleName, ShortText
from domain.engine.references import PersonId
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Checks
from domain.figures.metrics import Unit, metric
from domain.figures.scope import Scope
from domain.scorecard.compute import MeasureFigure, result_of, scores_of, total_of
from domain.scorecard.definition import Definition, Definitions, MeasureKind, definition_stream
from domain.scorecard.scorecard import (
    Score,
    Scorecard,
    ScorecardClosed,
    ScorecardCommented,
    ScorecardOpened,
    ScorecardPeople,
    ScorecardScored,
    scorecard_id,
)
from domain.target.decisions import team_of
from domain.time.periods import Period

Json = dict[str, Any]

# -- commands ------------------------------------------------------------------------------------


class OpenScorecard(Command):
    """Open the one scorecard of a scope and period, by the newest version of a definition."""

    scope: Scope
    period: Period
    definition: RuleName
    owner_id: PersonId
    manager_id: PersonId | None = None
    currency: ShortText = ""

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Scorecard, scorecard_id(self.scope, self.period)


class ScorecardCommand(Command, about=Scorecard):
    scorecard_id: UUID


class ScoreScorecard(ScorecardCommand):
    """A person's scores for qualitative measures. Measures left out keep what was said of them before."""

    role: Literal["owner", "manager"]
    scored_by: PersonId
    scores: Annotated[tuple[Score, ...], Len(1, 50)]


class CloseScorecard(ScorecardCommand):
    """`figures` are what `compute.figures_at` reads at `position`. Refused while a qualitative score is lacking."""

    position: Position
    figures: tuple[MeasureFigure, ...]


class CommentOnScorecard(ScorecardCommand):
    comment_id: UUID
    author_id: PersonId
    text: NeededText


class AppealScorecard(ScorecardCommand):
    """Its owner does not accept the score: it is reopened, and the original kept."""

    appealed_by: PersonId
    why: NeededText


class HandOverScorecard(ScorecardCommand):
    """Others take the parts that are named, and a rep's goes to the team the rep is in now. What was closed stays whose it was."""

    why: NeededText
    owner_id: PersonId | None = None
    manager_id: PersonId | None = None


# -- decisions -----------------------------------------------------------------------------------


@answers(Scorecard)
def answer_of(card: Scorecard) -> Json:
    last = card.closings[-1] if card.closings else None
    return {
        "scorecard_id": str(card.id),
        "status": card.status,
        "closings": len(card.closings),
        "total": str(last.total) if last is not None and last.total is not None else None,
        "digest": last.digest if last is not None else None,
    }


def definition_of(card: Scorecard, work: UnitOfWork) -> Definition:
    return work.find(Definitions, definition_stream(card.definition)).at(card.definition_version)


@handles(OpenScorecard)
def open_scorecard(command: OpenScorecard, work: UnitOfWork) -> Json:
    card = work.find(Scorecard, scorecard_id(command.scope, command.period))
    if card.exists:
        manager_id = command.manager_id or card.manager_id
        held = (card.definition, card.owner_id, card.manager_id, card.about.currency)
        if held != (command.definition, command.owner_id, manager_id, command.currency):
            raise AlreadyExists("there is a scorecard for this scope and period", id=str(card.id))
        return answer_of(card)
    definition = work.find(Definitions, definition_stream(command.definition)).current
    checks = Checks()
    money = any(metric(m.metric).unit == Unit.MONEY for m in definition.measures if m.metric)
    checks.that(
        bool(command.currency) == money, "currency", "is needed for measures of money, and only for those"
    )
    wrong = currency.problem(command.currency, command.period.start) if command.currency else None
    checks.that(wrong is None, "currency", wrong or "")
    checks.done()
    card.record(
        ScorecardOpened(
            scope=command.scope,
            period=command.period,
            definition=definition.name,
            definition_version=definition.version,
            owner_id=command.owner_id,
            manager_id=command.manager_id,
            currency=command.currency,
            team_id=team_of(command.scope, work),
        )
    )
    return answer_of(card)


@decides(ScoreScorecard)
def score_scorecard(card: Scorecard, command: ScoreScorecard, work: UnitOfWork) -> None:
    card.must_be_open()
    person = card.owner_id if command.role == "owner" else card.manager_id
    if person not in (None, command.scored_by):
        raise Forbidden(f"this is for the {command.role} of the scorecard to say")
    asked = definition_of(card, work).scored_by_people
    checks = Checks()
    for n, score in enumerate(command.scores):
        known = score.measure in asked
        checks.that(known, f"scores[{n}].measure", f"people score {', '.join(asked) or 'nothing'} here")
    checks.done()
    said = ScorecardScored(role=command.role, scored_by=command.scored_by, scores=command.scores)
    if card.said.get(command.role) != said:
        card.record(said)


@decides(CloseScorecard)
def close_scorecard(card: Scorecard, command: CloseScorecard, work: UnitOfWork) -> None:
    if card.status == "closed" and card.closings[-1].position == command.position:
        return
    card.must_be_open()
    definition = definition_of(card, work)
    _check_closing(definition, card, command)
    result = result_of(definition, command.figures, card.scores, card.about, command.position)
    card.record(
        ScorecardClosed(
            number=len(card.closings) + 1,
            position=command.position,
            figures=command.figures,
            result=result.decode(),
            digest=digest(result),
            total=total_of(scores_of(definition, command.figures, card.scores)),
        )
    )


def _check_closing(definition: Definition, card: Scorecard, command: CloseScorecard) -> None:
    unscored = [key for key in definition.scored_by_people if key not in card.scores]
    if unscored:
        raise Refused(f"the manager has not scored {', '.join(unscored)} yet", missing=unscored)
    wanted = [m.key for m in definition.measures if m.kind != MeasureKind.QUALITATIVE]
    checks = Checks()
    checks.that(
        [f.key for f in command.figures] == wanted, "figures", f"must be of {', '.join(wanted)}, in order"
    )
    checks.done()


@decides(CommentOnScorecard)
def comment_on_scorecard(card: Scorecard, command: CommentOnScorecard, _work: UnitOfWork) -> None:
    said = ScorecardCommented(comment_id=command.comment_id, author_id=command.author_id, text=command.text)
    held = card.comments.get(command.comment_id)
    if held is None:
        card.record(said)
    elif held != said:
        raise AlreadyExists("this id belongs to another comment", id=str(command.comment_id))


@decides(AppealScorecard)
def appeal_scorecard(card: Scorecard, command: AppealScorecard, _work: UnitOfWork) -> None:
    if command.appealed_by != card.owner_id:
        raise Forbidden("a score is appealed against by whose it is")
    card.appeal(command.appealed_by, command.why)


@decides(HandOverScorecard)
def hand_over_scorecard(card: Scorecard, command: HandOverScorecard, work: UnitOfWork) -> None:
    card.must_be_open()
    after = ScorecardPeople(
        owner_id=command.owner_id or card.owner_id,
        manager_id=command.manager_id or card.manager_id,
        team_id=team_of(card.about.scope, work),
    )
    card.hand_over(after, command.why)
