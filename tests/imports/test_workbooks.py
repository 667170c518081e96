"""tests: workbooks come in as their sheets would be saved in the mapping's signs, and nothing in them is taken for something else."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.styles import numbers
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from runtime.database import Pool
from runtime.imports.cells import NOT_CALCULATED
from runtime.imports.dates import Dates
from runtime.imports.lines import Row
from runtime.imports.mapping import Mapping
from runtime.imports.readers import CsvFile
from runtime.imports.rejects import RejectFile
from runtime.imports.results import ImportProblem, Reason
from runtime.imports.run import run_import
from runtime.imports.workbooks import WorkbookFile
from tests.imports.conftest import HEADER, IMPORTER, ONE_FILE, csv_file, mapping_from, rows_of

MIDNIGHT, AFTERNOON = (datetime.combine(date(2026, 3, 5), clock) for clock in (time(), time(14, 30)))
MAPPING = mapping_from(ONE_FILE)
GERMAN = mapping_from(
    ONE_FILE,
    currency='currency = "CNY"\ndecimal = ","\nthousands = "."\ndates = ["%d.%m.%Y", "%d.%m.%Y %H:%M"]',
)


def workbook(folder: Path, *rows: list[Any], header: str = HEADER, **formats: str) -> Path:
    """A workbook of one sheet; `formats` are number formats by a cell's name."""
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (header.split(","), *rows):
        page.append(row)
    for cell, form in formats.items():
        page[cell].number_format = form
    path = folder / "deals.xlsx"
    book.save(path)
    return path


def merged(folder: Path, cells: str, *rows: list[Any]) -> Path:
    """A workbook with these cells merged."""
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (["a", "b"], *rows):
        page.append(row)
    page.merge_cells(cells)
    path = folder / "merged.xlsx"
    book.save(path)
    return path


def opened(path: Path, mapping: Mapping = MAPPING) -> WorkbookFile:
    return WorkbookFile(path, mapping.sheets["deals"], mapping)


def cells(path: Path, mapping: Mapping = MAPPING) -> list[list[str]]:
    return [row.cells for row in opened(path, mapping)]


class TestCells:
    def test_are_texts_in_the_mappings_signs(self, tmp_path: Path) -> None:
        row = [
            123456789012,
            0.1 + 0.2,
            1.23456789012e11,
            True,
            MIDNIGHT,
            AFTERNOON,
            -2.5,
            " x ",
        ]
        path = workbook(tmp_path, row, header="a,b,c,d,e,f,g,h", E2="yyyy-mm-dd", F2="yyyy-mm-dd hh:mm")
        plain = [
            "123456789012",
            "0.3",
            "123456789012",
            "TRUE",
            "2026-03-05",
            "2026-03-05T14:30:00",
            "-2.5",
            "x",
        ]
        assert cells(path) == [plain]
        german = [
            "123456789012",
            "0,3",
            "123456789012",
            "TRUE",
            "05.03.2026",
            "05.03.2026 14:30",
            "-2,5",
            "x",
        ]
        assert cells(path, GERMAN) == [german]

    def test_with_a_clock_at_midnight_are_times(self, tmp_path: Path) -> None:
        at = MIDNIGHT
        path = workbook(
            tmp_path, [at, at, at], header="a,b,c", A2="d/m/yyyy", B2="d/m/yyyy h:mm", C2='d/m/yyyy "hrs"'
        )
        assert cells(path) == [["2026-03-05", "2026-03-05T00:00:00", "2026-03-05"]]

    def test_that_are_no_values_are_told_from_blank_ones(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, ["#N/A", None, "=A1+1", "y"], header="a,b,c,d")
        assert cells(path) == [["#N/A", "", NOT_CALCULATED, "y"]]

    def test_of_zeros_are_what_people_see(self, tmp_path: Path) -> None:
        assert cells(workbook(tmp_path, [42, 42], header="a,b", A2="00000", B2="0")) == [["00042", "42"]]

    def test_of_percent_are_the_numbers_behind_them(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, [0.425, 1], header="a,b", A2="0.0%", B2="0%")
        assert cells(path) == [["0.425", "1"]]

    def test_that_are_merged_over_rows_are_in_each_of_them(self, tmp_path: Path) -> None:
        path = merged(tmp_path, "A2:A3", ["Acme", "1"], [None, "2"], ["Bolt", "3"], [None, "4"])
        assert cells(path) == [["Acme", "1"], ["Acme", "2"], ["Bolt", "3"], ["", "4"]]

    def test_that_are_merged_side_by_side_are_one(self, tmp_path: Path) -> None:
        assert cells(merged(tmp_path, "A2:B2", ["Acme", None], ["Bolt", "3"])) == [
            ["Acme", ""],
            ["Bolt", "3"],
        ]

    def test_of_durations_and_clocks_are_no_dates(self, tmp_path: Path) -> None:
        path = workbook(
            tmp_path,
            [timedelta(hours=26, minutes=5), time(9, 30)],
            header="a,b",
            A2=numbers.FORMAT_DATE_TIMEDELTA,
        )
        assert cells(path) == [["26:05", "09:30:00"]]

    def test_count_from_either_epoch(self, tmp_path: Path) -> None:
        book = Workbook()
        book.epoch = CALENDAR_MAC_1904
        page = book.active
        assert page is not None
        page.append(["a"])
        page.append([date(2026, 3, 5)])
        book.save(tmp_path / "mac.xlsx")
        assert cells(tmp_path / "mac.xlsx") == [["2026-03-05"]]

    def test_are_as_many_as_the_header_names(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, ["1"], [None, None], ["1", "2", "3"], header="a,b")
        assert [(row.line, row.cells) for row in opened(path)] == [(2, ["1", ""]), (4, ["1", "2", "3"])]

    def test_with_breaks_of_old_programs_are_texts(self, tmp_path: Path) -> None:
        assert cells(workbook(tmp_path, ["two_x000D_\nlines"], header="a")) == [["two\r\nlines"]]

    def test_beside_a_wrong_size_are_read_all_the_same(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, ["1", "2"], header="a,b")
        rewrite(path, "xl/worksheets/sheet1.xml", b'ref="A1:B2"', b'ref="A1"')
        assert cells(path) == [["1", "2"]]


