"""Projections room: a list narrowed down by the value of a custom field. Whoever imports this imports no read model of such values."""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

import msgspec

from projections.engine.paging import Select

HAS: LiteralString = (
    " = ANY(SELECT v.record_id FROM read.custom_values v WHERE v.record = %(custom_record)s AND v.field = %(custom_field)s"
    " AND {standing} AND {test} AND (v.stream_id = %(custom_within)s OR %(custom_within)s::uuid IS NULL))"
)
NOW_STANDING: LiteralString = "v.until IS NULL"
THEN_STANDING: LiteralString = (
    "v.since <= %(custom_known)s AND (v.until IS NULL OR v.until > %(custom_known)s)"
)


class Condition(msgspec.Struct, frozen=True):
    """That the value of a field is so; `test` is of a row `v`."""

    record: str
    field: str
    value: str
    test: str

    def narrow(
        self, select: Select, id: LiteralString, position: int | None = None, within: UUID | None = None
    ) -> None:
        """To the records of which it holds, or held at a position; `id` is their column, `within` the customer whose contacts they are."""
        standing = NOW_STANDING if position is None else THEN_STANDING
        condition = HAS.replace("{standing}", standing).replace("{test}", self.test)
        select.where(
            id + condition,
            custom_record=self.record,
            custom_field=self.field,
            custom_value=self.value,
            custom_known=position,
            custom_within=within,
        )
