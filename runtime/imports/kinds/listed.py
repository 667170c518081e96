"""Runtime room, file import: every kind of file, in the order in which they are imported: later ones refer to earlier ones."""

from __future__ import annotations

from collections.abc import Mapping as Map

from runtime.imports.kinds import (
    activities,
    contacts,
    customers,
    deals,
    events,
    leads,
    notes,
    products,
    reps,
    survey_answers,
)
from runtime.imports.kinds.kind import Kind
from runtime.imports.mapping import Field

_LISTED = (
    customers.KIND,
    contacts.KIND,
    notes.KIND,
    products.KIND,
    reps.KIND,
    deals.KIND,
    events.KIND,
    leads.KIND,
    activities.KIND,
    survey_answers.KIND,
)
KINDS: Map[str, Kind] = {kind.name: kind for kind in _LISTED}
FIELDS: Map[str, Map[str, Field]] = {
    kind.name: {field.name: field for field in kind.fields} for kind in _LISTED
}
REFERRED = tuple(dict.fromkeys(name for kind in _LISTED for name in kind.refers.values()))
"""Kinds whose names stand in files of other kinds: a mapping may say what is meant (`aliases`)."""
MADE = tuple(kind.name for kind in _LISTED if kind.from_name is not None)
"""Kinds that a mapping may have made of their names (`create`)."""
ONE: Map[str, str] = {kind.name: kind.one for kind in _LISTED}
IDS: Map[str, str] = {kind.name: kind.ids for kind in _LISTED if kind.ids}
