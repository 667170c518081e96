"""tests: files come from anywhere — packed, marked, cut off, in other encodings, or meant to do harm."""

from __future__ import annotations

import csv
import gzip
import zipfile
from io import BytesIO, StringIO
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.imports.lines import Row
from runtime.imports.mapping_file import shipped_mapping
from runtime.imports.readers import CHUNK, CsvFile, size_up
from runtime.imports.rejects import RejectFile
from runtime.imports.results import ImportProblem, Reason
from runtime.imports.sniff import LOG, kind_of
from runtime.imports.xes import XesFile


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


def zipped(name: str) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, "x")
    return packed.getvalue()


def any_value(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells)


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
        assert "a quote left open" in problem(file(tmp_path, b'a,b\n1,"' + b"x\n" * 100_000))

    def test_refuses_what_is_beyond_the_limits(self, tmp_path: Path) -> None:
        assert "more than 2 rows" in problem(file(tmp_path, b"a\n1\n2\n3\n"), max_rows=2)
        assert len(rows_in(file(tmp_path, b"a\n1\n2\n"), max_rows=2)) == 2

    def test_refuses_a_row_that_has_no_end(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("runtime.imports.readers.MAX_ROW", 1_000)
        assert "line 2: a row of more than 1,000 bytes" in problem(file(tmp_path, b"a\n" + b"x" * 1_001))
        long = b'a\n1\n"' + b"x\n" * 600
        assert "lines 3 to 502: a row of more than 1,000 bytes" in problem(file(tmp_path, long))
        assert "line 2: a row of more than" in problem(file(tmp_path, b"a\r" + b"x" * 1_001))
        assert len(rows_in(file(tmp_path, b"a\n" + b"x" * 999 + b"\n" + b"y" * 999))) == 2

    def test_blank_rows_do_not_count_towards_the_limit(self, tmp_path: Path) -> None:
        blank = file(tmp_path, b"a,b\n" + b",\n" * 50 + b"1,2\n")
        assert rows_in(blank, max_rows=2) == [(52, ["1", "2"])]

    def test_a_packed_file_that_is_cut_off_is_said_so(self, tmp_path: Path) -> None:
        packed = gzip.compress(b"a,b\n" + b"1,2\n" * 5_000)
        cut = file(tmp_path, packed[: len(packed) // 2])
        with pytest.raises(ImportProblem, match="cut off"):
            size_up(cut)

    def test_a_packed_file_that_is_damaged_is_said_so(self, tmp_path: Path) -> None:
        packed = bytearray(gzip.compress(b"a,b\n" + b"1,2\n" * 5_000))
        packed[20:24] = b"\xff\xff\xff\xff"
        damaged = file(tmp_path, bytes(packed))
        with pytest.raises(ImportProblem, match="is not a whole gzip file"):
            size_up(damaged)
        assert "is not a whole gzip file" in problem(damaged)

    def test_an_empty_file_is_none(self, tmp_path: Path) -> None:
        assert "is empty" in problem(file(tmp_path, b""))

    def test_lines_may_end_in_carriage_returns_alone(self, tmp_path: Path) -> None:
        read = CsvFile(file(tmp_path, b'a,b\r1,"two\rlines"\r3,4'))
        assert [(row.line, row.cells, row.raw) for row in read] == [
            (2, ["1", "two\rlines"], b'1,"two\rlines"\r'),
            (4, ["3", "4"], b"3,4"),
        ]
        told = problem(file(tmp_path, b"a,b\n1,x\ry\n"))
        assert told == "in.csv line 2: a carriage return stands alone inside a row"

    @pytest.mark.parametrize("told", [b"sep=;\r\n", b"SEP=;\n", b'"sep=;"\n', b"\xef\xbb\xbfsep=;\n"])
    def test_a_first_line_may_name_the_delimiter(self, tmp_path: Path, told: bytes) -> None:
        read = CsvFile(file(tmp_path, told + b"a;b\n1,5;2\n"))
        assert read.header == ["a", "b"]
        assert [(row.line, row.cells) for row in read] == [(3, ["1,5", "2"])]

    def test_the_mark_of_utf_8_is_believed(self, tmp_path: Path) -> None:
        assert rows_in(file(tmp_path, "\ufeffa\n是\n".encode()), encoding="cp1252") == [(2, ["是"])]

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"PK\x03\x04rest", "damaged"),
            (zipped("xl/workbook.xml"), "is a workbook, not CSV"),
            (zipped("xl/workbook.bin"), "binary workbook"),
            (zipped("mimetype"), "spreadsheet of another kind"),
            (zipped("deals.csv"), "ZIP archive: unpack it"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "an old workbook"),
            (b"%PDF-1.7", "PDF"),
            (b"<html><body>Please log in</body></html>", "page of the web"),
            (b"\r\n<!DOCTYPE HTML><p>", "page of the web"),
            (b"<?xml version='1.0'?><deals/>", "XML, not CSV"),
            (b'{"deals": []}', "JSON"),
            (b'[\n {"id": 1}]', "JSON"),
            ("id;name\n".encode("utf-16-le"), "UTF-16"),
            ("\ufeffid;name\n".encode("utf-16-be"), "UTF-16"),
        ],
    )
    def test_what_is_no_csv_is_called_what_it_is(self, tmp_path: Path, content: bytes, told: str) -> None:
        assert told in problem(file(tmp_path, content))
        assert told in problem(file(tmp_path, gzip.compress(content))) or content.startswith(b"PK")

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


