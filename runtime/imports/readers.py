"""Runtime room, file import: rows out of CSV files, streaming, with the line each row begins on and its bytes as they stood.

Files come from anywhere: size, nesting and encoding are checked here, and what is wrong is said with its line. XES event
logs are read in `xes.py`, workbooks in `workbooks.py`.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

from runtime.imports.cells import clean
from runtime.imports.lines import ADDED, UTF8, Layout, Row, bytes_behind
from runtime.imports.results import ImportProblem
from runtime.imports.sniff import TABLE, UTF8_MARK, kind_of, open_binary, readable
from runtime.imports.suggest import did_you_mean

CHUNK = 1 << 20
MAX_ROW = 1 << 23
"""Bytes: a quote that is left open takes all that follows into its cell."""
MAX_ROWS = 5_000_000
_SEPARATOR = re.compile(r'"?sep=([^"\w\s.+-]|\t)"?[\r\n]*', re.IGNORECASE)
csv.field_size_limit(MAX_ROW)


@dataclass(frozen=True, slots=True)
class Sizing:
    """A file's digest (of its bytes as they lie there) and how many lines it has, unpacked."""

    digest: str
    lines: int


def size_up(path: Path, marker: bytes = b"\n") -> Sizing:
    """One pass over the file. Raises ImportProblem when it cannot be read."""
    digest, lines, rest = hashlib.sha256(), 0, b""
    with readable(path), path.open("rb") as raw:
        for chunk in iter(lambda: raw.read(CHUNK), b""):
            digest.update(chunk)
    with readable(path), open_binary(path) as unpacked:
        for chunk in iter(lambda: unpacked.read(CHUNK), b""):
            lines += (rest + chunk).count(marker)
            rest = chunk[len(chunk) - len(marker) + 1 :]  # a marker may lie across two chunks
    return Sizing(digest.hexdigest(), lines)


class CsvFile:
    """A CSV file with a header. Iterating gives its rows; rows without a single value are passed over.

    A first line `sep=;` names the delimiter, as spreadsheets write it, and the mark of UTF-8 the encoding. The two columns that
    a reject file begins with are taken off: what is left is the row as it stood first.

    Raises ImportProblem, with the line, for what makes the rest of the file unreadable: another encoding, a quote
    that is never closed, a row or a file beyond the limits.
    """

    def __init__(
        self, path: Path, *, encoding: str = "utf-8", delimiter: str = ",", max_rows: int = MAX_ROWS
    ) -> None:
        kind = kind_of(path)
        if kind.name != TABLE:
            raise ImportProblem(f"{path.name}: is {'a workbook' if kind.name != 'log' else 'XML'}, not CSV")
        self.path, self._delimiter = path, delimiter
        self._encoding = codecs.lookup(encoding).name.removesuffix("-sig")
        self._max_rows, self._ends, self._told, self._added = max_rows, kind.ends, b"", 0
        self._rows = self._read()
        first = next(self._rows, None)
        if first is None:
            raise ImportProblem(f"{path.name}: is empty; its first line must name the columns")
        if tuple(first.cells[: len(ADDED)]) == ADDED:
            self._added = len(ADDED)
            first = self._as_it_stood(first)
        self._begins = first.line
        self.header = [clean(cell) for cell in first.cells]
        self.layout = Layout(self._encoding, self._delimiter, self._told, first.raw)

    def column(self, header: str) -> int | None:
        return self.header.index(header) if header in self.header else None

    def no_column(self, header: str) -> str:
        found = ", ".join(name for name in self.header if name)
        guess = did_you_mean(header, self.header)
        return f"{self.path.name} line {self._begins}: no column {header!r}{guess} (there are: {found})"

    def __iter__(self) -> Iterator[Row]:
        return map(self._as_it_stood, self._rows) if self._added else self._rows

    def _as_it_stood(self, row: Row) -> Row:
        raw = bytes_behind(self._added, row.raw, self._encoding, self._delimiter)
        first, because = (*row.cells[: self._added], "", "")[:2]
        line = int(first) if re.fullmatch("[0-9]{1,9}", first) else None
        return Row(row.line, row.cells[self._added :], raw, line, because)

    def _read(self) -> Iterator[Row]:
        with readable(self.path), open_binary(self.path) as unpacked:
            if unpacked.read(len(UTF8_MARK)) == UTF8_MARK:
                self._encoding = UTF8
            else:
                unpacked.seek(0)
            lines = Lines(self.path.name, unpacked, self._encoding, self._ends)
            rows = csv.reader(self._told_apart(lines), delimiter=self._delimiter, strict=True)
            count = 0
            while True:
                begins = lines.begins
                try:
                    cells = next(rows, None)
                except csv.Error as problem:
                    raise self._malformed(begins, lines.number, problem) from problem
                if cells is None:
                    return
                raw = lines.row()
                if any(cell.strip() for cell in cells):
                    self._check_count(count, begins)
                    count += 1
                    yield Row(begins, cells, raw)

    def _told_apart(self, lines: Lines) -> Iterator[str]:
        """The lines behind the one that names the delimiter."""
        each = iter(lines)
        first = next(each, "")
        if found := _SEPARATOR.fullmatch(first):
            self._delimiter, self._told = found[1], lines.row()
            return each
        return chain((first,), each)

    def _check_count(self, before: int, line: int) -> None:
        if before > self._max_rows:
            raise ImportProblem(
                f"{self.path.name} line {line}: more than {self._max_rows:,} rows: import it in parts"
            )

    def _malformed(self, begins: int, line: int, problem: csv.Error) -> ImportProblem:
        where = f"line {begins}" if begins == line else f"lines {begins} to {line}"
        if str(problem).startswith("new-line"):
            return ImportProblem(f"{self.path.name} {where}: a carriage return stands alone inside a row")
        return ImportProblem(
            f"{self.path.name} {where}: {problem}: is a quote left open, or not doubled inside quotes?"
        )


