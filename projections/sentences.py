"""Projections room: each fact of a deal as a sentence, in English and in Chinese.

`{field}` is a fact's field, `{field!t}` one whose value is a term with a translation; a part in square brackets
is left out where one of its fields is empty. Ids of people and things are shown by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from string import Formatter
from typing import Any, NamedTuple
from uuid import UUID

from domain.facts import FACTS, Fact
from domain.values import Money

EN, ZH = 0, 1


class Told(NamedTuple):
    """A topic's sentences; `field` names what its `before` and `after` are the values of."""

    en: str
    zh: str
    field: str = ""


SENTENCES: dict[str, Told] = {
    "deal.opened": Told(
        "opened “{title}” in stage {stage!t} for {owner_id}[, worth {amount}][; imported as {reference} from {source}]",
        "新建商机“{title}”，阶段：{stage!t}，负责人：{owner_id}[，金额 {amount}][；由 {source} 导入，编号 {reference}]",
    ),
    "deal.activity-logged": Told(
        "logged: {activity.kind!t}, {activity.direction!t}[, {activity.duration_minutes} min][, {activity.outcome}]"
        "[: {activity.summary}]",
        "记录活动：{activity.kind!t}，{activity.direction!t}[，{activity.duration_minutes} 分钟][，{activity.outcome}]"
        "[：{activity.summary}]",
    ),
    "deal.activity-corrected": Told(
        "corrected a logged activity: {after.kind!t}", "更正活动记录：{after.kind!t}", "activity"
    ),
    "deal.needs-recorded": Told("recorded what the customer needs", "记录客户需求", "needs"),
    "deal.quote-recorded": Told(
        "recorded the quote {quote.reference} over {quote.amount}[, valid until {quote.valid_until}]",
        "记录报价 {quote.reference}，金额 {quote.amount}[，有效期至 {quote.valid_until}]",
        "quote",
    ),
    "deal.amount-changed": Told(
        "changed the amount from {before} to {after}", "金额由 {before} 改为 {after}", "amount"
    ),
    "deal.expected-close-moved": Told(
        "moved the expected close from {before} to {after}",
        "预计成交日期由 {before} 改为 {after}",
        "expected_close",
    ),
    "deal.title-corrected": Told(
        "corrected the title from “{before}” to “{after}”", "商机名称由“{before}”更正为“{after}”", "title"
    ),
    "deal.customer-corrected": Told(
        "corrected the customer from {before} to {after}", "客户由 {before} 更正为 {after}", "customer_id"
    ),
    "deal.product-corrected": Told(
        "corrected the product from {before} to {after}", "产品由 {before} 更正为 {after}", "product_id"
    ),
    "deal.owner-changed": Told(
        "gave the deal from {before} to {after} ({rule!t})[: {handover_note}]",
        "负责人由 {before} 变更为 {after}（{rule!t}）[：{handover_note}]",
        "owner_id",
    ),
    "deal.stage-moved": Told(
        "moved the deal from {before!t} to {after!t}[, by an override without {missing!t}]",
        "阶段由“{before!t}”推进到“{after!t}”[，经批准跳过：{missing!t}]",
        "stage",
    ),
    "deal.override-requested": Told(
        "asked for an override to {to!t}[ without {missing!t}]",
        "申请越过关卡进入“{to!t}”[，缺少：{missing!t}]",
    ),
    "deal.override-decided": Told("{approved!t} the override", "{approved!t}越过关卡的申请"),
    "deal.won": Told(
        "won the deal over {amount} on {closed_on}[, contract {contract_reference}]",
        "成交，金额 {amount}，日期 {closed_on}[，合同 {contract_reference}]",
    ),
    "deal.lost": Told(
        "lost the deal on {closed_on}: {loss_reason}[, to {competitor}]",
        "失单，日期 {closed_on}，原因：{loss_reason}[，竞争对手：{competitor}]",
    ),
    "deal.closing-corrected": Told("corrected how the deal was closed", "更正结单信息", "closing"),
    "deal.reopened": Told(
        "reopened the deal, which was {before!t}, in stage {stage!t}",
        "重新打开商机（原为“{before!t}”），阶段：{stage!t}",
    ),
    "deal.process-moved": Told(
        "moved the deal from version {before} of its process to version {after}",
        "销售流程由第 {before} 版改为第 {after} 版",
        "process_version",
    ),
    "deal.import-noted": Told("agreed with its row in an imported file", "与导入文件中的记录一致"),
    "promise.made": Told(
        "promised: {what}, due {deadlines.due_at} ({owner_id})",
        "承诺跟进：{what}，到期 {deadlines.due_at}（{owner_id}）",
    ),
    "promise.rearmed": Told(
        "set the promise's timer anew: due {after.due_at}, was {before.due_at}",
        "重新设定跟进时间：到期 {after.due_at}，原为 {before.due_at}",
        "deadlines",
    ),
    "promise.reworded": Told(
        "changed the promise from “{before}” to “{after}”", "跟进内容由“{before}”改为“{after}”", "what"
    ),
    "promise.handed-over": Told(
        "handed the promise from {before} to {after}", "跟进由 {before} 移交给 {after}", "promised_by"
    ),
    "promise.reminded": Told("reminded {told} of the promise", "提醒 {told} 跟进"),
    "promise.missed": Told(
        "told {told} that the promise was missed; it was due {due_at}",
        "通知 {told} 跟进已逾期，到期时间为 {due_at}",
    ),
    "promise.escalated": Told("escalated the missed promise[ to {told}]", "逾期跟进上报[给 {told}]"),
    "promise.ended": Told("ended the promise: {outcome!t}", "跟进结束：{outcome!t}"),
}

