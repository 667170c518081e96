"""Runtime room, file import: refused rows, byte for byte as they stood, behind their lines and the reasons, in a file that can be
imported again.

The two columns stand before the row's own, so that a row of too many or too few cells is still that. The file appears whole
or not at all: it is written beside and renamed when the run ends.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from runtime.imports.lines import ADDED, UTF8, Layout, Row, written
from runtime.imports.results import Reason
from runtime.imports.sniff import UTF8_MARK
from runtime.language import EN, catalogue
from runtime.spreadsheets import inert

SUFFIX = ".rejects.csv"
_ENDS = (b"\n", b"\r")


class RejectFile:
    """`<stem>.rejects.csv` in `folder`, with reasons in a language. Without refusals there is no file, and one of an earlier run is removed."""

    def __init__(self, folder: Path | None, source: Path, layout: Layout, language: str = EN) -> None:
        stem = source.name.removesuffix(".gz").rpartition(".")[0] or source.name
        self.path = folder / f"{stem}{SUFFIX}" if folder is not None else None
        self._layout, self._language = layout, language
        self._part: IO[bytes] | None = None

    def add(self, row: Row, reasons: Sequence[Reason]) -> None:
        """The reason is ours, and computes nothing in a spreadsheet; the row is theirs, and stays as it was."""
        if self.path is None:
            return
        if self._part is None:
            self._part = self._open(self.path)
        raw = row.raw or written(row.cells, self._layout.delimiter, self._layout.encoding)
        because = self._told(reasons)
        if self._layout.end == b"\r":
            because = because.replace("\n", "\r")  # a line feed would end the lines of such a file
        self._write(self._part, (row.first or row.line, inert(because)), raw)

    def _told(self, reasons: Sequence[Reason]) -> str:
        """In English where the file's encoding lacks the signs of the language."""
        words = catalogue(self._language)
        told = words.gettext("; ").join(reason.told(words) for reason in reasons)
        try:
            told.encode(self._layout.encoding)
        except UnicodeEncodeError:
            return "; ".join(map(str, reasons))
        return told

    def _open(self, path: Path) -> IO[bytes]:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _beside(path).open("wb")
        part.write(UTF8_MARK if self._layout.encoding == UTF8 else b"")
        part.write(self._layout.told)
        self._write(part, ADDED, self._layout.head)
        return part

    def _write(self, part: IO[bytes], added: tuple[object, ...], raw: bytes) -> None:
        """The last row of a file may have no end: here it is followed by others."""
        layout = self._layout
        part.write(written((*added, ""), layout.delimiter, layout.encoding, ""))
        part.write(raw if raw.endswith(_ENDS) else raw + layout.end)

    def finish(self) -> Path | None:
        """Put the file in its place. None when nothing was refused."""
        if self.path is None:
            return None
        if self._part is None:
            self.path.unlink(missing_ok=True)
            return None
        self._part.flush()
        os.fsync(self._part.fileno())
        self._part.close()
        _beside(self.path).replace(self.path)
        return self.path

    def abandon(self) -> None:
        if self.path is not None and self._part is not None:
            self._part.close()
            _beside(self.path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".part")
