"""Runtime room, file import: which files of a folder the tables of a mapping read. By their names alone."""

from __future__ import annotations

import re
from collections.abc import Collection

from runtime.imports.cells import clean
from runtime.imports.mapping import Mapping, Sheet
from runtime.imports.rejects import SUFFIX
from runtime.imports.results import ImportProblem
from runtime.imports.suggest import did_you_mean

ENDINGS = "csv|tsv|txt|xes|xml|xlsx"
"""Of files that can be imported, in a pattern; `.gz` may follow."""
_IMPORTABLE = re.compile(rf"\.({ENDINGS})(\.gz)?$", re.IGNORECASE)
_PACKED = re.compile(r"(?:\.gz)?$")
_REJECTS = re.compile(rf"(?:{re.escape(SUFFIX)})+$")


def is_of(file: str, sheet: Sheet) -> bool:
    """By name: the sheet's file, packed or not, or one of the rows that were refused from it."""
    name = _PACKED.sub("", clean(file), count=1)
    stems = {one.removesuffix(".gz").rpartition(".")[0] or one for one in sheet.files}
    return name in sheet.files or (bool(_REJECTS.search(name)) and _REJECTS.sub("", name) in stems)


def is_importable(file: str) -> bool:
    """By its ending."""
    return _IMPORTABLE.search(file) is not None


def unread(mapping: Mapping, files: Collection[str]) -> list[str]:
    """Those that no table reads, where they lie in one folder; of a file and its packed copy, the copy."""
    if len(files) == 1:
        return []
    names = {clean(file) for file in files}
    wanted = (file for sheet in mapping.sheets.values() for file in sheet.files)
    read = {file if file in names else f"{file}.gz" for file in wanted}
    return sorted(file for file in files if clean(file) not in read)


def check_files(mapping: Mapping, files: Collection[str]) -> None:
    """Raises ImportProblem naming every file that no table reads, and every table without its file."""
    wanted = {
        file or "one file alone": sheet.optional for sheet in mapping.sheets.values() for file in sheet.files
    }
    alone = len(files) == 1
    read = alone and any(is_of(file, sheet) for file in files for sheet in mapping.sheets.values())
    if alone and len(wanted) == 1:
        return
    problems = [
        f"{file}: no table of the mapping {mapping.name!r} reads it, but {', '.join(wanted)}"
        + did_you_mean(file, list(wanted))
        for file in (files if alone and not read else unread(mapping, files))
    ]
    if not alone:
        names = {clean(file).removesuffix(".gz") for file in files}
        lacking = (file for file, optional in wanted.items() if not optional and file not in names)
        problems += [
            f"{file}: is wanted by the mapping {mapping.name!r} and was not sent" for file in lacking
        ]
    if problems:
        raise ImportProblem(*problems)
