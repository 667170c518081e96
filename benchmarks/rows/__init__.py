"""benchmarks: the rows of the table, in its order. One file a subject; each row prepares, runs its contestants, tidies up."""

from __future__ import annotations

from benchmarks.figures import Row
from benchmarks.rows import (
    append,
    browser,
    desk,
    export,
    feed,
    follow,
    imports,
    load,
    notices,
    promises,
    read,
    segments,
    start,
    write,
)

ROWS: tuple[Row, ...] = (
    *append.ROWS,
    *load.ROWS,
    *imports.ROWS,
    *export.ROWS,
    *follow.ROWS,
    *read.ROWS,
    *desk.ROWS,
    *browser.ROWS,
    *write.ROWS,
    *feed.ROWS,
    *start.ROWS,
    *promises.ROWS,
    *notices.ROWS,
    *segments.ROWS,
)
BY_NAME = {row.name: row for row in ROWS}
