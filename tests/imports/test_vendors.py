"""tests: exports of other systems are recognised by their headers, and what only people know is asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runtime.database import Pool
from runtime.imports.kinds.listed import FIELDS, KINDS
from runtime.imports.mapping_file import read_mapping
from runtime.imports.results import ImportProblem
from runtime.imports.vendors.declared import vendor_ids, vendor_of
from runtime.imports.vendors.understanding import STAGES
from runtime.language import catalogue
from tests.imports import vendor_files as made
from tests.imports.vendor_runs import EUROPE, brought_in, looked_at, of, sources


@pytest.mark.parametrize("id", vendor_ids())
class TestEveryVendor:
    def test_brings_columns_to_fields_that_there_are(self, id: str) -> None:
        for file in vendor_of(id).files:
            if file.columns and file.kind in KINDS:
                assert set(file.columns) <= set(FIELDS[file.kind]), file.called
                needed = {name for name, field in FIELDS[file.kind].items() if field.needed}
                assert needed - set(file.columns) <= {"team"}, file.called

    def test_says_in_chinese_what_it_says(self, id: str) -> None:
        vendor = vendor_of(id)
        said = [*vendor.notes, *(w.says for file in vendor.files for w in file.columns.values() if w.says)]
        assert [one for one in said if catalogue("zh").heard(one) == one] == []

    def test_leads_to_stages_of_the_process(self, id: str) -> None:
        assert {stage for file in vendor_of(id).files for stage in file.stages.values()} <= set(STAGES)

    def test_recognises_a_file_of_nothing_but_what_it_declares(self, id: str, tmp_path: Path) -> None:
        """Each kind by the first names of its columns is that kind, for itself, and its own vendor's among all."""
        for n, file in enumerate(vendor_of(id).files):
            headers = dict.fromkeys(
                [w.all()[0] for w in file.columns.values() if w.all()]
                + [file.headers_of(need)[0] for need in file.needs]
                + list(file.marks)
            )
            path = made.csv_of(tmp_path / f"table {n}.csv", [dict.fromkeys(headers, "x")])
            report = looked_at(path, vendor=id)
            assert report.files[0].called.partition(" ")[0] == file.called.partition(" ")[0]


