"""Runtime room, file import: what a file is, by what is in it. Names lie: a page of a login is called deals.csv."""

from __future__ import annotations

import codecs
import gzip
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from runtime.imports.results import ImportProblem

TABLE, LOG, WORKBOOK = "table", "log", "workbook"
GZIP = b"\x1f\x8b"
HEAD = 1 << 16
CHUNK_OF_TEXT = 1 << 20
UTF8_MARK = codecs.BOM_UTF8
_ZIP = b"PK\x03\x04"
_JSON = re.compile(rb'[\[{]\s*(?:["{\[\]}]|-?[0-9]+\s*[,\]])')
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|meta)\b", re.IGNORECASE)
_SIGNATURES = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "is an old workbook (.xls), or one with a password: save it as .xlsx without, or as CSV",
    b"%PDF": "is a PDF, not a table",
    b"PAR1": "is a Parquet file: save it as CSV",
    b"SQLite format 3\x00": "is a database (SQLite): save its table as CSV",
    codecs.BOM_UTF16_LE: "is written in UTF-16: save it as CSV in UTF-8",
    codecs.BOM_UTF16_BE: "is written in UTF-16: save it as CSV in UTF-8",
}
_IN_ARCHIVE = {
    "xl/workbook.bin": "is a binary workbook (.xlsb): save it as .xlsx",
    "mimetype": "is a spreadsheet of another kind (.ods): save it as .xlsx or CSV",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` is TABLE, LOG or WORKBOOK; `ends` is what ends a line of a table."""

    name: str
    ends: bytes = b"\n"


class readable:  # noqa: N801 - reads as words in `with readable(path)`
    """Turns what the system and gzip say about an unreadable file into an ImportProblem."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, EOFError):
            raise ImportProblem(f"{self.path.name}: the packed file is cut off") from problem
        if isinstance(problem, gzip.BadGzipFile | zlib.error):
            raise ImportProblem(f"{self.path.name}: is not a whole gzip file: {problem}") from problem
        if isinstance(problem, OSError):
            raise ImportProblem(f"{self.path.name}: cannot be read: {problem.strerror}") from problem


def open_binary(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked when it is gzip, whatever its name."""
    raw = path.open("rb")
    packed = raw.read(2) == GZIP
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[return-value]


def kind_of(path: Path) -> Kind:
    """Raises ImportProblem for what is neither a table of text, nor an event log in XML, nor a workbook."""
    with readable(path), open_binary(path) as unpacked:
        head = unpacked.read(HEAD)
    if head.startswith(_ZIP):
        return _in_archive(path)
    wrong = next((told for signature, told in _SIGNATURES.items() if head.startswith(signature)), None)
    wrong = wrong or _no_text(head)
    if wrong:
        raise ImportProblem(f"{path.name}: {wrong}")
    if is_markup(head):
        return Kind(LOG)
    return Kind(TABLE, b"\r" if b"\r" in head and b"\n" not in head else b"\n")


def may_be_utf_8(path: Path) -> bool:
    """Whether its letters beyond ASCII are UTF-8 as well, which other encodings hardly ever are by chance. By its first part."""
    with readable(path), open_binary(path) as unpacked:
        head = unpacked.read(HEAD)
    if head.isascii() or head.startswith(UTF8_MARK):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def is_markup(head: bytes) -> bool:
    return head.removeprefix(UTF8_MARK).lstrip().startswith(b"<")


def _no_text(head: bytes) -> str | None:
    start = head.removeprefix(UTF8_MARK).lstrip()
    if _HTML.match(start):
        return "is a page of the web (HTML), perhaps of a login or an error, not a table"
    if _JSON.match(start):
        return "is JSON, not a table: save it as CSV"
    if head.count(0) > len(head) // 10:
        return "holds NUL bytes: it is no text, or written in UTF-16; save it as CSV in UTF-8"
    return None


def _in_archive(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
        raise ImportProblem(
            f"{path.name}: is a packed file or a workbook, and damaged or packed twice"
        ) from problem
    if "xl/workbook.xml" in names:
        return Kind(WORKBOOK)
    told = next((told for name, told in _IN_ARCHIVE.items() if name in names), "is a ZIP archive: unpack it")
    raise ImportProblem(f"{path.name}: {told}")
