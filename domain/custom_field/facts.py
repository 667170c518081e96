"""Domain room: that values of custom fields changed, and how commands say them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import MaxLen

from domain.custom_field.value import FieldValue
from domain.engine.facts import Fact

MOST_FIELDS = 200
CustomValues = dict[str, FieldValue]
Custom = Annotated[CustomValues, MaxLen(MOST_FIELDS)]
"""In a command: by field what is said of it; one that is not named stays as it is, `NOTHING` empties it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsSet(Fact):
    """Base of the facts that values of custom fields changed, one a kind of record. Of each field that changed: what it was `before`, and what
    it is `after`; one that is in neither was, or is, empty. `declared` is the version of the declaration that they were held against.
    """

    before: CustomValues
    after: CustomValues
    declared: int
