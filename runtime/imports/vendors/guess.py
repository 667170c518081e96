"""Runtime room, file import: whose exports the given tables are, and which kind each is. By their headers; names of files only help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from runtime.imports.suggest import plain
from runtime.imports.vendors.declared import FileKind, Vendor
from runtime.imports.vendors.looking import Looked

SURE = 0.6
"""Of 1: what a vendor's tables must score to be taken for its without being asked."""
AHEAD = 0.05
"""By how much it has to lead the next one."""
MET, KNOWN, MARKED, NAMED = 0.4, 0.3, 0.2, 0.1
"""What a table scores for having what its kind needs, and at most for the headers that are known, its marks and its name."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A table and what it is; `score` 0 and no file where it is nothing of this vendor's."""

    table: Looked
    file: FileKind | None
    score: float


def fits(tables: Sequence[Looked], vendor: Vendor, chosen: dict[str, str]) -> list[Fit]:
    """The best kind for each table; among those of the kind that somebody chose for it, by its name."""
    return [_best(table, vendor, chosen.get(table.name)) for table in tables]


def score_of(fitting: Sequence[Fit]) -> float:
    """From 0 to 1, of a vendor by all of its tables."""
    return sum(fit.score for fit in fitting) / len(fitting) if fitting else 0.0


def ranked(tables: Sequence[Looked], vendors: Iterable[Vendor]) -> list[tuple[Vendor, float]]:
    """The likeliest first; those that fit nothing are left out."""
    scores = [(vendor, score_of(fits(tables, vendor, {}))) for vendor in vendors]
    return sorted(((v, s) for v, s in scores if s > 0), key=lambda one: (-one[1], one[0].id))


def is_clear(ranking: Sequence[tuple[Vendor, float]]) -> bool:
    """Whether the first can be taken without asking."""
    first = ranking[0][1] if ranking else 0.0
    return first >= SURE and (len(ranking) == 1 or first - ranking[1][1] >= AHEAD)


def header_among(names: Iterable[str], table: Looked) -> str:
    """The table's own header that the first of these names stands for; empty where there is none."""
    there = {plain(column.header): column.header for column in reversed(table.columns) if column.header}
    return next((there[plain(name)] for name in names if plain(name) in there), "")


def beside(fit: Fit, vendor: Vendor) -> list[FileKind]:
    """What else the rows of its table are."""
    others = (one for one in vendor.files if fit.file is not None and one.beside == fit.file.called)
    return [one for one in others if all(header_among(one.headers_of(need), fit.table) for need in one.needs)]


def _best(table: Looked, vendor: Vendor, kind: str | None) -> Fit:
    candidates = [file for file in vendor.files if kind in (None, file.kind)]
    scored = [Fit(table, file, _score(table, file, forced=kind is not None)) for file in candidates]
    best = max(scored, key=lambda fit: fit.score, default=Fit(table, None, 0.0))
    return best if best.score > 0 else Fit(table, None, 0.0)


def _score(table: Looked, file: FileKind, *, forced: bool) -> float:
    headers = {plain(column.header) for column in table.columns if column.header}
    met = all(header_among(file.headers_of(need), table) for need in file.needs)
    if not headers or (not forced and (not met or headers & set(map(plain, file.never)))):
        return 0.0
    declared = {plain(name) for wanted in file.columns.values() for name in wanted.all()}
    declared |= {plain(name) for name in (*file.marks, *file.ignore, *file.skip)}
    marks = {plain(name) for name in file.marks}
    called = {part.casefold() for part in (table.path.name.split(".")[0], table.page) if part}
    named = any(fnmatchcase(name, pattern) for name in called for pattern in file.named)
    return (
        MET * met
        + KNOWN * len(headers & declared) / len(headers)
        + MARKED * (len(headers & marks) / len(marks) if marks else 0.5)
        + NAMED * named
    )
