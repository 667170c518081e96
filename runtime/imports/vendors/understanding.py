"""Runtime room, file import: given tables and a vendor's declaration to a report, and to a mapping once nothing is left to ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from domain.custom_field.declaration import FieldSet
from domain.custom_field.value import FieldType
from domain.engine.currency import problem as currency_problem
from domain.lead.lead import OPEN
from domain.policy.closed import LOST, WON
from domain.time.zones import timezone_problem
from runtime.imports.custom_fields import named_fields
from runtime.imports.date_forms import problem as form_problem
from runtime.imports.kinds.deals import DEALS
from runtime.imports.kinds.leads import LEADS, STATUSES
from runtime.imports.kinds.listed import FIELDS, KINDS
from runtime.imports.kinds.reps import REPS, TEAM
from runtime.imports.results import ImportProblem
from runtime.imports.suggest import did_you_mean, plain
from runtime.imports.vendors.declared import Vendor
from runtime.imports.vendors.guess import Fit, beside, fits, score_of
from runtime.imports.vendors.looking import Looked, Seen
from runtime.imports.vendors.report import (
    ASK,
    CURRENCY,
    DATES,
    GATES,
    LEAVE,
    NUMBERS,
    OWNER,
    SETTINGS,
    Answers,
    FileReport,
    Question,
    Report,
)
from runtime.imports.vendors.tables import Table, apart, ways_together
from runtime.imports.vendors.values import BETWEEN_FORMS, SIGNS, date_forms, number_signs
from runtime.imports.vendors.words import suggested_stage
from runtime.imports.vendors.writing import Made, mapping_text

OPEN_STAGES = ("identify", "contact", "needs", "solution", "negotiation")
"""Of the default process, in which a vendor's pipeline is declared."""
STAGES = (*OPEN_STAGES, WON, LOST)
AMOUNTS = ("amount", "opening_amount", "quote_amount", "budget", "price", "revenue")
DAYS = ("_at", "_on", "_due", "_close")
"""What names of fields of days and times end with."""
NOBODYS = "{n} rows are nobody's: they are refused unless `owner` says whose they are to be"
POOLED = "{n} rows are nobody's: they come into the pool"


def understand(
    tables: Sequence[Looked],
    vendor: Vendor,
    answers: Answers,
    scores: dict[str, float],
    declared: Mapping[str, FieldSet],
) -> Report:
    """Raises ImportProblem for an answer that means nothing here."""
    fitting = fits(tables, vendor, {name: kind for name, kind in answers.kinds.items() if kind != LEAVE})
    read = [
        Table(fit.table, file, custom=named_fields(declared, file.kind))
        for fit in fitting
        if answers.kinds.get(fit.table.name) != LEAVE
        for file in (fit.file, *beside(fit, vendor))
        if file is not None and file.kind in KINDS and file.columns
    ]
    _check(answers, tables, read)
    by = ways_together(read)
    for table in read:
        table.resolve(by, answers)
    asked = Asked(vendor, answers, read)
    asked.ask()
    files = tuple(one for fit in fitting for one in _files(fit, read))
    notes = [*vendor.notes, *_notes(read)]
    made = Made(vendor, answers, read, asked.stages, asked.forms, asked.signs, asked.currency)
    ready = read and not asked.questions
    if not read:
        notes.append("nothing here can be imported: name the kind of a file")
    return Report(
        vendor=vendor.id,
        vendor_name=vendor.name,
        scores=scores or {vendor.id: round(score_of(fitting), 3)},
        files=files,
        questions=tuple(asked.questions),
        notes=tuple(notes),
        mapping=mapping_text(made) if ready else "",
    )


