"""Runtime room, file import: event logs in XES (IEEE 1849), streaming.

The file may come from anywhere: document types, and so entities, are refused, nothing outside the file is ever fetched, and
memory holds one trace at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lxml import etree

from runtime.imports.cells import clean
from runtime.imports.lines import Layout, Row
from runtime.imports.mapping import Sheet
from runtime.imports.readers import MAX_ROWS
from runtime.imports.results import ImportProblem
from runtime.imports.sniff import HEAD, open_binary, readable

EVENT_KEYS = ("concept:name", "lifecycle:transition", "org:resource", "time:timestamp")
STRICT: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
FIELDS = ("case", "activity", "lifecycle", "resource", "timestamp")


class XesFile:
    """An XES log as rows, in file order, under the mapping's column names; `line` is the event's. An event outside a trace has no
    case.

    Raises ImportProblem for a file that is not well-formed XML, is no log, has a document type, or is beyond the limits.
    """

    def __init__(self, path: Path, sheet: Sheet, *, delimiter: str = ",", max_rows: int = MAX_ROWS) -> None:
        self.path, self.max_rows = path, max_rows
        self.header = [clean(sheet.header_of(field)) for field in FIELDS]
        if twice := [name for name in self.header if self.header.count(name) > 1]:
            raise ImportProblem(self.no_column(twice[0]))
        self.layout = Layout.of_columns(self.header, delimiter)
        with readable(path), open_binary(path) as unpacked:
            if b"<!DOCTYPE" in unpacked.read(HEAD).upper():
                raise self._with_document_type()
            unpacked.seek(0)
            self._check_root(unpacked)

    def no_column(self, header: str) -> str:
        return f"{self.path.name}: the mapping reads {header!r} twice: an event log needs a column for each field"

    def _check_root(self, unpacked: IO[bytes]) -> None:
        try:
            _, root = next(iter(etree.iterparse(unpacked, events=("start",), **STRICT)))
        except etree.XMLSyntaxError as problem:
            raise self._not_well_formed(problem) from problem
        if root.getroottree().docinfo.internalDTD is not None:
            raise self._with_document_type()
        if _name(root) != "log":
            raise ImportProblem(
                f"{self.path.name}: is no event log: it begins with <{_name(root)}>, not <log>"
            )

    def _not_well_formed(self, problem: etree.XMLSyntaxError) -> ImportProblem:
        return ImportProblem(f"{self.path.name}: is not well-formed XML: {problem.msg}")

    def _with_document_type(self) -> ImportProblem:
        return ImportProblem(
            f"{self.path.name}: has a document type (<!DOCTYPE>), which an event log needs not: refused"
        )

    def __iter__(self) -> Iterator[Row]:
        with readable(self.path), open_binary(self.path) as unpacked:
            try:
                yield from self._rows(unpacked)
            except etree.XMLSyntaxError as problem:
                raise self._not_well_formed(problem) from problem

    def _rows(self, unpacked: IO[bytes]) -> Iterator[Row]:
        parsing = etree.iterparse(unpacked, events=("end",), tag=("{*}trace", "{*}event"), **STRICT)
        count = 0
        held: list[tuple[int, dict[str, str]]] = []
        for _, element in parsing:
            if _name(element) == "event":
                count += 1
                if count > self.max_rows:
                    raise ImportProblem(
                        f"{self.path.name}: more than {self.max_rows:,} events: import it in parts"
                    )
                told = (element.sourceline or 0, _attributes(element))
                if _name(element.getparent()) == "trace":
                    held.append(told)
                else:
                    yield _row(told[0], "", told[1])
                _forget(element)
            else:
                case = _attributes(element).get("concept:name", "")
                yield from (_row(line, case, event) for line, event in held)
                held = []
                _forget(element)


def _name(element: Any) -> str:
    """Without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _forget(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _attributes(element: Any) -> dict[str, str]:
    return {child.get("key", ""): child.get("value", "") for child in element}


def _row(line: int, case: str, event: dict[str, str]) -> Row:
    return Row(line, [case, *(event.get(key, "") for key in EVENT_KEYS)])
