"""tests: a read model with a bug."""

from __future__ import annotations

from typing import ClassVar

from domain.deal import facts as f
from projections.deal.board_fold import DealBoard
from projections.deal.row import DealRow
from projections.engine.fold import on
from projections.engine.projection import Entry


class Stumbling(DealBoard):
    """A deal board with a bug in one handler, until it is fixed."""

    broken: ClassVar[bool] = True

    @on(f.TitleCorrected)
    def _title_corrected(self, row: DealRow, entry: Entry[f.TitleCorrected]) -> None:
        if self.broken and entry.fact.after == "poison":
            raise RuntimeError("cannot digest this title")
        super()._title_corrected(row, entry)
