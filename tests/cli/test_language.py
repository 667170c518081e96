"""`--lang zh`: everything that is fixed is said in Chinese; what people wrote, and what programs read, stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.engine import language
from runtime.imports.results import Notice, Reason, Refusal
from runtime.language import catalogue, entries
from tests.cli import extremes, views
from tests.cli.conftest import Terminal

THEIRS = (
    extremes.TEXT, "CNY", "UTC", "wang.wei", "a@example.com", "ext.", "America/Argentina/Buenos_Aires", "Asia/Shanghai",
    "needs", "solution", "pain-points", "budget", "decision-process", "default", "company-wide", "revenue-won",
)  # fmt: skip
"""User's words and names of configuration, zones and currencies."""
TIMES = re.compile(
    r"\b\d+(?:bh|bd|[smhd])\b|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16}|[a-z]+(?:-[a-z]+)*:[a-z]+"
)
"""Durations, ids, metrics as they are written in rules."""
CODES_OF_METRICS = re.compile(r"^[a-z-]+(?:-[a-z]+)+")


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLUMNS", "4000")
    language.speak(language.Language.ZH)
    yield
    language.speak(language.Language.EN)


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("view", views.ALL, ids=[view.__name__ for view in views.ALL])
def test_no_fixed_word_is_left_in_english(
    view: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    view()
    said = capsys.readouterr().out
    for theirs in (*THEIRS, *(name.split(" ")[0] for name in views.NAMES.values()), extremes.TEXT[:20]):
        said = said.replace(theirs, "")
    said = TIMES.sub("", said)
    left = {found for line in said.splitlines() for found in re.findall(r"[A-Za-z]{2,}", line)}
    assert left <= views.KEYS, left


def test_what_people_wrote_is_never_translated(capsys: pytest.CaptureFixture[str]) -> None:
    from cli.engine.tables import table

    language.speak(language.Language.ZH)
    try:
        table(("state", "title", "what"), [("overdue", "overdue", "won")])
    finally:
        language.speak(language.Language.EN)
    assert capsys.readouterr().out.splitlines()[2].split() == ["已逾期", "overdue", "won"]


def test_every_sentence_of_the_code_is_in_the_table() -> None:
    said = "".join(file.read_text() for file in (Path(__file__).parents[2] / "cli").rglob("*.py"))
    fixed = set(re.findall(r'\b(?:word|sentence)\(\s*"([^"]+)"', said))
    assert fixed - {one.text for one in entries("zh")} == {"{name}"} & fixed


def test_no_command_says_a_sentence_past_the_table() -> None:
    """But for two who say only names, numbers and places."""
    past = r'\bsay\(f?"((?:{[^}]*}|[^"{])*)"'
    said = "".join(file.read_text() for file in (Path(__file__).parents[2] / "cli").rglob("*.py"))
    assert [
        one for one in re.findall(past, said) if re.search(r"[A-Za-z]{3,}", re.sub(r"{[^}]*}", "", one))
    ] == []


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    "noted",
    [
        "the quote is in EUR, the deal was in CNY",
        (
            "nobody is above the owner: what the manager does in a cycle waits for the owner; "
            "name a manager_id or above_id, or hand the cycle over"
        ),
        (
            "nobody chairs these meetings, as no chair_id is named and nobody manages a team here: "
            "that they are held is waited for of nobody, and any manager may hold them"
        ),
        (
            "a deadline reaches to 2029-01-02, but the cycle policy 'default' knows days off until 2028-12-31: "
            "every weekday after it counts as worked"
        ),
        "by hand v1",
    ],
)
def test_what_is_noted_beside_an_answer_is_said_in_chinese(noted: str) -> None:
    assert re.sub(r"[A-Z]{3}|\w+_id", "", language.heard(noted)).isascii() is False
    assert set(re.findall(r"[a-z]{2,}", language.heard(noted))) <= {
        "manager",
        "above",
        "chair",
        "id",
        "default",
    }


