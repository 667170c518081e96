"""Runtime room, file import: what lies in the files that somebody gave — each table's columns, and what stands in them.

Whatever they are called: a workbook is a table for each of its visible sheets. Each is read once, whole.
"""

from __future__ import annotations

import codecs
import csv
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from openpyxl import load_workbook

from runtime.imports.cells import ERRORS, clean
from runtime.imports.lines import Row
from runtime.imports.mapping import Mapping, Sheet
from runtime.imports.readers import CsvFile
from runtime.imports.results import ImportProblem
from runtime.imports.sniff import CHUNK_OF_TEXT, LOG, UTF8_MARK, WORKBOOK, kind_of, open_binary, readable
from runtime.imports.workbooks import BROKEN, WorkbookFile, check_size

KEPT_WORDS = 500
"""Different values of a column that are remembered; of more it is known that there are more."""
LONGEST_WORD = 200
DELIMITERS = ",;\t|"
PLAIN = Mapping("files", "files", "", {}, timezone="UTC")
"""How workbooks are read here: days and times as ISO 8601 has them."""


@dataclass(slots=True)
class Seen:
    """A column. `words` are its values with how many rows have each, `filled` how many rows have any; `whole`: no value was left out."""

    header: str
    filled: int = 0
    words: dict[str, int] = field(default_factory=dict)
    whole: bool = True

    def add(self, text: str) -> None:
        self.filled += 1
        short = text[:LONGEST_WORD]
        if short in self.words:
            self.words[short] += 1
        elif len(self.words) < KEPT_WORDS:
            self.words[short] = 1
        else:
            self.whole = False


@dataclass(slots=True)
class Looked:
    """A table. `page` is its sheet's name in a workbook of several; `object` what a saved page says it holds."""

    path: Path
    page: str = ""
    columns: list[Seen] = field(default_factory=list)
    rows: int = 0
    encoding: str = "utf-8"
    delimiter: str = ","
    is_workbook: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """As people know it."""
        return f"{self.path.name}[{self.page}]" if self.page else self.path.name

    def column(self, header: str) -> Seen | None:
        return next((column for column in self.columns if column.header == header), None)

    def rows_again(self) -> Iterator[dict[str, str]]:
        """The cells of each row by their column's header."""
        headers = [column.header for column in self.columns]
        for row in _opened(self):
            yield dict(zip(headers, map(clean, row.cells), strict=False))


def _opened(looked: Looked, title: str = "") -> CsvFile | WorkbookFile:
    if not looked.is_workbook:
        return CsvFile(looked.path, encoding=looked.encoding, delimiter=looked.delimiter)
    sheet = Sheet("deals", looked.path.name, optional=False, columns={}, page=title or looked.page)
    return WorkbookFile(looked.path, sheet, PLAIN)


def look(path: Path, encodings: Sequence[str]) -> list[Looked]:
    """The tables of a file. Raises ImportProblem where it cannot be read as any."""
    kind = kind_of(path)
    if kind.name == LOG:
        raise ImportProblem(f"{path.name}: is XML: an event log has a mapping of its own, `event_log`")
    if kind.name == WORKBOOK:
        return _look_into(path)
    encoding = encoding_of(path, encodings)
    delimiter = delimiter_of(path, encoding)
    looked = Looked(path, encoding=encoding, delimiter=delimiter)
    file = _opened(looked)
    looked.delimiter = file.layout.delimiter
    _fill(looked, file.header, file)
    return [looked]


def _look_into(path: Path) -> list[Looked]:
    titles = sheets_of(path)
    tables: list[Looked] = []
    for title in titles:
        looked = Looked(path, title if len(titles) > 1 else "", is_workbook=True)
        try:
            file = _opened(looked, title)
        except ImportProblem as problem:
            if len(titles) > 1 and "is empty" in str(problem):
                continue
            raise
        _fill(looked, file.header, file)
        tables.append(looked)
    return tables


def sheets_of(path: Path) -> list[str]:
    """The visible ones. Raises ImportProblem where there is none."""
    check_size(path)
    try:
        with warnings.catch_warnings(), path.open("rb") as content:
            warnings.simplefilter("ignore")  # of features that no cell's value depends on
            pages = load_workbook(content, read_only=True, keep_links=False).worksheets
            titles = [clean(page.title) for page in pages if page.sheet_state == "visible"]
    except BROKEN as problem:
        raise ImportProblem(f"{path.name}: is a workbook that cannot be read: {problem}") from problem
    if not titles:
        raise ImportProblem(f"{path.name}: holds no sheet of cells")
    return titles


def _fill(looked: Looked, header: Sequence[str], rows: Iterable[Row]) -> None:
    looked.columns = [Seen(name) for name in header]
    for row in rows:
        looked.rows += 1
        for column, cell in zip_longest(looked.columns, row.cells):
            text = clean(cell or "")
            if column is not None and text and text.upper() not in ERRORS:
                column.add(text)


def encoding_of(path: Path, encodings: Sequence[str]) -> str:
    """The first of them that the whole file can be read in. Raises ImportProblem where it is none."""
    for encoding in encodings:
        if _decodes(path, encoding):
            return encoding
    raise ImportProblem(f"{path.name}: is not written in {' or '.join(encodings)}: save it as CSV in UTF-8")


def written_alike(tables: Sequence[Looked], encodings: Sequence[str]) -> list[Looked]:
    """The tables in one encoding, as a mapping has one: where texts need none but ASCII, in that of the others. As they were looked
    at before where no one encoding reads all.
    """
    paths = [table.path for table in tables if not table.is_workbook]
    telling = [path for path in paths if not _decodes(path, "ascii")]
    unicode = [_decodes(path, "utf-8") for path in telling]
    if all(unicode):
        encoding = "utf-8"
    else:
        others = (one for one in encodings if one != "utf-8" and not any(unicode))
        encoding = next((one for one in others if all(_decodes(path, one) for path in telling)), "")
    return [table if table.is_workbook or not encoding else _in(encoding, table) for table in tables]


def _in(encoding: str, table: Looked) -> Looked:
    if table.encoding == encoding:
        return table
    (again,) = look(table.path, (encoding,))
    again.notes += table.notes
    return again


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with readable(path), open_binary(path) as unpacked:
            for chunk in iter(lambda: unpacked.read(CHUNK_OF_TEXT), b""):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def delimiter_of(path: Path, encoding: str) -> str:
    """What the first line has most of, outside quotes."""
    with readable(path), open_binary(path) as unpacked:
        head = unpacked.read(CHUNK_OF_TEXT).removeprefix(UTF8_MARK)
    first = next(iter(head.decode(encoding, errors="replace").splitlines()), "")
    return max(DELIMITERS, key=lambda sign: len(next(csv.reader([first], delimiter=sign), [])))
