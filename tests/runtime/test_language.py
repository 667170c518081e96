"""The one catalogue: what its files say, what is recognised of a finished sentence, and which language is asked for."""

from __future__ import annotations

import subprocess
import sys
from string import Formatter

import pytest

from runtime.language import EN, ZH, Catalogue, Entry, catalogue, entries, negotiate

WORDS = {
    "won": "赢单",
    "lost": "输单",
    "budget": "预算",
    "contact": "联系人",
    "no stage {stage!r}; there are: {known}": "没有阶段“{stage:stage}”；现有：{known:stage}",
    "{n} points": "{n} 项",
    "from {day}": "自 {day}",
    "the gate of stage {stage!r} is not passed: record {missing} first": "阶段“{stage}”的条件未满足：请先记录{missing}",
    "a deal is called {title!r} already": "已有名为“{title!s}”的商机",
    "is longer than {most} characters": "超过 {most} 个字符",
    "must not be empty": "不能为空",
    "{file}: is wanted here": "这里需要{file!s}",
    "{price} is no price; at most {n}": "{price} 不是价格，最多 {n}",
}


@pytest.fixture
def known() -> Catalogue:
    return Catalogue(ZH, WORDS, {("stage", "contact"): "接触"})


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("won", "赢单"),
        (
            "the gate of stage 'won' is not passed: record budget, lost first",
            "阶段“赢单”的条件未满足：请先记录预算、输单",
        ),
        (
            "the gate of stage 'x' is not passed: record budget, y first",
            "阶段“x”的条件未满足：请先记录budget, y",
        ),
        ("no stage 'contact'; there are: contact, won", "没有阶段“接触”；现有：接触、赢单"),
        ("contact", "联系人"),
        ("a deal is called 'won' already", "已有名为“won”的商机"),
        ("title: must not be empty", "title：不能为空"),
        (
            "title: must not be empty; a[0].b: is longer than 300 characters",
            "title：不能为空；a[0].b：超过 300 个字符",
        ),
        ("customer: profile.name: must not be empty", "customer：profile.name：不能为空"),
        ("files: a.csv: is wanted here; b.csv: is wanted here", "files：这里需要a.csv；这里需要b.csv"),
        ("'won': must not be empty", "'won'：不能为空"),
        ("name: 'x y' must not be empty", "name：'x y' 不能为空"),
        (
            "title: must not be empty; price: 7 is no price; at most 5",
            "title：不能为空；price：7 不是价格，最多 5",
        ),
        ("no stage 7; there are: won", "没有阶段“7”；现有：赢单"),
        ("--title / -t: must not be empty", "--title / -t：不能为空"),
        ("12 points\nwon", "12 项\n赢单"),
        ("twelve points", "twelve points"),
        ("from 2026-11-30", "自 2026-11-30"),
        ("from what people say", "from what people say"),
        ("nobody knows this; won", "nobody knows this; won"),
        ("", ""),
    ],
)
def test_a_sentence_is_recognised_and_what_stands_in_it_said_too(
    known: Catalogue, said: str, heard: str
) -> None:
    assert known.heard(said) == heard


def test_english_stays_as_it_is() -> None:
    english = catalogue(EN)
    assert english.gettext("deal") == english.heard("deal") == "deal"
    assert [english.ngettext("{n} point", "{n} points", n) for n in (1, 2)] == ["{n} point", "{n} points"]
    assert catalogue("fr").language == EN


def test_chinese_has_one_form_for_every_number() -> None:
    chinese = catalogue(ZH)
    assert chinese.ngettext("1 point", "{n} points", 1) == "1 项"
    assert chinese.ngettext("1 point", "{n} points", 3).format(n=3) == "3 项"
    assert chinese.say("from {day}", day="2026-11-30") == "自 2026-11-30"


def test_nothing_is_read_for_english() -> None:
    program = (
        "import sys; from runtime.language import catalogue; catalogue('en').heard('deal'); "
        "sys.exit('babel' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_text_is_translated_in_one_way() -> None:
    first: dict[tuple[str, str], Entry] = {}
    assert [
        (known, one)
        for one in entries(ZH)
        if (known := first.setdefault((one.context, one.text), one)).said != one.said
    ] == []


def test_each_translation_has_places_of_its_text_only() -> None:
    assert [one for one in entries(ZH) if not _places(one.said) <= _places(one.text)] == []


def _places(text: str) -> set[str]:
    return {place for _, place, _, _ in Formatter().parse(text) if place is not None}


def test_every_template_is_recognised_as_itself() -> None:
    """Whatever a more telling one is there for must not take its sentences."""
    chinese = catalogue(ZH)
    wrong = []
    for _, _, text, translated in entries(ZH):
        if sum(
            one.isalpha() for literal, *_ in Formatter().parse(text) for one in literal
        ) < 8 or not _places(text):
            continue
        heard, meant = chinese.heard(_filled(text)), _filled(translated)
        if heard.replace("7", "") != meant.replace("7", ""):
            wrong.append((text, heard, meant))
    assert wrong == []


def _filled(template: str) -> str:
    """With a number in every place."""
    return "".join(
        literal + ("" if place is None else "'7'" if conversion == "r" else "7")
        for literal, place, _, conversion in Formatter().parse(template)
    )


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, EN),
        ("", EN),
        ("zh-CN,zh;q=0.9,en;q=0.8", ZH),
        ("en-US,en;q=0.9,zh;q=0.8", EN),
        ("fr, zh-TW;q=0.3", ZH),
        ("en;q=0.1, zh;q=0.5", ZH),
        ("fr", EN),
        ("*", EN),
        ("zh;q=0", EN),
        ("zh;q=x", EN),
        (";;,=,zh", ZH),
    ],
)
def test_the_language_that_is_liked_best_is_spoken(accepted: str | None, language: str) -> None:
    assert negotiate(accepted) == language


@pytest.mark.parametrize(
    "hostile", ["a: b; " * 600, "'a' " * 900, "a: " * 1_300, "a: 'x' " * 500, "a\n" * 1_900]
)
def test_what_a_stranger_made_long_is_not_looked_through(hostile: str) -> None:
    looked = 0

    class Counted(Catalogue):
        def _known(self, text: str, context: str = "") -> str | None:
            nonlocal looked
            looked += 1
            return super()._known(text, context)

    assert Counted(ZH, WORDS).heard(hostile) == hostile
    assert looked < 200
