"""tests: files come from anywhere — packed, marked, cut off, in other encodings, or meant to do harm."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from runtime.imports.readers import CHUNK, MAX_CELL, MAX_LINE, CsvFile, size_up
from runtime.imports.results import ImportProblem
from runtime.imports.xes import XesFile, is_xes


def file(tmp_path: Path, content: bytes, name: str = "in.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def rows_in(path: Path, **options: object) -> list[tuple[int, list[str]]]:
    return [(row.line, row.cells) for row in CsvFile(path, **options)]  # type: ignore[arg-type]


def problem(path: Path, **options: object) -> str:
    with pytest.raises(ImportProblem) as refused:
        rows_in(path, **options)
    return str(refused.value)


class TestCsv:
    def test_gives_each_row_with_the_line_it_begins_on(self, tmp_path: Path) -> None:
        text = b'a,b\r\n1,"two\nlines"\r\n\r\n , \n3,4'
        assert rows_in(file(tmp_path, text)) == [(2, ["1", "two\nlines"]), (6, ["3", "4"])]

    def test_reads_marked_and_packed_files(self, tmp_path: Path) -> None:
        text = "\ufeffa,b\n1,是\n".encode()
        plain, packed = file(tmp_path, text), file(tmp_path, gzip.compress(text), "packed.csv")
        assert CsvFile(plain).header == CsvFile(packed).header == ["a", "b"]
        assert rows_in(plain) == rows_in(packed) == [(2, ["1", "是"])]

    def test_reads_other_encodings_and_delimiters_when_told(self, tmp_path: Path) -> None:
        path = file(tmp_path, "甲;乙\n王;1,5\n".encode("gb18030"))
        assert rows_in(path, encoding="gb18030", delimiter=";") == [(2, ["王", "1,5"])]

    def test_says_on_which_line_the_encoding_is_another(self, tmp_path: Path) -> None:
        path = file(tmp_path, b"a,b\n1,2\n3,M\xfcller\n")
        assert "line 3: is not utf-8 (byte 0xfc at 4)" in problem(path)
        assert "UTF-16" in problem(file(tmp_path, "a,b\n1,2\n".encode("utf-16")))

    def test_says_where_a_quote_was_left_open(self, tmp_path: Path) -> None:
        assert "lines 2 to 4" in problem(file(tmp_path, b'a,b\n1,"open\n2,3\n4,5\n'))
        assert "a quote left open" in problem(file(tmp_path, b'a,b\n1,"' + b"x\n" * MAX_CELL))

    def test_refuses_what_is_beyond_the_limits(self, tmp_path: Path) -> None:
        assert "more than 2 rows" in problem(file(tmp_path, b"a\n1\n2\n3\n"), max_rows=2)
        assert len(rows_in(file(tmp_path, b"a\n1\n2\n"), max_rows=2)) == 2
        assert "is longer than" in problem(file(tmp_path, b"a\n" + b"x" * (MAX_LINE + 1)))
        assert "characters" in problem(file(tmp_path, b"a\n" + b"x" * (MAX_CELL + 1)))

    def test_a_packed_file_that_is_cut_off_is_said_so(self, tmp_path: Path) -> None:
        packed = gzip.compress(b"a,b\n" + b"1,2\n" * 5_000)
        cut = file(tmp_path, packed[: len(packed) // 2])
        with pytest.raises(ImportProblem, match="cut off"):
            size_up(cut)

    def test_an_empty_file_and_a_doubled_column_are_none(self, tmp_path: Path) -> None:
        assert "is empty" in problem(file(tmp_path, b""))
        assert "same name: a" in problem(file(tmp_path, b"a,b,a\n"))

    def test_a_missing_column_is_told_what_there_is(self, tmp_path: Path) -> None:
        read = CsvFile(file(tmp_path, b"Account,stage\n"))
        assert read.no_column("account") == (
            "in.csv line 1: no column 'account'; did you mean 'Account'? (there are: Account, stage)"
        )

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ImportProblem, match="cannot be read"):
            size_up(tmp_path)


@pytest.mark.parametrize("cut", range(1, len(b"<event>")))
def test_an_event_that_lies_across_two_chunks_is_counted(tmp_path: Path, cut: int) -> None:
    log = b" " * (CHUNK - cut) + b"<event>" * 2
    assert size_up(file(tmp_path, log), b"<event>").lines == 2


LOG = """<?xml version="1.0"?>
<log xmlns="http://www.xes-standard.org"><trace><string key="concept:name" value="c-1"/>
<event><string key="concept:name" value="call"/><date key="time:timestamp" value="2026-01-05T10:00:00Z"/></event>
<event><string key="concept:name" value="visit"/><string key="org:resource" value="Li"/>
<string key="lifecycle:transition" value="complete"/></event>
</trace><trace><event/><string key="concept:name" value="c-2"/></trace></log>"""


class TestXes:
    def test_gives_events_as_rows(self, tmp_path: Path) -> None:
        path = file(tmp_path, LOG.encode(), "log.xes")
        assert is_xes(path)
        assert [row.cells for row in XesFile(path)] == [
            ["c-1", "call", "", "", "2026-01-05T10:00:00Z"],
            ["c-1", "visit", "complete", "Li", ""],
            ["c-2", "", "", "", ""],
        ]
        assert [row.line for row in XesFile(path)] == [3, 4, 6]

    def test_is_told_from_csv_by_what_is_in_it(self, tmp_path: Path) -> None:
        assert is_xes(file(tmp_path, gzip.compress(b"\xef\xbb\xbf" + LOG.encode()), "log.csv"))
        assert not is_xes(file(tmp_path, b"case_id,activity\n", "log.xes"))

    @pytest.mark.parametrize(
        "declaration",
        [
            '<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
            '<!DOCTYPE log SYSTEM "file:///etc/passwd">',
            "<!doctype log>",
            "<!-- " + "x" * 70_000 + " --><!DOCTYPE log [<!ENTITY a 'b'>]>",
        ],
    )
    def test_with_a_document_type_is_refused(self, tmp_path: Path, declaration: str) -> None:
        path = file(tmp_path, LOG.replace("<log", f"{declaration}<log").encode(), "log.xes")
        with pytest.raises(ImportProblem, match=r"document type|well-formed"):
            list(XesFile(path))

    def test_that_is_broken_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ImportProblem, match="well-formed"):
            list(XesFile(file(tmp_path, LOG.replace("</trace></log>", "").encode(), "log.xes")))

    def test_beyond_the_limit_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ImportProblem, match="more than 2 events"):
            list(XesFile(file(tmp_path, LOG.encode(), "log.xes"), max_rows=2))
