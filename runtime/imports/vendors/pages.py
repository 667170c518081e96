"""Runtime room, file import: records of an open API, saved as the JSON pages it answers, put together as one table an object.

Which part of a page is what stands under `[pages]` in the vendor's declaration. A page that tells of an error is no data, pages
that overlap tell a record once, and pages that are missing are noticed. Times stay as they were: milliseconds are
read by the mapping.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.imports.results import ImportProblem
from runtime.imports.sniff import UTF8_MARK, open_binary, readable
from runtime.imports.vendors.declared import Pages, Vendor

MOST_BYTES = 1 << 28
MOST_COLUMNS = 16_384
LONGEST_NAME = 60
DEEPEST = 50
"""Lists and records within each other: what is deeper is nobody's value."""
_PART = re.compile(r"[\s_.-]*(?:page|offset|p)?[\s_.-]*\(?[0-9]+\)?$", re.IGNORECASE)
_NATURAL = re.compile(r"([0-9]+)")
_UNSAFE = re.compile(r"[^\w-]+")
LABELS = ("name", "label", "display_name", "value", "_id", "id")
"""Of a record inside a record, what stands for it."""


@dataclass
class Collected:
    """The records of one object, from all of its pages. `total` is how many there are by what the pages say; 0: they do not."""

    object: str
    columns: dict[str, None] = field(default_factory=dict)
    records: dict[str, dict[str, str]] = field(default_factory=dict)
    total: int = 0
    twice: int = 0

    @property
    def file_name(self) -> str:
        return f"{_UNSAFE.sub('-', self.object)[:LONGEST_NAME]}.csv"

    def add(self, record: dict[str, Any], id: str) -> None:
        """Raises ImportProblem for what no file can hold."""
        flat = {name: text for name, value in record.items() if (text := _text(value))}
        if torn := next((name for name, text in flat.items() if not _is_whole(name + text)), None):
            torn = _short(torn)
            raise ImportProblem(f"{torn}: has half a character: a surrogate without the other one")
        key = flat.get(id) or f"\0{len(self.records)}"
        if key in self.records:
            self.twice += 1
            return
        self.columns.update(dict.fromkeys(flat))
        if len(self.columns) > MOST_COLUMNS:
            raise ImportProblem(f"{self.object}: has more than {MOST_COLUMNS:,} fields")
        self.records[key] = flat

    def notes(self) -> Iterator[str]:
        if self.total > len(self.records):
            yield (
                f"{self.object}: the pages hold {len(self.records)} of {self.total} records: save those that are missing, and import again"
            )
        if self.twice:
            yield f"{self.object}: {self.twice} records come on two pages: the first is taken"

    def write(self, folder: Path) -> Path:
        """As CSV in UTF-8, with a column for everything that any record tells. A file of before stays whole for whoever has a link to it."""
        path = folder / self.file_name
        path.unlink(missing_ok=True)
        with path.open("w", encoding="utf-8", newline="") as out:
            rows = csv.DictWriter(out, self.columns, restval="", lineterminator="\n")
            rows.writeheader()
            rows.writerows(self.records.values())
        return path


def is_json(path: Path) -> bool:
    with readable(path), open_binary(path) as unpacked:
        return unpacked.read(1 << 12).removeprefix(UTF8_MARK).lstrip()[:1] in (b"{", b"[")


def collect(files: Iterable[Path], vendors: Sequence[Vendor]) -> tuple[list[Collected], Vendor | None]:
    """The objects in saved pages, and whose pages they are. Raises ImportProblem naming every file that is none of them, or
    that tells of an error.
    """
    found: dict[str, Collected] = {}
    problems: list[str] = []
    whose: Vendor | None = None
    for path in sorted(files, key=_in_order):
        try:
            for content in _contents(path):
                vendor = next(
                    (one for one in vendors if one.pages and _rows(content, one.pages) is not None), None
                )
                if vendor is None or vendor.pages is None:
                    raise ImportProblem(
                        f"{path.name}: is JSON of a shape that no export has that is known here"
                    )
                whose = whose or vendor
                _take(content, path, vendor.pages, found)
        except ImportProblem as problem:
            problems.extend(problem.problems)
    if problems := [*problems, *_called_alike(found.values())]:
        raise ImportProblem(*problems)
    return list(found.values()), whose


