"""Runtime room, file import: a row as it stands in its file, and how that file is written. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO

ADDED = ("refused_row", "refused_because")
"""What a reject file tells of a row, before the row's own cells."""
UTF8 = "utf-8"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the file; `line` is where it begins. `raw` are its bytes; empty where the file is none of text lines.

    In a reject file `first` is its line in the file that it was refused from first, and `because` what was wrong with it then.
    """

    line: int
    cells: list[str]
    raw: bytes = b""
    first: int | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written. `told` is a line that names the delimiter, `head` the line of the columns, both as they stand."""

    encoding: str
    delimiter: str
    told: bytes
    head: bytes

    @property
    def end(self) -> bytes:
        """Of its lines, as that of the columns has it."""
        return self.head[len(self.head.rstrip(b"\r\n")) :] or b"\r\n"

    @classmethod
    def of_columns(cls, names: Iterable[str], delimiter: str) -> Layout:
        """For what is no text: its refused rows go into a CSV file in UTF-8."""
        return cls(UTF8, delimiter, b"", written(names, delimiter, UTF8))


def written(cells: Iterable[object], delimiter: str, encoding: str, end: str = "\r\n") -> bytes:
    """Cells as CSV. What the encoding does not have becomes a question mark."""
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerow(cells)
    return text.getvalue().encode(encoding, errors="replace")


def bytes_behind(cells: int, raw: bytes, encoding: str, delimiter: str) -> bytes:
    """What stands behind the first cells of a row; nothing where it has no more."""
    text, quoted = raw.decode(encoding), False
    for n, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif sign == delimiter and not quoted:
            cells -= 1
            if cells == 0:
                return raw[len(text[: n + 1].encode(encoding)) :]
    return b""