CELLS = st.one_of(
    st.sampled_from(
        ["", "1,5", "a;b", 'say "yes"', "two\nlines", "cr\rlf\r\n", " padded ", "Zoë", "是", "a|b", "'"]
    ),
    st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6),
)


def table_of(
    rows: list[list[str]], delimiter: str, quoting: Literal[0, 1, 2, 3], end: str, *, last: bool
) -> str:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    return text.getvalue() if last else text.getvalue().removesuffix(end)


class TestRejects:
    """Whatever the file looks like, a refused row goes back as the bytes that it was, and comes in again as it came in first."""

    @settings(deadline=None)
    @given(
        rows=st.lists(st.lists(CELLS, min_size=1, max_size=5).filter(any_value), min_size=1, max_size=4),
        style=st.tuples(
            st.sampled_from([",", ";", "\t", "|"]),
            st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
            st.sampled_from(["\n", "\r\n"]),
        ),
        encoding=st.sampled_from(["utf-8", "gb18030", "utf-8-sig"]),
        last=st.booleans(),
        told=st.booleans(),
    )
    def test_are_the_rows_as_they_stood(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        rows: list[list[str]],
        style: tuple[str, Literal[0, 1, 2, 3], str],
        encoding: str,
        *,
        last: bool,
        told: bool,
    ) -> None:
        delimiter, quoting, end = style
        folder = tmp_path_factory.mktemp("rejects")
        header = table_of([["id", "na me", "id"]], delimiter, quoting, end, last=True)
        body = table_of(rows, delimiter, quoting, end, last=last)
        sep = f"sep={delimiter}{end}" if told else ""
        path = file(folder, (sep + header + body).encode(encoding))
        first = CsvFile(path, encoding=encoding, delimiter="," if told else delimiter)
        refused = list(first)
        again_in = rejected(folder, path, first, refused)
        again = CsvFile(again_in, encoding=encoding, delimiter="," if told else delimiter)
        came = list(again)
        assert again.header == first.header
        assert [row.cells for row in came] == [row.cells for row in refused] == rows
        assert [row.first for row in came] == [row.line for row in refused]
        assert all(row.because == "id 'x': is wrong, \"very\"\n; really" for row in came)
        kept = again_in.read_bytes()
        assert all(row.raw in kept for row in refused)
        assert (
            b"".join(row.raw for row in came).rstrip() == body.encode(encoding.removesuffix("-sig")).rstrip()
        )
        twice = rejected(folder, again_in, again, came)
        assert twice.read_bytes() == kept

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_end_as_the_lines_of_their_file_do(self, tmp_path: Path, end: str) -> None:
        path = file(tmp_path, end.join(("id,na me", "1,x", "2,y")).encode())
        first = CsvFile(path)
        again = CsvFile(rejected(tmp_path, path, first, refused := list(first)))
        assert [(row.first, row.cells) for row in again] == [(row.line, row.cells) for row in refused]

    def test_that_a_spreadsheet_saved_again_are_read_as_well(self, tmp_path: Path) -> None:
        saved = b'"refused_row","refused_because","a","b"\r\n"7","a \'x\': is ""wrong"", so","x","y"\r\n'
        [row] = CsvFile(file(tmp_path, saved))
        assert (row.cells, row.raw, row.first, row.because) == (
            ["x", "y"],
            b'"x","y"\r\n',
            7,
            "a 'x': is \"wrong\", so",
        )


