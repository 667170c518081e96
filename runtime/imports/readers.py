"""Runtime room, file import: rows out of CSV files, streaming, with the line each row begins on.

Files come from anywhere: size, nesting and encoding are checked here, and what is wrong is said with its line. XES event
logs are read in `xes.py`.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from runtime.imports.cells import clean
from runtime.imports.results import ImportProblem
from runtime.imports.suggest import did_you_mean

GZIP = b"\x1f\x8b"
CHUNK = 1 << 20
MAX_LINE = 1 << 20
MAX_CELL = 100_000
MAX_ROWS = 5_000_000
UTF8_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the file; `line` is where it begins."""

    line: int
    cells: list[str]


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


class readable:  # noqa: N801 - reads as words in `with readable(path)`
    """Turns what the system and gzip say about an unreadable file into an ImportProblem."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, EOFError):
            raise ImportProblem(f"{self.path.name}: the packed file is cut off") from problem
        if isinstance(problem, gzip.BadGzipFile):
            raise ImportProblem(f"{self.path.name}: is not a whole gzip file: {problem}") from problem
        if isinstance(problem, OSError):
            raise ImportProblem(f"{self.path.name}: cannot be read: {problem.strerror}") from problem


def open_binary(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked when it is gzip, whatever its name."""
    raw = path.open("rb")
    packed = raw.read(2) == GZIP
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[return-value]


class CsvFile:
    """A CSV file with a header. Iterating gives its rows; rows without a single value are passed over.

    Raises ImportProblem, with the line, for what makes the rest of the file unreadable: another encoding, a quote
    that is never closed, a cell or a file beyond the limits.
    """

    def __init__(
        self, path: Path, *, encoding: str = "utf-8", delimiter: str = ",", max_rows: int = MAX_ROWS
    ) -> None:
        self.path, self.encoding, self.delimiter, self.max_rows = path, encoding, delimiter, max_rows
        self._rows = self._read()
        first = next(self._rows, None)
        if first is None:
            raise ImportProblem(f"{path.name}: is empty; its first line must name the columns")
        self.header = [clean(cell) for cell in first.cells]
        self._check_header()

    def _check_header(self) -> None:
        twice = sorted({name for name in self.header if name and self.header.count(name) > 1})
        if twice:
            raise ImportProblem(f"{self.path.name} line 1: columns with the same name: {', '.join(twice)}")

    def column(self, header: str) -> int | None:
        return self.header.index(header) if header in self.header else None

    def no_column(self, header: str) -> str:
        found = ", ".join(name for name in self.header if name)
        return f"{self.path.name} line 1: no column {header!r}{did_you_mean(header, self.header)} (there are: {found})"

    def __iter__(self) -> Iterator[Row]:
        return self._rows

    def _read(self) -> Iterator[Row]:
        with readable(self.path), open_binary(self.path) as unpacked:
            lines = Lines(self.path.name, unpacked, self.encoding)
            rows = csv.reader(iter(lines), delimiter=self.delimiter, strict=True)
            for n in range(self.max_rows + 2):
                begins = lines.number + 1
                try:
                    cells = next(rows, None)
                except csv.Error as problem:
                    raise self._malformed(begins, lines.number, problem) from problem
                if cells is None:
                    return
                if any(cell.strip() for cell in cells):
                    self._check_row(n, begins, cells)
                    yield Row(begins, cells)

    def _check_row(self, n: int, line: int, cells: list[str]) -> None:
        if n > self.max_rows:
            raise ImportProblem(
                f"{self.path.name} line {line}: more than {self.max_rows:,} rows: import it in parts"
            )
        if max(map(len, cells)) > MAX_CELL:
            raise ImportProblem(
                f"{self.path.name} line {line}: a cell of more than {MAX_CELL:,} characters: is a quote left open?"
            )

    def _malformed(self, begins: int, line: int, problem: csv.Error) -> ImportProblem:
        where = f"line {begins}" if begins == line else f"lines {begins} to {line}"
        return ImportProblem(
            f"{self.path.name} {where}: {problem}: is a quote left open, or not doubled inside quotes?"
        )


class Lines:
    """Decoded lines, one by one, so that what cannot be decoded is found on its line."""

    def __init__(self, name: str, unpacked: IO[bytes], encoding: str) -> None:
        self.name, self.number, self.encoding = name, 0, encoding
        self._unpacked = unpacked
        self._decode: Callable[[bytes], tuple[str, int]] = codecs.getdecoder(encoding)

    def __iter__(self) -> Iterator[str]:
        for line in iter(lambda: self._unpacked.readline(MAX_LINE), b""):
            self.number += 1
            if len(line) == MAX_LINE:
                raise ImportProblem(
                    f"{self.name} line {self.number}: is longer than {MAX_LINE:,} bytes: is it a CSV file?"
                )
            text = self._text(line)
            yield text.removeprefix(UTF8_MARK) if self.number == 1 else text

    def _text(self, line: bytes) -> str:
        if self.number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ImportProblem(f"{self.name}: is written in UTF-16: save it as CSV in UTF-8")
        try:
            return self._decode(line)[0]
        except UnicodeDecodeError as problem:
            bad = line[problem.start : problem.start + 1].hex()
            raise ImportProblem(
                f"{self.name} line {self.number}: is not {self.encoding} (byte 0x{bad} at {problem.start + 1}): "
                "save the file in that encoding, or name the one it has under `encoding`, such as 'gb18030' or 'cp1252'"
            ) from problem
