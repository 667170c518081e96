"""Domain room: which custom fields customers, contacts, deals and leads have — declared by an administrator, whole, version after version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from annotated_types import Ge, Le, MaxLen

from domain.custom_field.facts import MOST_FIELDS
from domain.custom_field.value import BETWEEN, READERS, FieldType, FieldValue, names_in
from domain.engine.errors import FieldError
from domain.engine.facts import Fact, fact
from domain.engine.fields import PLAIN, Code, FieldName, Label, RuleName, ShortText
from domain.engine.versions import Versions

MOST_CHOICES = 500
SecondLabel = Annotated[str, MaxLen(60), PLAIN]
CHOOSING = (FieldType.CHOICE, FieldType.CHOICES)
WIDER: Mapping[FieldType, tuple[FieldType, ...]] = {
    FieldType.NUMBER: (FieldType.TEXT,),
    FieldType.MONEY: (FieldType.TEXT,),
    FieldType.DATE: (FieldType.TEXT,),
    FieldType.YES_NO: (FieldType.TEXT,),
    FieldType.CHOICE: (FieldType.CHOICES, FieldType.TEXT),
    FieldType.CHOICES: (FieldType.TEXT,),
    FieldType.LINK: (FieldType.TEXT,),
}
"""What each value of a type is a value of as well: into these a field may be changed."""


class RecordKind(StrEnum):
    """What has custom fields."""

    CUSTOMER = "customer"
    CONTACT = "contact"
    DEAL = "deal"
    LEAD = "lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChoice:
    """A retired one is chosen by nobody any more; where it was, it stays."""

    name: RuleName
    label: Label
    label_zh: SecondLabel = ""
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredFrom:
    """Deals of this process need the field to come to this stage, or beyond it."""

    process: RuleName
    stage: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """`required`: nothing is made without it, nor does a deal go on; `required_from` says it of a deal from a stage on. `personal`: it holds
    data about a person. `decimals` are a number's at most. Forms have fields in their `order`. A retired one is not asked for any more; its
    values stay.
    """

    name: FieldName
    label: Label
    type: FieldType
    label_zh: SecondLabel = ""
    help: ShortText = ""
    help_zh: ShortText = ""
    choices: Annotated[tuple[FieldChoice, ...], MaxLen(MOST_CHOICES)] = ()
    decimals: Annotated[int, Ge(0), Le(6)] = 2
    required: bool = False
    required_from: Annotated[tuple[RequiredFrom, ...], MaxLen(20)] = ()
    personal: bool = False
    order: Annotated[int, Ge(0), Le(1_000)] = 0
    retired: bool = False

    def wrong(self) -> Iterator[FieldError]:
        names = [choice.name for choice in self.choices]
        if len(set(names)) != len(names):
            yield FieldError("choices", "their names must differ")
        if self.type in CHOOSING and not names:
            yield FieldError("choices", "are missing: name what can be chosen")
        if self.type not in CHOOSING and names:
            yield FieldError("choices", f"belong to a choice: this is a {self.type}")
        processes = [one.process for one in self.required_from]
        if len(set(processes)) != len(processes):
            yield FieldError("required_from", "names a process twice")

    def read(self, said: FieldValue, held: FieldValue | None = None) -> FieldValue:
        """What is said as a value of this field; `held` is what it is. Raises ValueError with words for people."""
        if said.type not in (self.type, FieldType.TEXT):
            raise ValueError(f"must be {A[self.type]}, not {A[said.type]}")
        if self.type in CHOOSING:
            written = self._chosen(said.written, held)
        else:
            written = READERS[self.type](said.written)
        if self.type == FieldType.NUMBER and -Decimal(written).as_tuple().exponent > self.decimals:  # type: ignore[operator]
            raise ValueError(f"has more than {self.decimals} decimals")
        return self.made(written)

    def made(self, written: str) -> FieldValue:
        if self.personal:
            return FieldValue(type=self.type, personal=written)
        return FieldValue(type=self.type, text=written)

    def as_now(self, value: FieldValue) -> FieldValue:
        """A value that was recorded when the field was of a narrower type."""
        if value.type == self.type:
            return value
        written = value.written.replace(BETWEEN, ", ") if self.type == FieldType.TEXT else value.written
        return self.made(written)

    def _chosen(self, said: str, held: FieldValue | None) -> str:
        names = names_in(said) if self.type == FieldType.CHOICES else [said.strip()]
        chosen = {self._choice(name, held) for name in names}
        return BETWEEN.join(choice.name for choice in self.choices if choice.name in chosen)

    def _choice(self, said: str, held: FieldValue | None) -> str:
        """By its name, or by what it is called in either language."""
        for choice in self.choices:
            if said.casefold() in (choice.name, choice.label.casefold(), choice.label_zh.casefold()):
                if choice.retired and choice.name not in (held.written.split(BETWEEN) if held else ()):
                    raise ValueError(f"{said!r} is retired: it cannot be chosen any more")
                return choice.name
        open_ones = [choice.name for choice in self.choices if not choice.retired]
        raise ValueError(f"{said[:60]!r} is not one of {', '.join(open_ones[:20])}{near(said, open_ones)}")


A: Mapping[FieldType, str] = {
    FieldType.TEXT: "text",
    FieldType.NUMBER: "a number",
    FieldType.MONEY: "an amount of money",
    FieldType.DATE: "a date",
    FieldType.YES_NO: "yes or no",
    FieldType.CHOICE: "one choice",
    FieldType.CHOICES: "a list of choices",
    FieldType.LINK: "a web address",
}


def near(said: str, known: list[str]) -> str:
    found = get_close_matches(said.casefold(), known, 1)
    return f"; did you mean {found[0]!r}?" if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSet:
    """All custom fields of customers, of contacts, of deals or of leads, which its `name` says."""

    name: RecordKind
    version: Annotated[int, Ge(0)] = 1
    fields: Annotated[tuple[CustomField, ...], MaxLen(MOST_FIELDS)] = ()

    def __hash__(self) -> int:
        """What is worked out from a set is remembered by it; all of its fields would take longer to hash."""
        return hash((self.name, self.version))

    def wrong(self) -> Iterator[FieldError]:
        names = [one.name for one in self.fields]
        if len(set(names)) != len(names):
            yield FieldError("fields", "their names must differ")
        for n, one in enumerate(self.fields):
            if one.required_from and self.name != RecordKind.DEAL:
                yield FieldError(f"fields[{n}].required_from", "only deals have stages")

    @property
    def by_name(self) -> Mapping[str, CustomField]:
        return _by_name(self)

    @property
    def asked(self) -> tuple[CustomField, ...]:
        """Those that are not retired, in the order in which forms have them."""
        return _asked(self)


@lru_cache(maxsize=64)
def _by_name(declared: FieldSet) -> Mapping[str, CustomField]:
    return {one.name: one for one in declared.fields}


@lru_cache(maxsize=64)
def _asked(declared: FieldSet) -> tuple[CustomField, ...]:
    return tuple(sorted((one for one in declared.fields if not one.retired), key=lambda one: one.order))


@fact("custom-fields.published")
class FieldsPublished(Fact):
    declared: FieldSet


class FieldSets(Versions[FieldSet]):
    """All versions of the custom fields of one kind of record."""

    KIND, CALLED = "custom fields", "custom fields"
    FACT = FieldsPublished

    @property
    def declared(self) -> tuple[CustomField, ...]:
        """Those of the newest version; none where nothing was ever published."""
        return self.versions[-1].fields if self.versions else ()


field_stream = FieldSets.stream_of


def unlike(before: FieldSet, after: FieldSet) -> Iterator[FieldError]:
    """What a new version may not change: what was recorded must stay readable by it."""
    place = {one.name: n for n, one in enumerate(after.fields)}
    for one in before.fields:
        if one.name not in place:
            yield FieldError("fields", f"{one.name!r} is missing: retire a field, its values stay")
        else:
            n = place[one.name]
            yield from (
                FieldError(f"fields[{n}].{e.field}", e.message) for e in changes(one, after.fields[n])
            )


def changes(before: CustomField, after: CustomField) -> Iterator[FieldError]:
    if after.type != before.type and after.type not in WIDER.get(before.type, ()):
        may = ", ".join(WIDER.get(before.type, ())) or "nothing else"
        yield FieldError("type", f"not every {before.type} is a {after.type}: it can become {may}")
    if after.personal != before.personal:
        yield FieldError("personal", "cannot be changed: values are kept otherwise; declare another field")
    if after.type == before.type == FieldType.NUMBER and after.decimals < before.decimals:
        yield FieldError("decimals", f"must be at least {before.decimals}: there may be such values")
    gone = {choice.name for choice in before.choices} - {choice.name for choice in after.choices}
    if gone and after.type in CHOOSING:
        yield FieldError("choices", f"lack {', '.join(sorted(gone))}: retire a choice, its values stay")