class Asked:
    """What the values of the tables need: each is answered, declared, plain from the values, or a question."""

    def __init__(self, vendor: Vendor, answers: Answers, tables: Sequence[Table]) -> None:
        self._vendor, self._answers, self._tables = vendor, answers, tables
        self.questions: list[Question] = []
        self.stages: dict[str, str] = {}
        self.forms: dict[tuple[str, str], tuple[str, ...]] = {}
        self.signs = next(iter(SIGNS))
        self.currency = ""

    def ask(self) -> None:
        self._ask_columns()
        self._ask_stages()
        self._ask_statuses()
        self._ask_dates()
        self._ask_numbers()
        self._ask_currency()

    def _open(self, question: Question) -> str:
        """The suggestion where it is to be taken; else the question stays."""
        if self._answers.suggested and question.suggestion:
            return question.suggestion
        self.questions.append(question)
        return ""

    def _ask_columns(self) -> None:
        for table in self._tables:
            headers = tuple(column.header for column in table.looked.columns if column.header)
            for name, field in FIELDS[table.kind].items():
                if field.needed and name not in table.fields and (table.kind, name) != (REPS, TEAM):
                    asked = Question("column", f"{table.kind}: {name}", "which column is it?", headers)
                    self.questions.append(asked)

    def _ask_stages(self) -> None:
        answered = {plain(word): stage for word, stage in self._answers.stages.items()}
        for table in (table for table in self._tables if table.kind == DEALS):
            declared = {plain(word): stage for word, stage in table.file.stages.items()}
            self.stages = {**table.file.stages, **self.stages}
            for word, rows in sorted(table.words_of("stage").items(), key=lambda one: -one[1]):
                stage = answered.get(plain(word)) or declared.get(plain(word)) or ""
                if not stage and plain(word) in STAGES:
                    stage = plain(word)
                if not stage:
                    text = "which of our stages is it?"
                    asked = Question("stage", word, text, STAGES, suggested_stage(word), rows)
                    stage = self._open(asked)
                if stage:
                    self.stages[word] = stage
        self.stages |= {word: stage for word, stage in self._answers.stages.items() if self.stages.get(word)}

    def _ask_statuses(self) -> None:
        """What became of a lead, in words of one's own."""
        answered = {plain(word): status for word, status in self._answers.stages.items()}
        for table in (table for table in self._tables if table.kind == LEADS and "status" in table.fields):
            known = {
                plain(word): meant for word, meant in table.fields["status"].more.get("values", {}).items()
            }
            meant = {plain(status): status for status in STATUSES} | known | answered
            values: dict[str, str] = {}
            for word, rows in table.words_of("status").items():
                text = "does such a lead stand open, or was it converted or discarded?"
                status = meant.get(plain(word)) or self._open(
                    Question("status", word, text, STATUSES, OPEN, rows)
                )
                values[word] = status
            table.fields["status"].more["values"] = table.fields["status"].more.get("values", {}) | values

    def _ask_dates(self) -> None:
        said = _said_forms(self._answers)
        settled: dict[tuple[str, str], tuple[str, ...]] = {}
        for table in self._tables:
            for name in (n for n in table.fields if n.endswith(DAYS) or table.is_custom(n, FieldType.DATE)):
                for column in table.columns_of(name):
                    at = table.looked.name, column.header
                    if at not in settled:
                        settled[at] = self._forms_of(column, said)
                    known = self.forms.get((table.kind, name), ())
                    self.forms[table.kind, name] = tuple(dict.fromkeys((*known, *settled[at])))

    def _forms_of(self, column: Seen, said: tuple[str, ...]) -> tuple[str, ...]:
        """What was said, where it reads anything of the column; else it was said of others."""
        forms = said if date_forms(column.words, said).taken else self._vendor.dates
        ways = date_forms(column.words, forms)
        if not ways.several:
            return ways.taken or forms[:1]
        text = f"{ways.example} can be read in several ways: which form do these dates have?"
        answer = self._open(Question(DATES, column.header, text, ways.several))
        return (answer,) if answer else ways.taken

    def _ask_numbers(self) -> None:
        values = [
            word
            for table in self._tables
            for name in table.fields
            if name in AMOUNTS or table.is_custom(name, FieldType.NUMBER)
            for word in table.words_of(name)
        ]
        if NUMBERS in self._answers.settings:
            self.signs = self._answers.settings[NUMBERS]
            return
        ways = number_signs(values)
        self.signs = ways.taken[0]
        if ways.several:
            text = f"{ways.example} can be read in several ways: how are numbers written here?"
            self.signs = self._open(Question(NUMBERS, "", text, ways.several)) or self.signs

    def _ask_currency(self) -> None:
        self.currency = self._answers.settings.get(CURRENCY, "").upper()
        if self.currency:
            return
        without = sum(map(_without_currency, self._tables))
        if without:
            text = "what currency are amounts in whose row names none?"
            self.currency = self._open(Question(CURRENCY, "", text, (), self._vendor.currency, without))


def _without_currency(table: Table) -> int:
    """How many rows have an amount and name no currency of it: a row without an amount needs none."""
    amounts = max((sum(table.words_of(name).values()) for name in AMOUNTS), default=0)
    told = table.columns_of("currency")[:1]
    if not told or not amounts:
        return amounts
    return 0 if told[0].filled == table.looked.rows else table.rows_with(AMOUNTS, but_not="currency")


