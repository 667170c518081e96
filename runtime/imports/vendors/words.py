"""Runtime room, file import: which of our stages a pipeline's word may mean. A suggestion, never more."""

from __future__ import annotations

from domain.policy.closed import LOST, WON

_SIGNS = (
    (
        LOST,
        "lost lose dead cancel abandon verloren abgesagt perdu perdid ztracen 输单 失单 丢单 流失 无效 关闭",
    ),
    (WON, "won win gewonnen gagn ganad vyhr 赢单 成交 签约 成功 closed done"),
    (
        "negotiation",
        "negotiat contract review legal decision commit verhandl vertrag négoci negocia 谈判 商务 合同 决策",
    ),
    ("solution", "propos quot offer solution demo trial angebot devis oferta 报价 方案 演示 试用 投标"),
    ("needs", "need qualif discover analy value bedarf besoin 需求 立项 确认"),
    ("contact", "contact meeting call engag appoint kontakt rendez 接触 联系 拜访 沟通 初访"),
    ("identify", "new lead prospect open identif neu nouveau nuevo 线索 潜在 初步 发现 新"),
)


def suggested_stage(word: str) -> str:
    """Empty where nothing in the word says."""
    small = word.casefold()
    return next((stage for stage, signs in _SIGNS if any(sign in small for sign in signs.split())), "")
