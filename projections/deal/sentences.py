"""Projections room: each fact of a deal as a sentence, in English and in Chinese.

How they are written is in `templates.py`. A word that is in no vocabulary of `TERMS` is somebody's own and stays as it is.
Ids of people and things are shown by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from domain.deal.promising import BY_RULE
from domain.engine.facts import FACTS, Fact
from domain.engine.values import Money
from domain.policy.process import declared_requirements
from projections.deal import related
from projections.deal.templates import Kind, Named, Piece, pieces

EN, ZH = 0, 1


class Sentence(NamedTuple):
    """A topic's sentences; `field` names what its `before` and `after` are the values of."""

    en: str
    zh: str
    field: str = ""


SENTENCES: dict[str, Sentence] = {
    "deal.opened": Sentence(
        "opened “{title}” in stage {stage!s} for {owner_id}[, worth {amount}][; imported as {reference} from {source}]",
        "新建商机“{title}”，阶段：{stage!s}，负责人：{owner_id}[，金额 {amount}][；由 {source} 导入，编号 {reference}]",
    ),
    "deal.activity-logged": Sentence(
        "logged: {activity.kind!k}, {activity.direction!d}[, {activity.duration_minutes} min][, {activity.outcome!u}]"
        "[: {activity.summary}]",
        "记录活动：{activity.kind!k}，{activity.direction!d}[，{activity.duration_minutes} 分钟][，{activity.outcome!u}]"
        "[：{activity.summary}]",
    ),
    "deal.activity-corrected": Sentence(
        "corrected a logged activity"
        "[~; kind {after.kind!k}, was {before.kind!k}][~; {after.direction!d}, was {before.direction!d}]"
        "[~; outcome {after.outcome!u}, was {before.outcome!u}]"
        "[~; minutes {after.duration_minutes}, were {before.duration_minutes}]"
        "[~; by {after.rep_id}, was {before.rep_id}][~; with {after.contact_id}, was {before.contact_id}]"
        "[~; named “{after.name}”, was “{before.name}”][~; begun {after.started_at}, was {before.started_at}]"
        "[~; summary “{after.summary}”, was “{before.summary}”]",
        "更正活动记录"
        "[~；类型 {after.kind!k}，原为 {before.kind!k}][~；方向 {after.direction!d}，原为 {before.direction!d}]"
        "[~；结果 {after.outcome!u}，原为 {before.outcome!u}]"
        "[~；时长（分钟）{after.duration_minutes}，原为 {before.duration_minutes}]"
        "[~；销售 {after.rep_id}，原为 {before.rep_id}][~；联系人 {after.contact_id}，原为 {before.contact_id}]"
        "[~；名称“{after.name}”，原为“{before.name}”][~；开始 {after.started_at}，原为 {before.started_at}]"
        "[~；摘要“{after.summary}”，原为“{before.summary}”]",
        "activity",
    ),
    "deal.fields-set": Sentence("filled in custom fields", "填写自定义字段", "custom"),
    "deal.needs-recorded": Sentence("recorded what the customer needs", "记录客户需求", "needs"),
    "deal.quote-recorded": Sentence(
        "recorded the quote {quote.reference} over {quote.amount}[, valid until {quote.valid_until}]",
        "记录报价 {quote.reference}，金额 {quote.amount}[，有效期至 {quote.valid_until}]",
        "quote",
    ),
    "deal.amount-changed": Sentence(
        "changed the amount from {before} to {after}", "金额由 {before} 改为 {after}", "amount"
    ),
    "deal.expected-close-moved": Sentence(
        "moved the expected close from {before} to {after}",
        "预计成交日期由 {before} 改为 {after}",
        "expected_close",
    ),
    "deal.title-corrected": Sentence(
        "corrected the title from “{before}” to “{after}”", "商机名称由“{before}”更正为“{after}”", "title"
    ),
    "deal.customer-corrected": Sentence(
        "corrected the customer from {before} to {after}", "客户由 {before} 更正为 {after}", "customer_id"
    ),
    "deal.product-corrected": Sentence(
        "corrected the product from {before} to {after}", "产品由 {before} 更正为 {after}", "product_id"
    ),
    "deal.owner-changed": Sentence(
        "gave the deal from {before} to {after} ({rule!r})[: {handover_note}]",
        "负责人由 {before} 变更为 {after}（{rule!r}）[：{handover_note}]",
        "owner_id",
    ),
    "deal.stage-moved": Sentence(
        "moved the deal from {before!s} to {after!s}[, by an override without {missing!m}]",
        "阶段由“{before!s}”变为“{after!s}”[，经批准跳过：{missing!m}]",
        "stage",
    ),
    "deal.override-requested": Sentence(
        "asked for an override to {to!s}[ without {missing!m}]",
        "申请越过阶段门进入“{to!s}”[，缺少：{missing!m}]",
    ),
    "deal.override-decided": Sentence(
        "[?approved:approved the override][!approved:refused the override]",
        "[?approved:批准越过阶段门的申请][!approved:拒绝越过阶段门的申请]",
    ),
    "deal.blocked": Sentence("held the deal up: {requirement!m}", "商机受阻，阶段门要求：{requirement!m}"),
    "deal.unblocked": Sentence(
        "no longer holds the deal up: {requirement!m}", "商机不再受阻：{requirement!m}"
    ),
    "deal.won": Sentence(
        "won the deal over {amount} on {closed_on}[, contract {contract_reference}]",
        "成交，金额 {amount}，日期 {closed_on}[，合同 {contract_reference}]",
    ),
    "deal.lost": Sentence(
        "lost the deal on {closed_on}: {loss_reason}[, to {competitor}]",
        "失单，日期 {closed_on}，原因：{loss_reason}[，竞争对手：{competitor}]",
    ),
    "deal.closing-corrected": Sentence(
        "corrected how the deal was closed"
        "[~; on {after.closed_on}, was {before.closed_on}][~; amount {after.amount}, was {before.amount}]"
        "[~; contract {after.contract_reference}, was {before.contract_reference}]"
        "[~; reason {after.loss_reason}, was {before.loss_reason}]"
        "[~; competitor {after.competitor}, was {before.competitor}]",
        "更正结单信息"
        "[~；日期 {after.closed_on}，原为 {before.closed_on}][~；金额 {after.amount}，原为 {before.amount}]"
        "[~；合同 {after.contract_reference}，原为 {before.contract_reference}]"
        "[~；原因 {after.loss_reason}，原为 {before.loss_reason}]"
        "[~；竞争对手 {after.competitor}，原为 {before.competitor}]",
        "closing",
    ),
    "deal.reopened": Sentence(
        "reopened the deal, which was {before!s}, in stage {stage!s}",
        "重新打开商机（原为“{before!s}”），阶段：{stage!s}",
    ),
    "deal.import-undone": Sentence(
        "undid an import[?after:; the deal stands as it did before][!after:; the deal that it had made is gone]",
        "撤销了一次导入[?after:；商机恢复为导入前的状态][!after:；该次导入新建的商机已移除]",
        "deal",
    ),
    "deal.process-moved": Sentence(
        "moved the deal from version {before} of its process to version {after}",
        "销售流程由第 {before} 版改为第 {after} 版",
        "process_version",
    ),
    "deal.import-noted": Sentence("agreed with its row in an imported file", "与导入文件中的记录一致"),
    "promise.made": Sentence(
        "[?by_rule:by rule the next step is: {what!w}][!by_rule:promised: {what}]"
        ", due {deadlines.due_at} ({owner_id})",
        "[?by_rule:按规则的下一步：{what!w}][!by_rule:约定跟进：{what}]，到期 {deadlines.due_at}（{owner_id}）",
    ),
    "promise.rearmed": Sentence(
        "set the promise's timer anew[~; due {after.due_at}, was {before.due_at}]"
        "[~; reminder {after.remind_at}, was {before.remind_at}]"
        "[~; escalation {after.escalate_at}, was {before.escalate_at}]"
        "[~; reassignment {after.reassign_at}, was {before.reassign_at}]",
        "重新设定跟进时间[~；到期 {after.due_at}，原为 {before.due_at}]"
        "[~；提醒 {after.remind_at}，原为 {before.remind_at}]"
        "[~；上报 {after.escalate_at}，原为 {before.escalate_at}]"
        "[~；改派 {after.reassign_at}，原为 {before.reassign_at}]",
        "deadlines",
    ),
    "promise.reworded": Sentence(
        "changed the promise from “{before!w}” to “{after}”", "跟进内容由“{before!w}”改为“{after}”", "what"
    ),
    "promise.handed-over": Sentence(
        "handed the promise from {before} to {after}", "跟进由 {before} 移交给 {after}", "promised_by"
    ),
    "promise.reminded": Sentence("reminded {told} of the promise", "提醒 {told} 跟进"),
    "promise.missed": Sentence(
        "told {told} that the promise was missed; it was due {due_at}",
        "通知 {told} 跟进已逾期，到期时间为 {due_at}",
    ),
    "promise.escalated": Sentence("escalated the missed promise[ to {told}]", "逾期跟进上报[给 {told}]"),
    "promise.ended": Sentence("ended the promise: {outcome!o}", "跟进结束：{outcome!o}"),
}