def rejected(folder: Path, path: Path, source: CsvFile, rows: list[Row]) -> Path:
    reject = RejectFile(folder, path, source.layout)
    for row in rows:
        reject.add(row, [Reason("id", "x", 'is wrong, "very"\n'), Reason("", "", "really")])
    written = reject.finish()
    assert written is not None
    return written


EVENTS = """<?xml version="1.0"?>
<log xmlns="http://www.xes-standard.org"><trace><string key="concept:name" value="c-1"/>
<event><string key="concept:name" value="call"/><date key="time:timestamp" value="2026-01-05T10:00:00Z"/></event>
<event><string key="concept:name" value="visit"/><string key="org:resource" value="Li"/>
<string key="lifecycle:transition" value="complete"/></event>
</trace><trace><event/><string key="concept:name" value="c-2"/></trace></log>"""


def log_in(path: Path, max_rows: int = 1_000) -> XesFile:
    return XesFile(path, shipped_mapping("event_log").sheets["events"], max_rows=max_rows)


class TestXes:
    def test_gives_events_as_rows(self, tmp_path: Path) -> None:
        path = file(tmp_path, EVENTS.encode(), "log.xes")
        assert kind_of(path).name == LOG
        assert [row.cells for row in log_in(path)] == [
            ["c-1", "call", "", "", "2026-01-05T10:00:00Z"],
            ["c-1", "visit", "complete", "Li", ""],
            ["c-2", "", "", "", ""],
        ]
        assert [row.line for row in log_in(path)] == [3, 4, 6]

    def test_is_told_from_csv_by_what_is_in_it(self, tmp_path: Path) -> None:
        assert (
            kind_of(file(tmp_path, gzip.compress(b"\xef\xbb\xbf" + EVENTS.encode()), "log.csv")).name == LOG
        )
        assert kind_of(file(tmp_path, b"case_id,activity\n", "log.xes")).name != LOG

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
        path = file(tmp_path, EVENTS.replace("<log", f"{declaration}<log").encode(), "log.xes")
        with pytest.raises(ImportProblem, match=r"document type|well-formed"):
            list(log_in(path))

    def test_that_is_broken_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ImportProblem, match="well-formed"):
            list(log_in(file(tmp_path, EVENTS.replace("</trace></log>", "").encode(), "log.xes")))

    def test_outside_a_trace_belong_to_no_case(self, tmp_path: Path) -> None:
        outside = EVENTS.replace("</log>", '<event><string key="concept:name" value="mail"/></event></log>')
        assert [row.cells for row in log_in(file(tmp_path, outside.encode(), "log.xes"))][-1] == [
            "",
            "mail",
            "",
            "",
            "",
        ]

    def test_that_is_other_xml_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ImportProblem, match="it begins with <deals>, not <log>"):
            log_in(file(tmp_path, b"<deals><event/></deals>", "log.xes"))

    def test_beyond_the_limit_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ImportProblem, match="more than 2 events"):
            list(log_in(file(tmp_path, EVENTS.encode(), "log.xes"), max_rows=2))
