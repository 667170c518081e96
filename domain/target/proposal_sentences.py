"""Domain room: the argument for a next target in sentences, its figures as people write them. Values only.

What is on record keeps every digit (`domain/target/proposal.py`); here money has its currency and its decimals, a rate is a
percentage, and a change of one is in percentage points.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from domain.engine.reasoning import Language, Reason, Value, plain, sentences
from domain.engine.values import Words
from domain.figures.metrics import Metric, Unit, find_metric
from domain.figures.shares import PRECISION

TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")
FIGURES = ("number", "target", "actual", "middle", "pipeline", "effect", "unit")
CHANGES = ("change", "bounded")
_PLACES = {Unit.COUNT: TENTH, Unit.DAYS: HUNDREDTH, Unit.MINUTES: TENTH}
_POINTS = Words(en="{} percentage points", zh="{} 个百分点")
_LONG = {Unit.DAYS: Words(en="{} days", zh="{} 天"), Unit.MINUTES: Words(en="{} minutes", zh="{} 分钟")}


def argued(reasons: Sequence[Reason], key: str, currency: str, language: Language) -> tuple[str, ...]:
    """Each step as a sentence. Values of a metric that this release does not know stay as they are."""
    of = find_metric(key)
    said = [(step.code, _values(step, of, currency, language)) for step in reasons]
    return sentences(said, NEXT_TARGET_WORDS, language)


def _values(step: Reason, of: Metric | None, currency: str, language: Language) -> tuple[Value, ...]:
    stored = (*step.values, Value("number", plain(step.number)))
    if of is None:
        return stored
    return tuple(Value(v.name, _written(v, of, currency, language)) for v in stored)


def _written(value: Value, of: Metric, currency: str, language: Language) -> str:
    """What is no number reads as it is."""
    with suppress(ArithmeticError), localcontext(prec=PRECISION):
        if value.name in FIGURES:
            return spelled(Decimal(value.value), of, currency, language)
        if value.name in CHANGES:
            return _change(Decimal(value.value), of, language)
        if value.name == "percent":
            return f"{_short(Decimal(value.value), HUNDREDTH)}%"
    return value.value


def spelled(number: Decimal, of: Metric, currency: str, language: Language) -> str:
    """A figure in its unit, rounded to what that is counted in."""
    if of.unit == Unit.MONEY:
        return f"{number.quantize(of.smallest(currency), ROUND_HALF_EVEN):,f} {currency}".strip()
    if of.unit == Unit.RATIO:
        return f"{_short(number * 100, HUNDREDTH)}%"
    short = _short(number, _PLACES[of.unit])
    return _in(_LONG[of.unit], language, short) if of.unit in _LONG else short


def _change(number: Decimal, of: Metric, language: Language) -> str:
    """From one period to the next: of a rate the difference, of everything else the growth."""
    if of.unit == Unit.RATIO:
        return _in(_POINTS, language, _short(number * 100, HUNDREDTH))
    return f"{_short(number * 100, TENTH)}%"


def _in(words: Words, language: Language, number: str) -> str:
    return (words.en if language == "en" else words.zh).format(number)


def _short(number: Decimal, place: Decimal) -> str:
    """Rounded, grouped, and without zeros that say nothing."""
    text = f"{number.quantize(place, ROUND_HALF_EVEN):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


NEXT_TARGET_WORDS = {
    "from-actual": Words(en="In {period} it came to {number}.", zh="{period} 实际为 {number}。"),
    "from-target": Words(
        en="Nothing was measured in {period}; its target was {number}.",
        zh="{period} 没有实际值；当时的目标为 {number}。",
    ),
    "trend": Words(
        en="Over {periods} periods it changed by {change} a period on average; {bounded} counts: {number}.",
        zh="最近 {periods} 期平均每期变化 {change}，计入 {bounded}：{number}。",
    ),
    "met": Words(
        en="The target of {target} was met with {actual}; the next one is not easier: {number}.",
        zh="目标 {target} 已达成（实际 {actual}），新目标不低于原目标：{number}。",
    ),
    "missed": Words(
        en="The target of {target} was missed with {actual}; half way back to it is {middle}: {number}.",
        zh="目标 {target} 未达成（实际 {actual}），取两者中点 {middle}：{number}。",
    ),
    "pipeline-covers": Words(
        en="Open deals are expected to bring {pipeline}, which covers it: {number}.",
        zh="在手商机加权预计 {pipeline}，足以支撑：{number}。",
    ),
    "pipeline-thin": Words(
        en="Open deals are expected to bring only {pipeline}; half way to that is {number}.",
        zh="在手商机加权预计仅 {pipeline}，取中点：{number}。",
    ),
    "decision-counts": Words(
        en="A decision of the review is expected to bring {effect}: {number}.",
        zh="复盘决定预计带来 {effect}：{number}。",
    ),
    "decision-shifts": Words(
        en="A decision of the review changes it by {percent}, that is by {effect}: {number}.",
        zh="复盘决定调整 {percent}，即 {effect}：{number}。",
    ),
    "adjustment-counts": Words(
        en="An adjustment that is kept brought {effect}: {number}.",
        zh="保留的策略调整带来 {effect}：{number}。",
    ),
    "adjustment-ends": Words(
        en="An adjustment ended with {outcome}; nothing is added for it: {number}.",
        zh="策略调整结论为 {outcome}，不计入：{number}。",
    ),
    "possible": Words(
        en="More than that is not possible, or less: {number}.", zh="限定在可能范围内：{number}。"
    ),
    "rounded": Words(en="In whole units of {unit} that is {number}.", zh="按 {unit} 取整：{number}。"),
}
