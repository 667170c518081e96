"""Domain room: the codes of what a review pack puts on a review's agenda, and what they mean. Values only."""

from __future__ import annotations

from enum import StrEnum

from domain.engine.values import Words


class Point(StrEnum):
    TARGET_MISSED = "target-missed"
    PROMISES_BROKEN = "promises-broken"
    DEALS_STALLED = "deals-stalled"
    ENTERED_LATE = "entered-late"
    FIGURES_CHANGED = "figures-changed"
    ACTION_ITEM_NOT_DONE = "action-item-not-done"
    ADJUSTMENT_TO_DISCUSS = "adjustment-to-discuss"
    TARGET_BEHIND = "target-behind"
    DECISION_OPEN = "decision-open"


AGENDA_WORDS = {
    Point.TARGET_MISSED: Words(en="A target was missed", zh="目标未达成"),
    Point.PROMISES_BROKEN: Words(en="Promises were late or broken", zh="跟进逾期或未履行"),
    Point.DEALS_STALLED: Words(en="Deals have stalled", zh="商机停滞"),
    Point.ENTERED_LATE: Words(en="Facts were entered late", zh="有补录的事实"),
    Point.FIGURES_CHANGED: Words(
        en="Figures of the period before are no longer what they were", zh="上期数据有变动"
    ),
    Point.ACTION_ITEM_NOT_DONE: Words(
        en="An action item of the previous review is not done", zh="上次复盘的改进措施未完成"
    ),
    Point.ADJUSTMENT_TO_DISCUSS: Words(en="An adjustment has been measured or ended", zh="策略调整已有结果"),
    Point.TARGET_BEHIND: Words(
        en="A target of the running period is behind its pace", zh="本期目标落后于进度"
    ),
    Point.DECISION_OPEN: Words(
        en="A decision asked for at the previous meeting is not taken", zh="上次会议的待决事项尚未决定"
    ),
}