TERMS: dict[str, dict[str, tuple[str, str]]] = {
    "s": {
        "identify": ("identify", "潜在客户识别"),
        "contact": ("contact", "接触"),
        "needs": ("needs", "需求分析"),
        "solution": ("solution", "方案提供"),
        "negotiation": ("negotiation", "谈判与异议处理"),
        "won": ("won", "成交"),
        "lost": ("lost", "失单"),
        "after-sales": ("after-sales", "售后"),
    },
    "k": {
        "call": ("call", "电话"),
        "visit": ("visit", "拜访"),
        "mail": ("mail", "邮件"),
        "demonstration": ("demonstration", "演示"),
        "meeting": ("meeting", "会议"),
        "task": ("task", "任务"),
    },
    "d": {
        "outbound": ("outbound", "外呼"),
        "inbound": ("inbound", "来访"),
        "internal": ("internal", "内部"),
    },
    "u": {
        "reached": ("reached", "已联系上"),
        "no-answer": ("no-answer", "无人接听"),
        "offer-sent": ("offer-sent", "已发报价"),
        "meeting-set": ("meeting-set", "已约会面"),
    },
    "o": {
        "kept": ("kept", "按时完成"),
        "late": ("late", "逾期完成"),
        "broken": ("broken", "未履行"),
        "excused": ("excused", "免除"),
    },
    "r": {
        "handover": ("handover", "移交"),
        "allocation": ("allocation", "分配"),
        "escalation": ("reassigned after escalation", "上报后改派"),
        "rep-left": ("the rep left", "销售离职"),
        "rep-moved": ("the rep changed teams", "销售调队"),
        "import": ("import", "导入"),
    },
    "m": {
        "pain-points": ("pain points", "痛点"),
        "budget": ("budget", "预算"),
        "decision-process": ("decision process", "决策流程"),
        "decision-makers": ("decision makers", "决策人"),
        "quote-or-demonstration": ("a quote or a demonstration", "报价或演示"),
        "amount": ("amount", "金额"),
        "close-date": ("close date", "成交日期"),
        "contract-reference": ("contract reference", "合同编号"),
        "loss-reason": ("loss reason", "失单原因"),
        **declared_requirements(),
    },
    "w": {BY_RULE: (BY_RULE, "跟进")},
}
"""Vocabularies: of stages of the default process, kinds of activities, directions, usual outcomes of activities, outcomes of
promises, rules that choose owners, requirements of gates, and of what a rule promises.
"""
NOTHING = ("nothing", "无")
COMMA = (", ", "、")


