"""Runtime room, file import: one table of a vendor's export, its columns brought to our fields: by what is declared, and by what
people answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.custom_field.declaration import CustomField
from domain.custom_field.value import FieldType
from runtime.imports.custom_fields import called
from runtime.imports.kinds.listed import FIELDS, KINDS
from runtime.imports.suggest import plain
from runtime.imports.vendors.declared import FileKind, Wanted
from runtime.imports.vendors.guess import header_among
from runtime.imports.vendors.looking import Looked, Seen
from runtime.imports.vendors.report import LEAVE, Answers, FieldFound, LeftOut

KEY = "key"
BY_ID, BY_NAME = "id", "name"
CUSTOM = "a custom field of your own"
WEAK = "rows are told apart by this alone: of two that are called alike the second is refused"


@dataclass
class Resolved:
    """A field's columns in one table. `more` is what the mapping says of it besides."""

    headers: tuple[str, ...]
    note: str = ""
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Table:
    """A table and what its kind declares; `by` says for each kind of ours whether it is referred to by id or by name."""

    looked: Looked
    file: FileKind
    fields: dict[str, Resolved] = field(default_factory=dict)
    custom: Mapping[str, CustomField] = field(default_factory=dict)
    """Those that are declared for its records, by their names in mappings."""

    @property
    def kind(self) -> str:
        return self.file.kind

    def ways(self) -> Iterator[tuple[str, set[str]]]:
        """The kinds that this table refers to, or is, with the ways in which it can."""
        for name, wanted in self.file.columns.items():
            kind = referred_by(self.kind, name)
            if kind and wanted.is_reference:
                there = {
                    BY_ID: header_among(wanted.id, self.looked),
                    BY_NAME: header_among(wanted.name, self.looked),
                }
                if ways := {way for way, header in there.items() if header}:
                    yield kind, ways

    def resolve(self, by: dict[str, str], answers: Answers) -> None:
        for name, wanted in self.file.columns.items():
            if name not in FIELDS[self.kind]:
                continue
            if wanted.is_reference:
                self._refer(name, wanted, by.get(referred_by(self.kind, name), BY_NAME))
            else:
                self._find(name, wanted)
        self._find_custom()
        for answer, name in answers.columns.items():
            self._answer(answer, name)

    def _find_custom(self) -> None:
        """What else the table tells is taken where a custom field is called so."""
        left = {plain(_last(one.header)): one.header for one in reversed(self.left_out())}
        left |= {plain(header): header for header in left.values()}
        for name, declared in self.custom.items():
            found = (left.get(plain(one)) for one in called(name, declared))
            if header := next(filter(None, found), ""):
                self.fields[name] = Resolved((header,), CUSTOM)

    def is_custom(self, name: str, kind: FieldType) -> bool:
        return name in self.custom and self.custom[name].type == kind

    def _refer(self, name: str, wanted: Wanted, way: str) -> None:
        id, called = header_among(wanted.id, self.looked), header_among(wanted.name, self.looked)
        header = (id or called) if way == BY_ID else (called or id)
        if not header:
            self._constant(name, wanted)
            return
        self.fields[name] = Resolved((header,), wanted.says, dict(wanted.more))
        beside = "name" if name == KEY else f"{name}_name"
        if called and called != header and beside in FIELDS[self.kind]:
            self.fields.setdefault(beside, Resolved((called,)))

    def _find(self, name: str, wanted: Wanted) -> None:
        found = [header_among(names, self.looked) for names in (wanted.headers, *wanted.then)]
        headers = tuple(dict.fromkeys(filter(None, found)))
        if headers:
            self.fields[name] = Resolved(headers, wanted.says, dict(wanted.more))
        elif weak := header_among(wanted.weak, self.looked):
            self.fields[name] = Resolved((weak,), WEAK, dict(wanted.more))
        else:
            self._constant(name, wanted)

    def _constant(self, name: str, wanted: Wanted) -> None:
        """What stands for every row where there is no column: a default, or what is to be done without."""
        if wanted.more.get("default") or wanted.more.get("missing") in ("import", "product-price"):
            self.fields[name] = Resolved((), "", dict(wanted.more))

    def _answer(self, answer: str, name: str) -> None:
        kind, _, header = answer.rpartition(": ")
        column = self.column(header)
        if column is None or (kind and kind != self.kind):
            return
        if name == LEAVE:
            for one in [one for one, resolved in self.fields.items() if column.header in resolved.headers]:
                del self.fields[one]
        elif name in FIELDS[self.kind] or name in self.custom:
            self.fields[name] = Resolved((column.header,))

    def column(self, header: str) -> Seen | None:
        return next((c for c in self.looked.columns if c.header and plain(c.header) == plain(header)), None)

    def columns_of(self, name: str) -> list[Seen]:
        headers = self.fields[name].headers if name in self.fields else ()
        return [column for header in headers if (column := self.looked.column(header)) is not None]

    def words_of(self, name: str) -> dict[str, int]:
        """What a field's columns say, with how many rows say it, without what counts as empty."""
        columns = self.columns_of(name)
        if not columns:
            return {}
        blank = {"", *self.fields[name].more.get("blank", ())}
        if len(columns) == 1:
            return {word: rows for word, rows in columns[0].words.items() if word not in blank}
        said = (
            next((row[c.header] for c in columns if row.get(c.header, "") not in blank), "")
            for row in self.rows_read()
        )
        return {word: rows for word, rows in Counter(said).items() if word}

    def rows_with(self, names: Sequence[str], *, but_not: str) -> int:
        """How many rows say something of any of these fields, and nothing of the other."""
        said = [cell for name in names for cell in self._cells_of(name)]
        other = self._cells_of(but_not)
        return sum(
            any(row.get(header, "") not in blank for header, blank in said)
            and all(row.get(header, "") in blank for header, blank in other)
            for row in self.rows_read()
        )

    def _cells_of(self, name: str) -> list[tuple[str, set[str]]]:
        """A field's columns, each with what counts as empty in it."""
        return [
            (column.header, {"", *self.fields[name].more.get("blank", ())})
            for column in self.columns_of(name)
        ]

    def rows_read(self) -> Iterator[dict[str, str]]:
        """Without those that are passed over."""
        skips = self.skips()
        for row in self.looked.rows_again():
            if not any(row.get(header) in words for header, words in skips.items()):
                yield row

    def skips(self) -> dict[str, tuple[str, ...]]:
        """The columns by which rows are passed over, under the table's own headers."""
        found = ((header_among((name,), self.looked), words) for name, words in self.file.skip.items())
        return {header: words for header, words in found if header}

    def skipped(self) -> int:
        """How many rows are passed over, at most: one may be by two columns."""
        columns = ((self.looked.column(header), words) for header, words in self.skips().items())
        return sum(column.words.get(word, 0) for column, words in columns if column for word in words)

    def found(self) -> tuple[FieldFound, ...]:
        shown = ((name, resolved) for name, resolved in self.fields.items() if resolved.headers)
        return tuple(FieldFound(name, resolved.headers, resolved.note) for name, resolved in shown)

    def left_out(self) -> tuple[LeftOut, ...]:
        """Columns with something in them that nothing reads, but for the vendor's own bookkeeping."""
        read = {header for resolved in self.fields.values() for header in resolved.headers} | set(
            self.skips()
        )
        no_matter = {plain(name) for name in self.file.ignore}
        return tuple(
            LeftOut(column.header or "?", column.filled)
            for column in self.looked.columns
            if column.filled and column.header not in read and plain(column.header) not in no_matter
        )


def _last(header: str) -> str:
    """Of a column of our own files the field alone: they call it by words in Chinese."""
    return header.rpartition("·")[2]


def referred_by(kind: str, field: str) -> str:
    """The kind of ours that a field refers to; a key is what it is of. Empty where it refers to nothing."""
    return kind if field == KEY else KINDS[kind].refers.get(field, "") if kind in KINDS else ""


def ways_together(tables: Iterable[Table]) -> dict[str, str]:
    """How each kind is referred to, in all tables alike: by id where every one has it."""
    together: dict[str, set[str]] = {}
    for table in tables:
        for kind, ways in table.ways():
            together[kind] = together.get(kind, {BY_ID, BY_NAME}) & ways
    return {kind: BY_ID if BY_ID in ways else BY_NAME for kind, ways in together.items()}


def apart(tables: Sequence[Table]) -> set[str]:
    """Kinds that some tables know by id alone, and others by name alone: they cannot be joined."""
    together: dict[str, set[str]] = {}
    for table in tables:
        for kind, ways in table.ways():
            together[kind] = together.get(kind, {BY_ID, BY_NAME}) & ways
    return {kind for kind, ways in together.items() if not ways}