TERMS: dict[str, tuple[str, str]] = {
    "identify": ("identify", "潜在客户识别"),
    "contact": ("contact", "接触"),
    "needs": ("needs", "需求分析"),
    "solution": ("solution", "方案提供"),
    "negotiation": ("negotiation", "谈判与异议处理"),
    "won": ("won", "成交"),
    "lost": ("lost", "失单"),
    "after-sales": ("after-sales", "售后"),
    "call": ("call", "电话"),
    "visit": ("visit", "拜访"),
    "mail": ("mail", "邮件"),
    "demonstration": ("demonstration", "演示"),
    "meeting": ("meeting", "会议"),
    "task": ("task", "任务"),
    "outbound": ("outbound", "外呼"),
    "inbound": ("inbound", "来访"),
    "internal": ("internal", "内部"),
    "kept": ("kept", "按时完成"),
    "late": ("late", "逾期完成"),
    "broken": ("broken", "未履行"),
    "excused": ("excused", "免除"),
    "handover": ("handover", "移交"),
    "allocation": ("allocation", "分配"),
    "escalation": ("reassigned after escalation", "上报后改派"),
    "rep-left": ("the rep left", "销售离职"),
    "import": ("import", "导入"),
    "True": ("approved", "批准"),
    "False": ("refused", "拒绝"),
    "pain-points": ("pain points", "痛点"),
    "budget": ("budget", "预算"),
    "decision-process": ("decision process", "决策流程"),
    "decision-makers": ("decision makers", "决策人"),
    "quote-or-demonstration": ("a quote or a demonstration", "报价或演示"),
    "amount": ("amount", "金额"),
    "close-date": ("close date", "成交日期"),
    "contract-reference": ("contract reference", "合同编号"),
    "loss-reason": ("loss reason", "失单原因"),
}
OPTIONAL = re.compile(r"\[([^\]]*)\]")
NOTHING = ("nothing", "无")
COMMA = (", ", "、")


class Named(NamedTuple):
    """A place in a template: the path to a value, and whether it is a term to be translated."""

    path: tuple[str, ...]
    term: bool

    def of(self, fact: Fact) -> Any:
        """Nothing of nothing is nothing."""
        value: Any = fact
        for name in self.path:
            value = getattr(value, name) if value is not None else None
        return value


Part = tuple[str, Named | None]
"""Text, and what follows it."""


class Piece(NamedTuple):
    """A stretch of a template; an optional one is left out where one of its values is empty."""

    optional: bool
    parts: tuple[Part, ...]


@cache
def pieces(template: str) -> tuple[Piece, ...]:
    """A template taken apart, once: filling it is what a page of history does a hundred times."""
    cut = OPTIONAL.split(template)
    return tuple(Piece(n % 2 == 1, _parts(text)) for n, text in enumerate(cut) if text)


def _parts(text: str) -> tuple[Part, ...]:
    return tuple(
        (before, Named(tuple(name.split(".")), conversion == "t") if name else None)
        for before, name, _, conversion in Formatter().parse(text)
    )


class Teller:
    """Fills templates of one language."""

    def __init__(self, language: int, names: Mapping[UUID, str]) -> None:
        self._language = language
        self._names = names

    def tell(self, fact: Fact) -> str:
        template = SENTENCES[fact.TOPIC][self._language]
        return "".join(self._piece(piece, fact) for piece in pieces(template))

    def _piece(self, piece: Piece, fact: Fact) -> str:
        said: list[str] = []
        for text, named in piece.parts:
            said.append(text)
            if named is not None:
                value = named.of(fact)
                if piece.optional and value in (None, "", ()):
                    return ""
                said.append(self._term(value) if named.term else self._value(value))
        return "".join(said)

    def _term(self, value: Any) -> str:
        if isinstance(value, tuple):
            return COMMA[self._language].join(self._term(one) for one in value)
        word = str(value)
        return TERMS[word][self._language] if word in TERMS else word or NOTHING[self._language]

    def _value(self, value: Any) -> str:
        if value in (None, ""):
            return NOTHING[self._language]
        if isinstance(value, tuple):
            return COMMA[self._language].join(self._value(one) for one in value)
        return self._names.get(value, str(value)) if isinstance(value, UUID) else shown(value)


def shown(value: Any) -> str:
    if isinstance(value, Money):
        return f"{shown(value.amount)} {value.currency}"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    if isinstance(value, datetime):
        return f"{value.isoformat(' ')[:16]} {value.tzname()}"
    return value.isoformat() if isinstance(value, date) else str(value)


@cache
def before_and_after(topic: str) -> list[tuple[str, str, str]]:
    """What a fact changes: the name to show, and the fields that say what it was and what it is."""
    names = {field.name for field in fields(FACTS[topic])}
    pairs = [
        (name, name.removesuffix("before") + "after") for name in sorted(names) if name.endswith("before")
    ]
    return [(_label(topic, before), before, after) for before, after in pairs if after in names]


def _label(topic: str, before: str) -> str:
    return SENTENCES[topic].field if before == "before" else before.removesuffix("_before") + "_id"