class Lines:
    """Decoded lines, one by one, so that what cannot be decoded is found on its line. `row` gives the bytes since it was last asked."""

    def __init__(self, name: str, unpacked: IO[bytes], encoding: str, ends: bytes = b"\n") -> None:
        self.name, self.number, self.encoding = name, 0, encoding
        self._unpacked, self._ends = unpacked, ends
        self._taken: list[bytes] = []
        self._size = 0
        self._decode: Callable[[bytes], tuple[str, int]] = codecs.getdecoder(encoding)

    @property
    def begins(self) -> int:
        """The line of the row that is being read, or is read next."""
        return self.number - len(self._taken) + 1

    def row(self) -> bytes:
        raw = self._taken[0] if len(self._taken) == 1 else b"".join(self._taken)
        self._taken.clear()
        self._size = 0
        return raw

    def __iter__(self) -> Iterator[str]:
        for line in self._split():
            self.number += 1
            self._taken.append(line)
            self._size += len(line)
            if self._size > MAX_ROW:
                raise self._too_long()
            yield self._text(line)

    def _split(self) -> Iterator[bytes]:
        if self._ends == b"\n":
            return iter(lambda: self._unpacked.readline(MAX_ROW + 1), b"")
        return self._split_at(self._ends)

    def _split_at(self, end: bytes) -> Iterator[bytes]:
        rest = b""
        for chunk in iter(lambda: self._unpacked.read(CHUNK), b""):
            *whole, rest = (rest + chunk).split(end)
            yield from (line + end for line in whole)
            if len(rest) > MAX_ROW:
                break
        if rest:
            yield rest

    def _too_long(self) -> ImportProblem:
        where = (
            f"line {self.begins}" if self.begins == self.number else f"lines {self.begins} to {self.number}"
        )
        return ImportProblem(
            f"{self.name} {where}: a row of more than {MAX_ROW:,} bytes: is a quote left open, or is it no CSV file?"
        )

    def _text(self, line: bytes) -> str:
        try:
            return self._decode(line)[0]
        except UnicodeDecodeError as problem:
            bad = line[problem.start : problem.start + 1].hex()
            raise ImportProblem(
                f"{self.name} line {self.number}: is not {self.encoding} (byte 0x{bad} at {problem.start + 1}): "
                "save the file in that encoding, or name the one it has under `encoding`, such as 'gb18030' or 'cp1252'"
            ) from problem