def rewrite(path: Path, part: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


class TestSheets:
    def test_may_begin_with_a_title(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, ["id", "name"], ["1", "x"], header="All deals of 2026")
        assert opened(path).header == ["id", "name"]
        assert [(row.line, row.cells) for row in opened(path)] == [(3, ["1", "x"])]

    def test_of_one_column_begin_with_its_name(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, ["x"], ["y"], header="id")
        assert (opened(path).header, cells(path)) == (["id"], [["x"], ["y"]])

    def test_are_chosen_by_name_where_there_are_several(self, tmp_path: Path) -> None:
        book = Workbook()
        book.create_sheet("Deals").append(["id"])
        hidden = book.create_sheet("Codes")
        hidden.sheet_state = "hidden"
        path = tmp_path / "two.xlsx"
        book.save(path)
        with pytest.raises(
            ImportProblem, match=r"name the one to read as `sheet` under \[deals\]; there are: Sheet, Deals"
        ):
            opened(path)
        named = mapping_from(ONE_FILE.replace('file = ""', 'file = ""\nsheet = "Deals"'))
        assert opened(path, named).header == ["id"]
        wrong = mapping_from(ONE_FILE.replace('file = ""', 'file = ""\nsheet = "Deal"'))
        with pytest.raises(ImportProblem, match="no sheet 'Deal'; did you mean 'Deals'"):
            opened(path, wrong)

    def test_without_a_row_are_said_to_be_empty(self, tmp_path: Path) -> None:
        Workbook().save(tmp_path / "empty.xlsx")
        with pytest.raises(ImportProblem, match="sheet 'Sheet' is empty"):
            opened(tmp_path / "empty.xlsx")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"</sheetData>", b""),
            (b'r="A2"', b'r="ZZZZ2"'),
            (b"<sheetData>", b'<sheetData><row r="1"><c r="A1" t="s"><v>99</v></c></row>'),
            (b"<worksheet ", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet '),
        ],
    )
    def test_that_are_damaged_are_refused(self, tmp_path: Path, old: bytes, new: bytes) -> None:
        path = workbook(tmp_path, ["1", "2"], header="a,b")
        rewrite(path, "xl/worksheets/sheet1.xml", old, new)
        with pytest.raises(ImportProblem, match="is a workbook that cannot be read"):
            cells(path)

    def test_that_unpack_to_too_much_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("runtime.imports.workbooks.MAX_UNPACKED", 100)
        with pytest.raises(ImportProblem, match="more than 100 bytes unpacked"):
            cells(workbook(tmp_path, ["1"], header="a"))

    def test_beyond_the_limit_are_refused(self, tmp_path: Path) -> None:
        path = workbook(tmp_path, ["1"], ["2"], header="a")
        with pytest.raises(ImportProblem, match="row 3: more than 1 rows"):
            list(WorkbookFile(path, MAPPING.sheets["deals"], MAPPING, max_rows=1))