class TestQuestions:
    def test_nothing_known_is_asked_whose_it_is(self, tmp_path: Path) -> None:
        report = looked_at(made.csv_of(tmp_path / "a.csv", [{"Foo": "1", "Bar": "2"}]))
        assert (report.vendor, report.mapping) == ("", "")
        assert [(one.about, one.options) for one in report.questions] == [("vendor", vendor_ids())]

    def test_words_of_ones_own_pipeline_are_asked_with_a_suggestion(self, tmp_path: Path) -> None:
        path = made.csv_of(
            tmp_path / "Deals.csv", [made.zoho_deal(1, "Contract review"), made.zoho_deal(2, "Zzz")]
        )
        asked = {one.of: one.suggestion for one in looked_at(path).questions}
        assert asked == {"Contract review": "negotiation", "Zzz": ""}
        assert [one.of for one in looked_at(path, suggested=True).questions] == ["Zzz"]
        told = looked_at(path, stages={"contract Review": "needs", "zzz": "identify"})
        assert told.questions == ()
        mapping = read_mapping(told.mapping.encode(), "m")
        assert (mapping.stages["Contract review"], mapping.stages["Zzz"]) == ("needs", "identify")

    def test_days_that_may_be_read_in_two_ways_are_asked(self, tmp_path: Path) -> None:
        row = {**made.zoho_deal(1, "Qualification"), "Closing Date": "03/04/2026"}
        path = made.csv_of(tmp_path / "Deals.csv", [row])
        (asked,) = looked_at(path).questions
        assert (asked.about, asked.of, set(asked.options)) == (
            "dates",
            "Closing Date",
            {"%d/%m/%Y", "%m/%d/%Y"},
        )
        told = looked_at(path, settings={"dates": "%m/%d/%Y | iso"})
        assert told.questions == ()
        assert '"Closing Date", "dates" = ["%m/%d/%Y"]' in told.mapping
        plain = made.csv_of(path, [row, {**made.zoho_deal(2, "Qualification"), "Closing Date": "03/31/2026"}])
        assert '"Closing Date", "dates" = ["%m/%d/%Y"]' in looked_at(plain).mapping, "another row tells which"

    def test_a_form_of_days_that_is_said_is_that_of_the_columns_which_have_it(self, tmp_path: Path) -> None:
        row = {**made.zoho_deal(1, "Qualification"), "Closing Date": "03/04/2026"}
        row |= {"Created Time": "02/01/2026 09:00", "Modified Time": "2026-02-03 10:00:00"}
        path = made.csv_of(tmp_path / "Deals.csv", [row])
        assert [one.of for one in looked_at(path).questions] == ["Created Time", "Closing Date"]
        (asked,) = looked_at(path, settings={"dates": "%d/%m/%Y"}).questions
        assert asked.of == "Created Time"
        told = looked_at(path, settings={"dates": "%d/%m/%Y | %d/%m/%Y %H:%M"})
        assert told.questions == ()
        assert '"dates" = ["iso"' in told.mapping, "what nobody asked about is read as before"

    def test_numbers_that_may_be_read_in_two_ways_are_asked(self, tmp_path: Path) -> None:
        path = made.csv_of(
            tmp_path / "Deals.csv", [{**made.zoho_deal(1, "Qualification"), "Amount": "1.234"}]
        )
        (asked,) = looked_at(path).questions
        assert (asked.about, asked.options) == ("numbers", ("1234.5", "1.234,5"))
        assert 'decimal = ","\nthousands = "."' in looked_at(path, settings={"numbers": "1.234,5"}).mapping

    def test_a_currency_that_nothing_tells_is_asked(self, tmp_path: Path) -> None:
        row = made.zoho_deal(1, "Qualification")
        del row["Currency"]
        path = made.csv_of(tmp_path / "Deals.csv", [row])
        assert [(one.about, one.rows) for one in looked_at(path).questions] == [("currency", 1)]
        assert 'currency = "CHF"' in looked_at(path, settings={"currency": "chf"}).mapping

    def test_a_column_may_be_named_and_left_out(self, tmp_path: Path) -> None:
        files = made.zoho_export(tmp_path)
        report = looked_at(*files, columns={"deals: Description": "pain_points", "Lead Source": "-", "Currency": "-"},
                           settings={"currency": "EUR"})  # fmt: skip
        found = sources(of(report, "deals"))
        assert found["pain_points"] == ("Description",)
        assert "currency" not in found

    @pytest.mark.parametrize(
        ("answers", "said"),
        [
            ({"vendor": "zohoo"}, "no exports of 'zohoo' are known; did you mean 'zoho'?"),
            ({"columns": {"Amout": "amount"}}, "'Amout' is no column of the files; did you mean 'Amount'?"),
            ({"columns": {"Amount": "amout"}}, "'amout' is no field of deals; did you mean 'amount'?"),
            ({"kinds": {"Deal.csv": "deals"}}, "Deal.csv: is none of the files"),
            ({"kinds": {"Deals_2026_05_28.csv": "deal"}}, "'deal' names no kind of file"),
            ({"settings": {"zone": "UTC"}}, "'zone' is nothing that can be set"),
            ({"settings": {"timezone": "Mars"}}, "timezone: "),
            ({"settings": {"currency": "XXY"}}, "currency: "),
            ({"settings": {"numbers": "1"}}, "numbers: '1' is no way of writing"),
        ],
    )
    def test_an_answer_that_means_nothing_is_named(
        self, answers: dict[str, object], said: str, tmp_path: Path
    ) -> None:
        with pytest.raises(ImportProblem) as wrong:
            looked_at(*made.zoho_export(tmp_path), **answers)
        assert any(said in problem for problem in wrong.value.problems), wrong.value.problems

    def test_a_stage_that_the_process_does_not_have_is_said_when_it_is_imported(self, tmp_path: Path) -> None:
        path = made.csv_of(tmp_path / "Deals.csv", [made.zoho_deal(1, "Own")])
        assert '"Own" = "signed"' in looked_at(path, stages={"Own": "signed"}).mapping


