"""api: every list as a file — CSV as the database writes it, or a workbook, of all that the list finds for this reader.

The route is asked as always, through a snapshot that catches the list's own query: whoever may see what, and every filter, is said there
alone. A list that is put together in other ways is asked page after page in the same snapshot.
"""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.engine.answers import CSV, WORKBOOK
from api.engine.errors import invalid
from api.engine.fields import MAX_PAGE, Filed, Paging
from api.engine.reading import Look
from api.engine.received import header
from projections.engine.cells import Column, Kind, Written, fields
from projections.engine.snapshot import SECONDS, Snapshot
from runtime.codec import encode
from runtime.language import EN, LANGUAGES, Catalogue, catalogue, negotiate
from runtime.spreadsheets import Workbook, inert

EACH = 2
"""Files that one key may be sent at a time."""
REFUSED = f"a key or session may be sent {EACH} files at once"
PIECE = 128 * 1024
ROWS = 500
"""Rows that a workbook is given at a time."""
MARK = "\ufeff".encode()
COLUMNS = "Salesloop-Columns"
"""Of a file: what stands in each column."""
Line = bytes | bytearray | memoryview
Lines = AsyncGenerator[Line, None]
Ask = Callable[[Any], Awaitable[Response]]
"""The route, for this; of a list that comes in pages, for one of them."""


async def export(look: Look, asked: Filed, view: type[msgspec.Struct], ask: Ask) -> Response:
    """All that the list finds, as a file. Raises what the list raises, and Problem for what cannot be written so."""
    shape = _shape(look, asked)
    async with AsyncExitStack() as held:
        held.enter_context(place(look))
        look.snapshot = snapshot = await Snapshot.opened(look.services.settings.database_url, shape.zone)
        held.push_async_callback(snapshot.close)
        await ask(asked)
        if snapshot.caught is not None and look.told is snapshot.caught[0]:
            query = snapshot.caught[1]
            shape.columns = _beside(look, await snapshot.columns(query, view))
            lines: Lines = snapshot.lines(query, shape.columns, shape.written)
        elif isinstance(asked, Paging):
            shape.columns = _beside(look, fields(view))
            lines = _walked(look, asked, ask, shape)
        else:
            rows = next(value for value in _told(look).values() if isinstance(value, list))
            shape.columns = [*_by_currency(fields(view), rows)]
            lines = _whole(rows, shape)
        name = look.request.url.path.rstrip("/").rpartition("/")[2]
        pieces = _csv(lines, shape) if shape.kind == "csv" else _workbook(lines, shape, name)
        return File(pieces, held.pop_all(), _headers(look, shape, name))


class File(StreamingResponse):
    """Sent while it is read; what it holds is let go of at the end, when the client goes, or when it has taken too long: the database ends
    no statement whose rows nobody takes, and a place among the few that are sent files is others' then.
    """

    seconds: float = SECONDS

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], held: AsyncExitStack, headers: dict[str, str]
    ) -> None:
        super().__init__(pieces, 200, headers)
        self._pieces, self._held = pieces, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held, aclosing(self._pieces), asyncio.timeout(self.seconds):
            await super().__call__(scope, receive, send)


def _beside(look: Look, columns: Sequence[Column]) -> Sequence[Column]:
    return columns if look.beside is None else look.beside(columns)


def place(look: Look) -> AbstractContextManager[None]:
    """Among those who are sent files now. Raises Problem."""
    files, key = look.services.admission.files, look.user.key_id
    files.check(key, EACH, REFUSED)
    return files.holding(key)


# --- how it is to look -----------------------------------------------------------------------------------------------


@dataclass
class Shape:
    """How a file is to look."""

    kind: str
    language: str
    written: Written
    zone: ZoneInfo
    mark: bytes
    columns: Sequence[Column] = ()

    @property
    def heads(self) -> list[str]:
        """As the JSON of the list calls them; in Chinese by words."""
        names = [column.name for column in self.columns]
        if self.language == EN:
            return names
        words = catalogue(self.language)
        return ["·".join(head(words, part) for part in name.split(".")) for name in names]

    @property
    def kinds(self) -> list[str]:
        return [str(column.kind) for column in self.columns]


def head(words: Catalogue, name: str) -> str:
    """What a column is called, by words; an id and a name after what they are of."""
    of, _, what = name.rpartition("_")
    said = words.pgettext("column", name)
    if said != name or not of:
        return said
    said = words.gettext(name.replace("_", " "))
    return said if what not in ("id", "name") else f"{head(words, of)}{words.gettext(what)}"


