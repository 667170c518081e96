"""One Chinese term for each of our words, wherever people read it: the catalogue, names of metrics and agenda points, history, guides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "runtime" / "locale" / "zh"
TERMS = {
    "action item": "改进措施",
    "customer": "客户",
    "cycle": "闭环",
    "deal": "商机",
    "lead": "线索",
    "promise": "跟进",
    "scorecard": "绩效评分",
    "target": "目标",
}
ELSEWHERE = {
    "承诺": "跟进 is a promise; 承诺 may stand for a commitment",
    "行动项": "改进措施",
    "周期": "闭环 is a cycle, 期间 a period; 周期 may stand for how long a sale takes; 生命周期 is the lifecycle",
    "计分卡": "绩效评分",
    "评分卡": "绩效评分",
}
"""What was said for the same in other places, and what is said."""
LIFECYCLE = "生命周期"
MEANT = {
    "commitment",
    "the error was logged; nothing was promised by this answer",
    "average cycle time",
}
"""Where it means another thing."""
CODES = re.compile(r"\{[^}]*\}|%\(\w+\)s|`[^`]*`|salesloop[^:]*|\S*[.=\-_\[\]/*]\S*|\bleads (?:to|back)\b")
"""Values, names of fields and what is typed: no words of a sentence."""
OTHERWISE = {
    "Drag a deal here: %(stage)s",
    "must be a kind of event such as deal.stage-moved, or deal",
    "Such as deal.stage-moved, or deal for all that begin so.",
    "Its id is in deals show.",
    "promise.missed, promise for all of them, or '*'.",
    "promise.missed, or promise for all.",
    "A kind of event, or what several begin with: deal.won, promise.",
    "must be what people are told of, such as promise.missed or promise, or * for everything",
}
"""Said without the word, which goes without saying, or is what is typed."""


def messages() -> Iterator[tuple[str, Message]]:
    for file in sorted(CATALOGUE.glob("*.po")):
        with file.open("rb") as source:
            yield from ((file.name, message) for message in read_po(source, locale="zh") if message.id)


def english_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def chinese_of(message: Message) -> str:
    return message.string if isinstance(message.string, str) else (message.string or ("",))[0]


@pytest.mark.parametrize("word", TERMS)
def test_a_word_is_always_called_the_same(word: str) -> None:
    asked = re.compile(rf"\b{word}s?\b", re.IGNORECASE)
    of_it = [
        (english_of(one), chinese_of(one))
        for _, one in messages()
        if english_of(one) not in MEANT | OTHERWISE and asked.search(CODES.sub("", english_of(one)))
    ]
    assert len(of_it) > 5, "it is looked for as it is written"
    assert [found for found in of_it if TERMS[word] not in found[1]] == []


def test_it_is_never_called_otherwise_in_the_catalogue() -> None:
    found = [
        (file, other, english_of(one))
        for file, one in messages()
        for other in ELSEWHERE
        if other in chinese_of(one).replace(LIFECYCLE, "") and english_of(one) not in MEANT
    ]
    assert found == []


def test_it_is_never_called_otherwise_in_names_history_and_guides() -> None:
    code = [
        path
        for room in ("domain", "projections", "api", "cli", "workflows")
        for path in (ROOT / room).rglob("*.py")
    ]
    guides = [*(ROOT / "docs").rglob("*.zh.md"), ROOT / "README.zh.md"]
    assert len(guides) > 3
    found = [
        (path.relative_to(ROOT).as_posix(), other, line.strip()[:80])
        for path in (*code, *guides)
        for line in path.read_text(encoding="utf-8").splitlines()
        for other in ELSEWHERE
        if other in line.replace(LIFECYCLE, "") and not any(meant in line for meant in MEANT)
    ]
    assert found == []
