"""Runtime room, file import: refused rows, as they stood, with the reasons, in a file that can be imported again.

The file appears whole or not at all: it is written beside and renamed when the run ends.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from runtime.imports.mapping import Mapping
from runtime.imports.readers import Row
from runtime.imports.results import Reason

SUFFIX = ".rejects.csv"
ADDED = ("refused_row", "refused_because")


class RejectFile:
    """`<stem>.rejects.csv` in `folder`. Without refusals there is no file, and one of an earlier run is removed."""

    def __init__(self, folder: Path | None, source: Path, header: Sequence[str], mapping: Mapping) -> None:
        stem = source.name.removesuffix(".gz").rpartition(".")[0] or source.name
        self.path = folder / f"{stem}{SUFFIX}" if folder is not None else None
        self._kept = [n for n, name in enumerate(header) if name not in ADDED]
        self._header, self._delimiter = header, mapping.delimiter
        self._encoding = "utf-8-sig" if mapping.encoding.lower() in ("utf-8", "utf8") else mapping.encoding
        self._part: IO[str] | None = None
        self._writer: Any = None

    def add(self, row: Row, reasons: Sequence[Reason]) -> None:
        if self.path is None:
            return
        if self._part is None:
            self._open(self.path)
        cells = self._padded(row.cells)
        self._writer.writerow([*(cells[n] for n in self._kept), row.line, "; ".join(map(str, reasons))])

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._part = _beside(path).open("w", encoding=self._encoding, errors="replace", newline="")
        self._writer = csv.writer(self._part, delimiter=self._delimiter)
        self._writer.writerow([*(self._header[n] for n in self._kept), *ADDED])

    def _padded(self, cells: list[str]) -> list[str]:
        """As many cells as the header names; what is beyond goes into the last one."""
        width = len(self._header)
        if len(cells) > width:
            return [*cells[: width - 1], self._delimiter.join(cells[width - 1 :])]
        return cells + [""] * (width - len(cells))

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
