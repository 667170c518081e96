"""Projections room: what a target, a cycle or a scorecard is about, and the columns that lists of them are narrowed by."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from domain.figures.scope import Scope
from domain.time.periods import Period
from projections.engine.stream_view import Filter

COLUMNS = ("scope_kind", "scope_id", "scope_key", "period_kind", "period_name", "starts", "ends")
ON = Filter(date, "%(on)s BETWEEN starts AND ends")
"""A day that the period contains."""


class About(msgspec.Struct, kw_only=True):
    scope: Scope
    period: Period
    owner_id: UUID
    team_id: UUID | None

    @property
    def scope_kind(self) -> str:
        return str(self.scope.kind)

    @property
    def scope_id(self) -> UUID | None:
        return self.scope.id

    @property
    def scope_key(self) -> str:
        return self.scope.key

    @property
    def period_kind(self) -> str:
        return str(self.period.kind)

    @property
    def period_name(self) -> str:
        return self.period.name

    @property
    def starts(self) -> date:
        return self.period.start

    @property
    def ends(self) -> date:
        return self.period.end