def _shape(look: Look, asked: Filed) -> Shape:
    """Raises Problem for a locale or a zone that nobody knows."""
    is_csv = asked.format == "csv"
    decimal, language = ".", negotiate(header(look.request, "Accept-Language"))
    if asked.locale is not None:
        decimal, language = _decimal(asked.locale), asked.locale[:2]
    comma = decimal == ","
    written = Written(decimal, ";" if comma else ",", asked.exact) if is_csv else Written(exact=True)
    mark = MARK if is_csv and asked.bom else b""
    return Shape(asked.format, language if language in LANGUAGES else EN, written, _zone(asked.zone), mark)


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid("query.zone", "is no time zone that is known") from None


def _decimal(locale: str) -> str:
    if locale in LANGUAGES:
        return "."
    from babel import Locale, UnknownLocaleError
    from babel.numbers import get_decimal_symbol

    try:
        return get_decimal_symbol(Locale.parse(locale.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        raise invalid("query.locale", "is no language or region that is known") from None


def _headers(look: Look, shape: Shape, name: str) -> dict[str, str]:
    known = {} if look.position is None else {"Salesloop-Known-At": str(look.position)}
    return {
        "Content-Type": f"{CSV}; charset=utf-8" if shape.kind == "csv" else WORKBOOK,
        "Content-Disposition": f'attachment; filename="salesloop-{name}.{shape.kind}"',
        "Cache-Control": "private, no-store",
        "Content-Language": shape.language,
        COLUMNS: ",".join(shape.kinds),
        **known,
    }


# --- its rows --------------------------------------------------------------------------------------------------------


async def _walked(look: Look, asked: Paging, ask: Ask, shape: Shape) -> Lines:
    """A list that is put together in its own way, page after page."""
    assert look.snapshot is not None
    look.snapshot.catching = False
    turn: Paging | None = asked.model_copy(update={"limit": MAX_PAGE, "cursor": None})
    while turn is not None:
        await ask(turn)
        page = _told(look)
        for item in page["items"]:
            yield _row(item, shape)
        after = page["next_cursor"]
        turn = None if after is None else turn.model_copy(update={"cursor": after})


async def _whole(rows: Iterable[Any], shape: Shape) -> Lines:
    for item in rows:
        yield _row(item, shape)


def _told(look: Look) -> Any:
    return msgspec.json.decode(look.told if isinstance(look.told, bytes) else encode(look.told))


def _by_currency(columns: Iterable[Column], rows: Sequence[Any]) -> Iterator[Column]:
    """Amounts by currency have a column for each that is met."""
    for column in columns:
        values = [value for row in rows if isinstance(value := _at(row, column), dict)]
        if column.kind is not Kind.DATA or not values:
            yield column
        for name in sorted({name for value in values for name in value}) if column.kind is Kind.DATA else ():
            yield Column(f"{column.name}.{name}", Kind.NUMBER, column.value)


def _row(item: Any, shape: Shape) -> bytes:
    return _line([_cell(_at(item, one), one, shape) for one in shape.columns], shape.written.separator)


def _at(item: Any, column: Column) -> Any:
    for name in column.name.split("."):
        item = item.get(name) if isinstance(item, dict) else None
    return item


def _cell(value: Any, column: Column, shape: Shape) -> str:
    """What the database would write (`projections/engine/cells.py`)."""
    if value is None:
        return ""
    match column.kind:
        case Kind.MOMENT:
            return datetime.fromisoformat(value).astimezone(shape.zone).isoformat()
        case Kind.NUMBER:
            return str(value).replace(".", shape.written.decimal)
        case Kind.TRUTH | Kind.DATA:
            return encode(value).decode()
        case Kind.TEXT if not shape.written.exact:
            return str(inert(value))
        case _:
            return str(value)


def _line(cells: Iterable[str], separator: str) -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator="\n").writerow(cells)
    return written.getvalue().encode()


async def _csv(lines: Lines, shape: Shape) -> AsyncGenerator[bytes, None]:
    async with aclosing(lines):
        piece, size = [shape.mark + _line(shape.heads, shape.written.separator)], 0
        async for line in lines:
            piece.append(bytes(line))
            size += len(line)
            if size >= PIECE:
                yield b"".join(piece)
                piece, size = [], 0
        yield b"".join(piece)


async def _workbook(lines: Lines, shape: Shape, name: str) -> AsyncGenerator[bytes, None]:
    """It is whole only at its end, and lies on the disk till then."""
    async with aclosing(lines):
        with tempfile.TemporaryDirectory(prefix="salesloop-") as folder:
            path = Path(folder) / "sheet.xlsx"
            book = await asyncio.to_thread(Workbook, path, name, shape.heads, shape.kinds)
            async for some in _several(lines):
                await asyncio.to_thread(book.write, csv.reader(some))
            await asyncio.to_thread(book.close)
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, PIECE):
                    yield piece


async def _several(lines: Lines) -> AsyncIterator[list[str]]:
    some: list[str] = []
    async for line in lines:
        some.append(bytes(line).decode())
        if len(some) == ROWS:
            yield some
            some = []
    yield some
