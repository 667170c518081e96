"""Domain room: what a customer answered, and whether what a low score led to has ended."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from domain.engine.aggregate import OwnedAggregate, when
from domain.engine.context import Reach
from domain.engine.values import NAMESPACE, id_within
from domain.survey import facts as f


class SurveyAnswer(OwnedAggregate):
    KIND: ClassVar[str] = "survey answer"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.given: f.SurveyAnswerGiven | None = None
        self.closed: f.LoopClosed | None = None
        self.owner_id: UUID = id
        self.team_id: UUID | None = None

    @classmethod
    def to(cls, invitation_id: UUID) -> UUID:
        """The id of the one answer to an invitation."""
        return id_within(NAMESPACE, f"survey-answer:{invitation_id}")

    @property
    def low(self) -> bool:
        return self.given is not None and self.given.low

    def makeable(self, reach: Reach) -> bool:
        """Whoever hears it notes it, for whom of the team it may be."""
        return self.within(reach)

    @when(f.SurveyAnswerGiven)
    def _given(self, fact: f.SurveyAnswerGiven) -> None:
        self.adopt(fact)
        self.given = fact

    @when(f.LoopClosed)
    def _closed(self, fact: f.LoopClosed) -> None:
        self.closed = fact
