"""cli: a list on its way into a file, for `--export` (`export_options.py`). The file is there when it is whole, and not before; it is readable
by whoever asked for it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cli.engine.export_options import in_a_folder, to_write
from cli.engine.language import sentence, word
from cli.engine.tables import notes, say

if TYPE_CHECKING:
    from rich.progress import Progress

COLUMNS = "salesloop-columns"
MEGABYTE = 1_000_000
ROWS_AT_ONCE = 5_000
Take = Callable[[Mapping[str, str], bytes], None]
"""Takes the headers of an answer, by names in small letters, and a piece of it."""


class Download:
    """The pieces of an answer on their way into a file."""

    def __init__(self, file: Path) -> None:
        import tempfile

        self._file = file
        where, name = file.absolute().parent, f".{file.name}."
        self._part = tempfile.NamedTemporaryFile(dir=where, prefix=name, delete=False)  # noqa: SIM115 - `whole` ends it
        self._kinds: list[str] = []
        self._quoted = 0
        self.rows, self.bytes = -1, 0

    def take(self, headers: Mapping[str, str], piece: bytes) -> None:
        self._kinds = self._kinds or headers.get(COLUMNS, "").split(",")
        self._part.write(piece)
        self.bytes += len(piece)
        for part in piece.split(b'"'):
            self.rows += 0 if self._quoted % 2 else part.count(b"\n")
            self._quoted += 1
        self._quoted -= 1

    def whole(self) -> None:
        """All has come."""
        self._part.close()
        part = Path(self._part.name)
        if self._file.suffix == ".xlsx":
            book = part.with_suffix(".xlsx")
            try:
                self._as_book(part, book)
                book.replace(self._file)
            finally:
                book.unlink(missing_ok=True)
        else:
            part.replace(self._file)

    def _as_book(self, part: Path, book: Path) -> None:
        import csv
        from itertools import islice

        from runtime.spreadsheets import Workbook

        csv.field_size_limit(2**31 - 1)
        with part.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            book.touch(mode=0o600)
            with Workbook(book, self._file.stem, next(rows), self._kinds) as made:
                while some := list(islice(rows, ROWS_AT_ONCE)):
                    made.write(some)

    def drop(self) -> None:
        """What is not whole is no file."""
        self._part.close()
        Path(self._part.name).unlink(missing_ok=True)


@contextmanager
def downloading(file: Path, *, listed: bool, told: bool = True) -> Iterator[Take]:
    """Shows how far it is; whoever interrupts it finds no file. `listed`: it is CSV, of which rows are counted."""

    in_a_folder(file)
    download = Download(file)
    try:
        with _shown() as bar:
            task = bar.add_task(word("reading"), total=None, said="")

            def take(headers: Mapping[str, str], piece: bytes) -> None:
                download.take(headers, piece)
                rows = sentence("{n} rows", n=f"{max(download.rows, 0):,}")
                bar.update(task, said=rows if listed else f"{download.bytes / MEGABYTE:,.1f} MB")

            yield take
            if file.suffix == ".xlsx":
                bar.update(task, description=word("writing"))
            download.whole()
    finally:
        download.drop()
    size = f"{file.stat().st_size / MEGABYTE:,.1f}"
    if not told:
        return
    if listed:
        say(sentence("{n} rows in {file}, {size} MB", n=f"{download.rows:,}", file=file, size=size))
        if (asked := to_write()) is not None and asked.paged:
            notes([word("the file has all that is found: --limit and --cursor are for what is shown")])
    else:
        say(sentence("{file}, {size} MB", file=file, size=size))


def _shown() -> Progress:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    parts = (SpinnerColumn(), TextColumn("{task.description} {task.fields[said]}"), TimeElapsedColumn())
    return Progress(*parts, console=console, transient=True, disable=not console.is_terminal)
