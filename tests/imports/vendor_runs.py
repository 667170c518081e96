"""tests: a look at exports of other systems, and their import."""

from __future__ import annotations

from pathlib import Path

from runtime.database import Pool
from runtime.imports.mapping_file import read_mapping
from runtime.imports.results import ImportResult
from runtime.imports.vendors.prepare import Prepared, prepare
from runtime.imports.vendors.report import Answers, FileReport, Report
from tests.imports.test_run import run

EUROPE = {"timezone": "Europe/Berlin"}
CHINA = {"timezone": "Asia/Shanghai"}


def looked_at(*files: Path, **answers: object) -> Report:
    return prepared(*files, **answers).report


def prepared(*files: Path, **answers: object) -> Prepared:
    place = files[0].parent / "made"
    place.mkdir(exist_ok=True)
    return prepare(files, Answers(**answers), place)  # type: ignore[arg-type]


async def brought_in(pool: Pool, *files: Path, **answers: object) -> ImportResult:
    """The files' import, with nothing left to ask."""
    ready = prepared(*files, **answers)
    assert ready.report.questions == ()
    mapping = read_mapping(ready.report.mapping.encode(), "made.toml")
    folder = files[0].parent / "together"
    folder.mkdir(exist_ok=True)
    for path in ready.files:
        (folder / path.name).write_bytes(path.read_bytes())
    return await run(pool, folder, mapping)


def of(report: Report, kind: str) -> FileReport:
    return next(file for file in report.files if file.kind == kind)


def sources(file: FileReport) -> dict[str, tuple[str, ...]]:
    return {found.field: found.headers for found in file.fields}