def _called_alike(found: Iterable[Collected]) -> Iterator[str]:
    """Objects of which one's file would be the other's."""
    held: dict[str, str] = {}
    for one in found:
        before, object = held.setdefault(one.file_name, one.object), one.object
        if before != object:
            before, object = _short(before), _short(object)
            yield f"{before} and {object}: two objects are called so, which are one as a file's name"


def _short(name: str) -> str:
    return name[:LONGEST_NAME].encode(errors="replace").decode()


def _is_whole(text: str) -> bool:
    """JSON can say a half of a pair of surrogates, which is no character."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _take(content: Any, path: Path, pages: Pages, found: dict[str, Collected]) -> None:
    """Raises ImportProblem for a page that tells of an error."""
    code = _at(content, (pages.code,))
    if code is not None and str(code) != pages.fine:
        said = _at(content, (pages.said,))
        raise ImportProblem(
            f"{path.name}: is the answer to a request that failed ({code}: {said}): ask for it again"
        )
    rows = _rows(content, pages) or []
    stem = path.name.split(".")[0]
    for record in rows:
        object = str(record.get(pages.object) or _PART.sub("", stem) or stem)
        collected = found.setdefault(object, Collected(object))
        collected.add(record, pages.id)
        collected.total = max(collected.total, _count(content, pages.total))


def _rows(content: Any, pages: Pages) -> list[dict[str, Any]] | None:
    """The records of a page; of one that tells of an error none. None where it is no such page."""
    if isinstance(content, list):
        rows: Any = content
    else:
        rows = _at(content, pages.rows)
        if rows is None and _at(content, (pages.code,)) is not None:
            return []
    return rows if isinstance(rows, list) and all(isinstance(one, dict) for one in rows) else None


def _count(content: Any, places: Iterable[str]) -> int:
    """0 where no whole number stands there."""
    told = str(_at(content, places) or "")
    return int(told) if re.fullmatch("[0-9]{1,9}", told) else 0


def _at(content: Any, places: Iterable[str]) -> Any:
    """What stands at the first of places such as `data.total` where anything does; else None."""
    for place in filter(None, places):
        found = content
        for name in place.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if found is not None:
            return found
    return None


def _contents(path: Path) -> Iterator[Any]:
    """A file's pages: one, a list of them, or one a line. Numbers come as they are written."""
    with readable(path), open_binary(path) as unpacked:
        raw = unpacked.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ImportProblem(f"{path.name}: has more than {MOST_BYTES:,} bytes: save it in parts")
    try:
        text = raw.decode("utf-8-sig")
        try:
            whole = _read(text)
        except ValueError:
            yield from [_read(line) for line in text.split("\n") if line.strip()]
            return
    except (ValueError, RecursionError) as problem:
        raise ImportProblem(f"{path.name}: is no whole JSON: {problem}") from problem
    is_of_pages = (
        isinstance(whole, list) and whole and all(isinstance(one, dict) and "data" in one for one in whole)
    )
    yield from whole if is_of_pages else (whole,)


def _read(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str)


def _text(value: Any, deep: int = 0) -> str:
    if deep > DEEPEST:
        return ""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(filter(None, (_text(one, deep + 1) for one in value)))
    if isinstance(value, dict):
        return next((text for label in LABELS if (text := _text(value.get(label), deep + 1))), "")
    return str(value)


def _in_order(path: Path) -> list[tuple[int, str]]:
    """Page 2 before page 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _NATURAL.split(path.name)]