@cache
def sentence_of(topic: str) -> Sentence:
    """Of a deal's facts, and of those that another read model says."""
    if topic in SENTENCES:
        return SENTENCES[topic]
    found = (Sentence(*m.sentences[topic]) for m in related.with_sentences() if topic in m.sentences)
    return next(found, Sentence(topic, topic))


@cache
def vocabulary(letter: str) -> Mapping[str, tuple[str, str]]:
    """Raises KeyError where nobody has it."""
    declared = {one: words for model in related.with_sentences() for one, words in model.terms.items()}
    return ({**declared, **TERMS})[letter]


@cache
def places(topic: str) -> tuple[Named, ...]:
    """Every value that a topic's sentences tell."""
    sentence = sentence_of(topic)
    return tuple(
        {named for text in (sentence.en, sentence.zh) for piece in pieces(text) for named in piece.named}
    )


class SentenceRenderer:
    """Fills templates of one language."""

    def __init__(self, language: int, names: Mapping[UUID, str]) -> None:
        self._language = language
        self._names = names

    def render(self, fact: Fact) -> str:
        template = sentence_of(fact.TOPIC)[self._language]
        return "".join(self._piece(piece, fact) for piece in pieces(template))

    def _piece(self, piece: Piece, fact: Fact) -> str:
        return "".join(self._filled(piece, fact)) if self._is_told(piece, fact) else ""

    def _is_told(self, piece: Piece, fact: Fact) -> bool:
        match piece.kind:
            case Kind.FILLED:
                return all(named.of(fact) not in (None, "", ()) for named in piece.named)
            case Kind.CHANGED:
                one, other, *_ = (self._text(named, fact) for named in piece.named)
                return one != other
            case Kind.IF | Kind.UNLESS:
                assert piece.field is not None
                return bool(piece.field.of(fact)) == (piece.kind is Kind.IF)
        return True

    def _filled(self, piece: Piece, fact: Fact) -> Iterator[str]:
        for text, named in piece.parts:
            yield text
            if named is not None:
                yield self._text(named, fact)

    def _text(self, named: Named, fact: Fact) -> str:
        value = named.of(fact)
        return self._value(value) if named.terms is None else self._term(value, vocabulary(named.terms))

    def _term(self, value: Any, terms: Mapping[str, tuple[str, str]]) -> str:
        if isinstance(value, tuple):
            return COMMA[self._language].join(self._term(one, terms) for one in value)
        word = "" if value is None else str(value)
        return terms[word][self._language] if word in terms else word or NOTHING[self._language]

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
    pairs = [(name, _after(topic, name, names)) for name in sorted(names) if name.endswith("before")]
    return [(_label(topic, before), before, after) for before, after in pairs if after in names]


def _after(topic: str, before: str, names: Collection[str]) -> str:
    """Where there is no `after`, what is new stands under its own name."""
    after = before.removesuffix("before") + "after"
    return after if after in names else sentence_of(topic).field


def _label(topic: str, before: str) -> str:
    return sentence_of(topic).field if before == "before" else before.removesuffix("_before") + "_id"
