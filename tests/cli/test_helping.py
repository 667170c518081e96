"""Help in Chinese: every sentence of every command is said, and what is typed stays as it is typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from cli.engine import language
from cli.engine.helping import NOTED, SENTENCES, WIDEST, noted, said
from cli.main import app
from tests.cli.conftest import Terminal

CODES = re.compile(r"[\w-]+(?:, [\w-]+)+\.|[A-Z]+=[A-Z]+\.|[\w-]+( or [\w-]+)?\.?")
"""What is typed alone: `weekly, monthly.`, `MEASURE=SCORE.`."""
CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    language.speak(language.Language.ZH)
    yield
    language.speak(language.Language.EN)


def commands(one: Any, context: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    yield path, one, context
    for name in one.list_commands(context) if hasattr(one, "list_commands") else ():
        inner = one.get_command(context, name)
        yield from commands(inner, typer.Context(inner, parent=context, info_name=name), f"{path} {name}")


def all_commands() -> list[tuple[str, Any, Any]]:
    whole = typer.main.get_command(app)
    return list(commands(whole, typer.Context(whole), "salesloop"))


def english(text: str) -> list[str]:
    return [
        one
        for one in SENTENCES.split(said(text))
        if one and not CHINESE.search(one) and not CODES.fullmatch(one.strip())
    ]


def test_every_sentence_is_said() -> None:
    left = {
        (path, one)
        for path, command, context in all_commands()
        for text in (
            command.help,
            command.get_short_help_str(WIDEST),
            *(record[1] for record in (each.get_help_record(context) for each in command.params) if record),
        )
        for one in english((NOTED.sub(r"\1", text) if text else "") or "")
    }
    assert not left, "\n".join(map(str, sorted(left)))


def test_notes_are_said_and_codes_are_not() -> None:
    assert noted("A rep: name, login or id.  [required]") == "销售：姓名、登录名或 id。  [必填]"
    assert (
        noted("[env var: SALESLOOP_LANG; default: (this machine's)]")
        == "[环境变量：SALESLOOP_LANG；默认：(本机时区)]"
    )
    assert said("weekly, monthly.") == "weekly, monthly."
    assert said("- before it: descending. Otherwise by -starts_at.") == "前面加 - 为降序。默认按 -starts_at。"


@pytest.mark.parametrize("width", ["60", "100"])
def test_is_shown_within_the_screen(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    done = terminal.run("deals", "win", "--lang", "zh", "--help")
    assert done.returncode == 0
    for told in (
        "用法：salesloop deals win",
        "参数：",
        "选项：",
        "合同编号。",
        "[必填]",
        "示例：salesloop deals win 1C1I7A6R",
    ):
        assert told in done.stdout
    assert "Options" not in done.stdout


def test_a_group_is_helped_with_in_the_language_that_is_asked_for(terminal: Terminal) -> None:
    for at in ((), ("webhooks",), ("deals",)):
        assert terminal.run(*at, "--lang", "zh", "--help").stdout.startswith("用法："), at