def _check(answers: Answers, tables: Sequence[Looked], read: Sequence[Table]) -> None:
    """Raises ImportProblem naming every answer that means nothing here."""
    problems = [*_wrong_settings(answers), *_wrong_columns(answers, read)]
    names = [table.name for table in tables]
    for name, kind in answers.kinds.items():
        if name not in names:
            problems.append(f"{name}: is none of the files{did_you_mean(name, names)}")
        if kind not in (*KINDS, LEAVE):
            problems.append(
                f"{name}: {kind!r} names no kind of file{did_you_mean(kind, KINDS)}: {', '.join((*KINDS, LEAVE))}"
            )
    for word, stage in answers.stages.items():
        if not stage:
            problems.append(f"stage {word!r}: name a stage, such as {', '.join(STAGES)}")
    if problems:
        raise ImportProblem(*problems)


def _wrong_settings(answers: Answers) -> Iterator[str]:
    settings = answers.settings
    for name in settings:
        if name not in SETTINGS:
            yield f"{name!r} is nothing that can be set{did_you_mean(name, SETTINGS)}: {', '.join(SETTINGS)}"
    if (zone := settings.get("timezone")) and (wrong := timezone_problem(zone)):
        yield f"timezone: {wrong}"
    if (code := settings.get(CURRENCY)) and (wrong := currency_problem(code.upper())):
        yield f"currency: {wrong}"
    if (signs := settings.get(NUMBERS)) and signs not in SIGNS:
        yield f"numbers: {signs!r} is no way of writing them that is known: {', '.join(SIGNS)}"
    for form in _said_forms(answers):
        if wrong := form_problem(form):
            yield f"dates: {form!r} {wrong}"
    if (gates := settings.get(GATES)) and gates != ASK:
        yield f"gates: {gates!r} is not {ASK}"


def _said_forms(answers: Answers) -> tuple[str, ...]:
    said = answers.settings.get(DATES, "").split(BETWEEN_FORMS)
    return tuple(dict.fromkeys(filter(None, (form.strip() for form in said))))


def _wrong_columns(answers: Answers, read: Sequence[Table]) -> Iterator[str]:
    for answer, name in answers.columns.items():
        kind, _, header = answer.rpartition(": ")
        meant = [table for table in read if not kind or table.kind == kind]
        there = [table for table in meant if table.column(header) is not None]
        if not there:
            headers = [column.header for table in meant for column in table.looked.columns]
            yield f"{header!r} is no column of the files{did_you_mean(header, headers)}"
        fields = [one for table in there for one in (*FIELDS[table.kind], *table.custom)]
        if there and name != LEAVE and name not in fields:
            yield f"{name!r} is no field of {there[0].kind}{did_you_mean(name, fields)}: {', '.join(dict.fromkeys(fields))}"


def _files(fit: Fit, read: Iterable[Table]) -> Iterator[FileReport]:
    """One for each kind that the rows of a table are."""
    looked, called = fit.table, fit.file.called if fit.file else ""
    tables = [table for table in read if table.looked is looked]
    if not tables:
        why = "has no home here yet: left out" if called else "is of no kind that is known: left out"
        yield FileReport(looked.name, looked.rows, "", called, (), (), (*looked.notes, why))
    elsewhere = {header for table in tables for one in table.fields.values() for header in one.headers}
    for table in tables:
        left = tuple(one for one in table.left_out() if one.header not in elsewhere)
        notes = (*looked.notes, *_of_rows(table))
        yield FileReport(looked.name, looked.rows, table.kind, table.file.called, table.found(), left, notes)


def _of_rows(table: Table) -> Iterator[str]:
    if skipped := table.skipped():
        yield f"{skipped} rows are passed over: they say {_skips(table)}"
    owned = next(iter(table.columns_of(OWNER)), None)
    empty = table.looked.rows - owned.filled if owned is not None else 0
    if empty:
        yield (NOBODYS if table.kind == DEALS else POOLED).format(n=empty)


def _skips(table: Table) -> str:
    return " or ".join(f"{header}: {', '.join(words)}" for header, words in table.skips().items())


def _notes(read: Sequence[Table]) -> Iterator[str]:
    for kind in sorted(apart(read)):
        yield f"{kind} go by id in one file and by name in another: they cannot be joined"
