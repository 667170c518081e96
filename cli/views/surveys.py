"""cli: what came before an answer, for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING

from cli.engine.common import moment
from cli.engine.language import word
from cli.engine.tables import table

if TYPE_CHECKING:
    from projections.survey.before import Before


def show_before(found: Iterable[Before], to: tzinfo | None, title: str = "") -> None:
    rows = [(moment(one.at, to), one.kind, one.what or one.of, word(one.became), one.id) for one in found]
    columns = ("at", "kind", "what", "outcome", "id")
    table(columns, rows, title=title, whole=("at", "id"), spare=("id",))
