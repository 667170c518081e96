"""Domain room: what stands in a customer's file, as its facts have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from domain.customer.facts import Note, Purpose
from domain.engine.context import Context
from domain.engine.errors import FieldError
from domain.engine.fields import Name
from domain.engine.values import today_anywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptNote:
    note: Note
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """How it stands: given, or withdrawn, from where, and on which day where that was said."""

    given: bool
    source: str
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenConsent:
    """A consent that comes with something else, such as a contact."""

    purpose: Purpose
    source: Name
    on: date | None = None


def is_older(held: Consent | None, said: GivenConsent, *, barred: bool) -> bool:
    """Whether they withdrew it since, as far as the days tell: what comes with a file lifts no withdrawal that may be newer. `barred`: they must
    not be reached that way, which is an objection even where nothing was ever given or withdrawn.
    """
    if held is None or held.given:
        return barred
    return said.on is None or held.on is None or said.on <= held.on


def not_to_come(field: str, day: date | None, context: Context) -> Iterator[FieldError]:
    if day is not None and day > today_anywhere(context.now):
        yield FieldError(field, f"{day} is in the future")