class TestFiles:
    def test_parts_of_one_kind_are_read_one_after_the_other(self, tmp_path: Path) -> None:
        paths = [
            made.csv_of(tmp_path / f"Deals_{n}.csv", [made.zoho_deal(n, "Qualification")]) for n in (1, 2)
        ]
        mapping = read_mapping(looked_at(*paths).mapping.encode(), "m")
        assert mapping.sheets["deals"].files == ("Deals_1.csv", "Deals_2.csv")

    async def test_sheets_of_one_workbook_are_tables(self, pool: Pool, tmp_path: Path) -> None:
        deals = [made.zoho_deal(1, "Qualification"), made.zoho_deal(2, "Closed Won")]
        path = made.xlsx_of(
            tmp_path / "all.xlsx", Deals=deals, Accounts=[made.zoho_account(made.ACME, "Energy")]
        )
        result = await brought_in(pool, path, settings=EUROPE)
        assert (result.accepted, result.refusals) == (3, [])

    def test_a_file_may_be_given_by_its_kind_or_left_out(self, tmp_path: Path) -> None:
        files = made.zoho_export(tmp_path)
        report = looked_at(*files, kinds={files[1].name: "-"})
        assert [file.kind for file in report.files if file.name == files[1].name] == [""]
        assert "[customers]" not in report.mapping

    def test_two_files_of_one_name_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "b").mkdir()
        paths = [made.csv_of(tmp_path / sub / "Deals.csv", [made.zoho_deal(1, "x")]) for sub in ("", "b")]
        with pytest.raises(ImportProblem, match=r"Deals\.csv: two files are called so"):
            looked_at(*paths)

    def test_a_file_in_another_encoding_is_read(self, tmp_path: Path) -> None:
        row = {
            **made.CHINESE,
            "预计成交日期": "2027-04-04",
            "创建时间": "2026-01-15 09:30:00",
            "阶段变更时间": "2026-03-02 18:00:00",
        }
        path = made.csv_of(tmp_path / "商机.csv", [row], encoding="gb18030")
        assert 'encoding = "gb18030"' in looked_at(path, suggested=True).mapping


def test_whatever_a_report_says_is_said_in_chinese(tmp_path: Path) -> None:
    lacking = {name: text for name, text in made.zoho_deal(2, "Own").items() if name != "Currency"}
    deals = made.csv_of(
        tmp_path / "Deals.csv", [{**lacking, "Closing Date": "03/04/2026", "Amount": "1.234"}]
    )
    pages = [
        made.page(
            tmp_path / f"AccountObj_{n}.json", [{"_id": "1", "name": "a", "account_level": "1"}], total=3
        )
        for n in (0, 1)
    ]
    reports = [
        looked_at(deals),
        looked_at(*pages),
        looked_at(made.csv_of(tmp_path / "a.csv", [{"Foo": "1"}])),
        looked_at(made.csv_of(tmp_path / "b.csv", [{"Foo": "1"}]), vendor="zoho"),
        looked_at(*made.fxiaoke_export(tmp_path)),
    ]
    said = {note for report in reports for file in report.files for note in file.notes}
    said |= {note for report in reports for note in report.notes}
    said |= {question.text for report in reports for question in report.questions}
    assert len(said) > 10
    assert [one for one in said if not re.search("[\u4e00-\u9fff]", catalogue("zh").heard(one))] == []