def test_the_language_is_asked_for_or_the_environment_s(terminal: Terminal) -> None:
    assert "阶段" in terminal.run("funnel", "--lang", "zh").stdout
    assert "stage" in terminal.run("funnel").stdout
    for name in ("LANG", "SALESLOOP_LANG"):
        there = Terminal({**terminal.env, name: {"LANG": "zh_CN.UTF-8", "SALESLOOP_LANG": "zh"}[name]})
        assert "阶段" in there.run("funnel").stdout
        assert "stage" in there.run("funnel", "--lang", "en").stdout
        assert there.json("funnel") == terminal.json("funnel")
    assert terminal.run("funnel", "--lang", "fr").returncode == 2


def test_the_language_may_stand_before_the_command(terminal: Terminal) -> None:
    assert terminal.run("--lang", "zh", "funnel").stdout == terminal.run("funnel", "--lang", "zh").stdout
    assert "阶段" in terminal.run("--lang=zh", "deals", "list").stdout
    there = Terminal({**terminal.env, "SALESLOOP_LANG": "zh"})
    assert "stage" in there.run("--lang", "en", "funnel").stdout
    assert "阶段" in terminal.run("--lang", "en", "funnel", "--lang", "zh").stdout
    assert terminal.run("--lang", "fr", "funnel").returncode == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["deals", "lst"], "错误：没有命令“lst”。是否指 'list'？"),
        (["deals", "list", "--limit", "500"], "错误：'--limit' 的值无效：不能大于 200"),
        (["deals", "list", "--bogus"], "错误：没有选项：--bogus"),
        (["deals", "show"], "错误：缺少参数 'DEAL'。"),
        (["import", "/nowhere/at/all"], "/nowhere/at/all"),
        (["deals", "list", "--tz", "Nowhere"], "未知的时区“Nowhere”"),
    ],
)
def test_what_is_typed_wrongly_is_told_in_chinese(terminal: Terminal, typed: list[str], said: str) -> None:
    for arguments in ([*typed, "--lang", "zh"], [*typed, "--lang=zh"]):
        done = terminal.run(*arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Error" not in done.stderr
    assert Terminal({**terminal.env, "SALESLOOP_LANG": "zh"}).run(*typed).stderr == done.stderr


def test_refusals_are_told_in_chinese(terminal: Terminal) -> None:
    unknown = terminal.run("deals", "show", "00000000-0000-4000-8000-000000000000", "--lang", "zh")
    assert (unknown.returncode, unknown.stderr.isascii()) == (1, False)
    deal = terminal.json("deals", "list", "--status", "open", "--limit", "1")["items"][0]["deal_id"]
    moved = terminal.run("deals", "move", deal, "won", "--lang", "zh")
    assert "拒绝：请用成交的命令关闭商机" in moved.stderr
    long = terminal.run("deals", "lose", deal, "--why", "x" * 11_000, "--lang", "zh")
    assert "拒绝：--why：最多 300 个字符" in long.stderr
    gate = terminal.run("deals", "win", deal, "--lang", "zh")
    assert "拒绝：" in gate.stderr
    assert re.findall(r"[a-z]{3,} [a-z]{3,}", re.sub("salesloop.*|done as.*", "", gate.stderr)) == []


def test_an_import_says_in_chinese_what_it_refuses(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("id,account,agent\n")
    missing = terminal.run("import", str(tmp_path), "--mapping", "crm_export", "--dry-run", "--lang", "zh")
    assert missing.returncode == 1
    assert "不在文件夹" in missing.stderr


def test_the_reasons_of_an_import_are_told_in_a_language() -> None:
    chinese = catalogue("zh")
    refusal = Refusal(
        "deals.csv", 7, (Reason("amount", "x", "is needed"), Reason("", "", "is empty")), first=3
    )
    assert refusal.told(chinese) == "deals.csv 第 7 行（第一个文件的第 3 行）：amount 'x'：必填；为空"
    assert str(refusal) == "deals.csv row 7 (row 3 of the first file): amount 'x': is needed; is empty"
    notice = Notice("deals.csv", "amount", "is empty", 2, 5)
    assert notice.told(chinese) == "deals.csv 自第 2 行起共 5 行：amount 为空"
    assert str(notice) == "deals.csv 5 rows from row 2 on: amount is empty"
    assert str(Notice("a.csv", "", "is empty", 2, 1)) == "a.csv row 2: is empty"
