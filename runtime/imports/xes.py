"""Runtime room, file import: event logs in XES (IEEE 1849), streaming.

The file may come from anywhere: document types, and so entities, are refused, nothing outside the file is ever fetched, and
memory holds one trace at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lxml import etree

from runtime.imports.readers import MAX_ROWS, Row, open_binary, readable
from runtime.imports.results import ImportProblem

PROLOG = 1 << 16
EVENT_KEYS = ("concept:name", "lifecycle:transition", "org:resource", "time:timestamp")
HEADER = ("case", "activity", "lifecycle", "resource", "timestamp")


def is_xes(path: Path) -> bool:
    """By content, not by name. Raises ImportProblem when the file cannot be read."""
    with readable(path), open_binary(path) as unpacked:
        return unpacked.read(PROLOG).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


class XesFile:
    """An XES log as rows (case, activity, lifecycle, resource, timestamp), in file order; `line` is the event's.

    Raises ImportProblem for a file that is not well-formed XML, has a document type, or is beyond the limits.
    """

    def __init__(self, path: Path, *, max_rows: int = MAX_ROWS) -> None:
        self.path, self.max_rows, self.header = path, max_rows, list(HEADER)
        with readable(path), open_binary(path) as unpacked:
            if b"<!DOCTYPE" in unpacked.read(PROLOG).upper():
                raise self._with_document_type()

    def _with_document_type(self) -> ImportProblem:
        return ImportProblem(
            f"{self.path.name}: has a document type (<!DOCTYPE>), which an event log needs not: refused"
        )

    def __iter__(self) -> Iterator[Row]:
        with readable(self.path), open_binary(self.path) as unpacked:
            try:
                yield from self._rows(unpacked)
            except etree.XMLSyntaxError as problem:
                raise ImportProblem(f"{self.path.name}: is not well-formed XML: {problem.msg}") from problem

    def _rows(self, unpacked: IO[bytes]) -> Iterator[Row]:
        parsing = etree.iterparse(
            unpacked,
            events=("start", "end"),
            tag=("{*}log", "{*}trace", "{*}event"),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        count = 0
        held: list[tuple[int, dict[str, str]]] = []
        for moment, element in parsing:
            kind = etree.QName(element).localname
            if moment == "start":
                if kind == "log" and element.getroottree().docinfo.internalDTD is not None:
                    raise self._with_document_type()
            elif kind == "event":
                count += 1
                if count > self.max_rows:
                    raise ImportProblem(
                        f"{self.path.name}: more than {self.max_rows:,} events: import it in parts"
                    )
                held.append((element.sourceline or 0, _attributes(element)))
                _forget(element)
            elif kind == "trace":
                case = _attributes(element).get("concept:name", "")
                yield from (_row(line, case, event) for line, event in held)
                held = []
                _forget(element)


def _forget(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _attributes(element: Any) -> dict[str, str]:
    return {child.get("key", ""): child.get("value", "") for child in element}


def _row(line: int, case: str, event: dict[str, str]) -> Row:
    return Row(line, [case, *(event.get(key, "") for key in EVENT_KEYS)])
