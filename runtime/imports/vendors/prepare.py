"""Runtime room, file import: files that somebody gave, to a report and, where nothing is left to ask, to files and a mapping that
can be imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.custom_field.declaration import FieldSet
from runtime.imports.mapping_file import read_mapping
from runtime.imports.naming import is_importable
from runtime.imports.results import ImportProblem
from runtime.imports.vendors.declared import Vendor, vendor_ids, vendor_of
from runtime.imports.vendors.guess import is_clear, ranked
from runtime.imports.vendors.looking import Looked, look, written_alike
from runtime.imports.vendors.pages import collect, is_json
from runtime.imports.vendors.report import Answers, FileReport, Question, Report
from runtime.imports.vendors.understanding import understand

JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
ANY_ENCODING = ("utf-8", "gb18030", "cp1252", "iso-8859-1")
SHOWN_SCORES = 5


@dataclass(frozen=True, slots=True)
class Prepared:
    """`files` are those that the report's mapping reads, by the names that it has for them."""

    report: Report
    files: tuple[Path, ...]


def prepare(
    given: Iterable[Path], answers: Answers, place: Path, declared: Mapping[str, FieldSet] | None = None
) -> Prepared:
    """Look at the files, and at those in given folders. What has to be put together is written into `place`. `declared` are the
    custom fields of the records of each kind of file.

    Raises ImportProblem: no vendor of that name is known, a file cannot be read, two are called alike, or an answer means
    nothing here.
    """
    vendors = [vendor_of(answers.vendor)] if answers.vendor else [vendor_of(id) for id in vendor_ids()]
    tables, whose = _tables(_files(given), vendors, place)
    ranking = ranked(tables, [whose] if whose else vendors)
    scores = {vendor.id: round(score, 3) for vendor, score in ranking[:SHOWN_SCORES]}
    vendor = vendors[0] if answers.vendor else whose or (ranking[0][0] if is_clear(ranking) else None)
    if vendor is None:
        return Prepared(_unknown(tables, scores), ())
    report = understand(written_alike(tables, vendor.encodings), vendor, answers, scores, declared or {})
    if report.mapping:
        read_mapping(report.mapping.encode(), vendor.name)
    read = {one.name for one in report.files if one.kind}
    paths = dict.fromkeys(table.path for table in tables if table.name in read)
    return Prepared(report, tuple(paths))


def _files(given: Iterable[Path]) -> list[Path]:
    """Raises ImportProblem for none, for one that is not there, and for two of one name."""
    files: list[Path] = []
    for path in given:
        if not path.exists():
            raise ImportProblem(f"{path}: there is no such file or folder")
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        files += [one for one in inside if one.is_file() and (one == path or _may_be_read(one))]
    if twice := _twice([path.name for path in files]):
        raise ImportProblem(*(f"{name}: two files are called so: rename one of them" for name in twice))
    if not files:
        raise ImportProblem("there is no file to import: give CSV, XLSX or saved JSON pages")
    return files


def _may_be_read(path: Path) -> bool:
    return is_importable(path.name) or path.suffix.lower() in JSON_ENDINGS


def _tables(
    files: Sequence[Path], vendors: Sequence[Vendor], place: Path
) -> tuple[list[Looked], Vendor | None]:
    """The files' tables, and whose saved pages are among them."""
    saved = [path for path in files if is_json(path)]
    encodings = vendors[0].encodings if len(vendors) == 1 else ANY_ENCODING
    tables: list[Looked] = []
    problems: list[str] = []
    for path in files:
        try:
            tables += look(path, encodings) if path not in saved else []
        except ImportProblem as problem:
            problems += problem.problems
    if problems:
        raise ImportProblem(*problems)
    objects, whose = collect(saved, vendors) if saved else ([], None)
    for one in objects:
        (table,) = look(one.write(place), ("utf-8",))
        table.notes += one.notes()
        tables.append(table)
    paths = dict.fromkeys(table.path for table in tables)
    if twice := _twice([path.name for path in paths]):
        raise ImportProblem(*(f"{name}: two files are called so: rename one of them" for name in twice))
    return tables, whose


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _unknown(tables: Sequence[Looked], scores: dict[str, float]) -> Report:
    question = Question("vendor", "", "whose exports are these?", vendor_ids(), next(iter(scores), ""))
    files = tuple(FileReport(table.name, table.rows, notes=tuple(table.notes)) for table in tables)
    return Report("", "", scores, files, (question,))