@pytest.mark.parametrize("mapping", [MAPPING, GERMAN])
def test_a_refused_row_comes_back_as_it_was(tmp_path: Path, mapping: Mapping) -> None:
    row = [
        "1",
        "Zoë;x",
        'say "yes"',
        1234.5,
        MIDNIGHT,
        "two\nlines",
        AFTERNOON,
        12,
        "z",
    ]
    source = opened(workbook(tmp_path, row, E2="d.m.yyyy", G2="d.m.yyyy h:mm"), mapping)
    rows: list[Row] = list(source)
    reject = RejectFile(tmp_path, source.path, source.layout)
    for refused in rows:
        reject.add(refused, [Reason("", "", "wrong")])
    written = reject.finish()
    assert written == tmp_path / "deals.rejects.csv"
    again = CsvFile(written, encoding="cp1252", delimiter=mapping.delimiter)
    assert again.header == source.header
    assert [(row.first, row.cells) for row in again] == [(row.line, row.cells) for row in rows]


def test_a_day_is_written_in_a_form_that_is_read_as_nothing_else() -> None:
    both = Dates(("%m/%d/%Y", "%d/%m/%Y", "%d %b %Y"), "UTC")
    assert both.written(date(2026, 3, 4)) == "04 Mar 2026"
    assert both.written(date(2026, 3, 25)) == "03/25/2026"
    assert both.written(datetime.combine(date(2026, 3, 4), time(9))) == "2026-03-04T09:00:00"


async def test_a_workbook_lands_as_its_csv_would(pool: Pool, tmp_path: Path) -> None:
    table = csv_file(
        tmp_path,
        "1,Li,Acme,Boiler,New,2026-01-05,,100.5,",
        "2,Li,Acme,Pump,Lost,2026-01-06,2026-02-01,200,dear",
        "3,Li,#N/A,Pump,New,2026-01-06,,200,",
    )
    book = workbook(
        tmp_path,
        [1, "Li", "Acme", "Boiler", "New", date(2026, 1, 5), None, 100.5],
        [2, "Li", "Acme", "Pump", "Lost", date(2026, 1, 6), date(2026, 2, 1), 200, "dear"],
        [3, "Li", "#N/A", "Pump", "New", date(2026, 1, 6), None, 200],
        [4, "Li", "Acme", "Pump", "New", date(2026, 1, 6), None, "=H2*2"],
    )
    first = await run_import(pool, MAPPING, book, IMPORTER, rejects=tmp_path)
    assert [str(r).partition(": ")[2] for r in first.refusals] == [
        "customer '#N/A': is a spreadsheet's error, not a value",
        f"amount '{NOT_CALCULATED}': is a formula that was never worked out: open the workbook in a spreadsheet and save it",
    ]
    again = await run_import(pool, MAPPING, Path(first.rejects[0]), IMPORTER)
    assert [(r.first, r.reasons) for r in again.refusals] == [(r.row, r.reasons) for r in first.refusals]
    same = await run_import(pool, MAPPING, table, IMPORTER)
    assert (same.accepted, same.unchanged, same.refused) == (0, 2, 1)
    assert await rows_of(pool, "SELECT count(*) FROM ledger.events WHERE topic = 'customer.registered'") == [
        (1,)
    ]


async def test_a_workbook_is_read_whatever_it_is_called(pool: Pool, tmp_path: Path) -> None:
    book = workbook(tmp_path, [1, "Li", "Acme", "Boiler", "New", date(2026, 1, 5), None, 100.5])
    for name in ("deals.csv", "deals", "deals.xls"):
        named = book.rename(tmp_path / name)
        assert (await run_import(pool, MAPPING, named, IMPORTER, dry_run=True)).accepted == 1
        book = named
