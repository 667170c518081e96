"""Domain room: the catalogue of metrics, and the one rule by which every figure is computed. No clock, no I/O.

Facts make contributions (`meter.py`): a value and a weight, on a day, for a rep, team, customer and product. A
figure is the sum of values, or the sum of values divided by the sum of weights, over the contributions of a scope
and period; as known on K are those up to a position, true on D those up to a day. What was wrong is set right by
contributions that take the wrong ones back, so a figure as known earlier never changes.

Sums are exact. A rate is rounded to six decimals and a mean of days to two, half to even, once and at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from functools import cache
from uuid import UUID

from domain.capabilities import load
from domain.engine import currency as currencies
from domain.engine.errors import FieldError, Invalid
from domain.engine.values import ActivityKind, Words
from domain.figures.scope import Scope, ScopeKind
from domain.figures.shares import PRECISION
from domain.policy.closed import CLOSED
from domain.policy.process import DEFAULT_PROCESS
from domain.time.periods import Period, Window

ZERO, ONE = Decimal(0), Decimal(1)


class Unit(StrEnum):
    MONEY = "money"
    COUNT = "count"
    RATIO = "ratio"
    DAYS = "days"
    MINUTES = "minutes"


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


class Combines(StrEnum):
    """How the figures of parts make that of the whole: sums add; of rates and means neither adds."""

    SUM = "sum"
    RATIO = "ratio"
    MEAN = "mean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`counts` are the contributions it is made of. `measured` is false while no fact tells of it."""

    key: str
    name: Words
    definition: Words
    unit: Unit
    combines: Combines
    direction: Better = Better.HIGHER
    counts: tuple[str, ...] = ()
    measured: bool = True

    @property
    def adds_up(self) -> bool:
        return self.combines == Combines.SUM

    def smallest(self, currency: str = "") -> Decimal:
        """What a target is a whole number of: a cent, a deal, a hundredth of a per cent, a hundredth of a day."""
        if self.unit == Unit.MONEY:
            return currencies.smallest(currency)
        return _PLACES_OF_TARGETS[self.unit]

    def written(self, figure: Decimal, currency: str = "") -> Decimal:
        """A sum as people write it, with the decimals of its unit; what those would not hold is kept."""
        with localcontext(prec=PRECISION):
            short = figure.quantize(self.smallest(currency), ROUND_HALF_EVEN)
        return short if short == figure else figure


_PLACES_OF_TARGETS = {
    Unit.COUNT: ONE,
    Unit.RATIO: Decimal("0.0001"),
    Unit.DAYS: Decimal("0.01"),
    Unit.MINUTES: ONE,
}
_PLACES_OF_FIGURES = {Combines.RATIO: Decimal("0.000001"), Combines.MEAN: Decimal("0.01")}


def make_metric(key: str, name: tuple[str, str], definition: tuple[str, str], unit: Unit, combines: Combines,
                direction: Better = Better.HIGHER, *, counts: tuple[str, ...] = (), measured: bool = True) -> Metric:  # fmt: skip
    return Metric(
        key=key,
        name=Words(en=name[0], zh=name[1]),
        definition=Words(en=definition[0], zh=definition[1]),
        unit=unit,
        combines=combines,
        direction=direction,
        counts=counts or (key,),
        measured=measured,
    )


REVENUE_WON, DEALS_WON, WIN_RATE = "revenue-won", "deals-won", "win-rate"
NEW_CUSTOMERS, REPEAT_PURCHASES, CYCLE_TIME = "new-customers", "repeat-purchases", "cycle-time"
PROMISE_KEEPING, GATE_DISCIPLINE = "promise-keeping", "gate-discipline"
PROMISES_EXCUSED = "promises-excused"
"""Contributions that no metric counts: the promise ledger of a review tells of them."""
ACTION_ITEMS_KEPT, CUSTOMER_SATISFACTION = "action-items-kept", "customer-satisfaction"
ACTIVITIES, STAGE_CONVERSION = "activities", "stage-conversion"

_PLAIN = (
    make_metric(REVENUE_WON, ("revenue won", "成交金额"),
            ("the amounts of the deals won, on the day they were closed, each currency by itself",
             "成交商机的金额，计入成交日；各币种分别计算"), Unit.MONEY, Combines.SUM),
    make_metric(DEALS_WON, ("deals won", "成交数"),
            ("the number of deals won, on the day they were closed", "成交商机数，计入成交日"),
            Unit.COUNT, Combines.SUM),
    make_metric(WIN_RATE, ("win rate", "赢单率"),
            ("deals won, of all deals closed", "成交商机占全部已关闭商机的比例"), Unit.RATIO, Combines.RATIO),
    make_metric(NEW_CUSTOMERS, ("new customers", "新客户数"),
            ("customers whose earliest won deal was closed then", "首次成交落在该期间的客户数"),
            Unit.COUNT, Combines.SUM),
    make_metric(REPEAT_PURCHASES, ("repeat purchases", "复购数"),
            ("won deals of customers with an earlier won deal", "已有更早成交的客户再次成交的商机数"),
            Unit.COUNT, Combines.SUM),
    make_metric(CYCLE_TIME, ("average cycle time", "平均成交周期"),
            ("days from opening to closing, of the deals won; at least 0", "成交商机从建立到成交的天数，最少为0"),
            Unit.DAYS, Combines.MEAN, Better.LOWER),
    make_metric(PROMISE_KEEPING, ("promise keeping", "跟进履约率"),
            ("promises kept by their due time, of all that fell due then; excused ones do not count",
             "按时履行的跟进占该期间到期跟进的比例；获免的不计"), Unit.RATIO, Combines.RATIO),
    make_metric(GATE_DISCIPLINE, ("gate discipline", "阶段门合规率"),
            ("moves forward that met every gate, of all moves forward; the others needed an override",
             "满足全部阶段门的推进占全部推进的比例；其余经特批放行"), Unit.RATIO, Combines.RATIO),
    make_metric(ACTION_ITEMS_KEPT, ("action items kept", "改进措施完成率"),
            ("action items done by their due time, of all that fell due then; excused ones do not count",
             "按时完成的改进措施占该期间到期措施的比例；获免的不计"), Unit.RATIO, Combines.RATIO),
    make_metric(ACTIVITIES, ("activities", "活动数"), ("activities of every kind", "各类活动总数"),
            Unit.COUNT, Combines.SUM, counts=tuple(f"{ACTIVITIES}:{kind}" for kind in ActivityKind)),
)  # fmt: skip


def _activities(kind: str) -> Metric | None:
    if kind not in tuple(ActivityKind):
        return None
    definition = (
        f"activities of the kind {kind}, on the day they took place",
        f"类型为 {kind} 的活动数，计入发生日",
    )
    name = (f"activities: {kind}", f"活动数：{kind}")
    return make_metric(f"{ACTIVITIES}:{kind}", name, definition, Unit.COUNT, Combines.SUM)


def _stage_conversion(stage: str) -> Metric | None:
    if not stage.strip() or stage in CLOSED or len(stage) > 60 or "\x00" in stage:
        return None
    definition = (
        f"deals that went forward from {stage}, of all that left it; the others went back or were lost",
        f"离开 {stage} 阶段的商机中向前推进的比例；其余为退回或失单",
    )
    name = (f"stage conversion: {stage}", f"阶段转化率：{stage}")
    return make_metric(f"{STAGE_CONVERSION}:{stage}", name, definition, Unit.RATIO, Combines.RATIO)


CATALOGUE: dict[str, Metric] = {m.key: m for m in _PLAIN}
FAMILIES: dict[str, Callable[[str], Metric | None]] = {
    ACTIVITIES: _activities,
    STAGE_CONVERSION: _stage_conversion,
}
"""Metrics there is one of per kind of activity or stage: "activities:call", "stage-conversion:needs"."""


@cache
def catalogue() -> Mapping[str, Metric]:
    """By key, these and those that a capability's module says in `METRICS`."""
    declared = (one for module in load("domain") for one in getattr(module, "METRICS", ()))
    return CATALOGUE | {one.key: one for one in declared}


def find_metric(key: str) -> Metric | None:
    family, colon, name = key.partition(":")
    if colon and family in FAMILIES:
        return FAMILIES[family](name)
    return CATALOGUE.get(key) or catalogue().get(key)


def every_metric() -> tuple[Metric, ...]:
    """With each kind of activity and each stage of the default process; stages of other processes have theirs as well."""
    kinds = (_activities(kind) for kind in ActivityKind)
    stages = (_stage_conversion(stage) for stage in DEFAULT_PROCESS.open_stages)
    return (*catalogue().values(), *(one for one in (*kinds, *stages) if one is not None))


def metric(key: str) -> Metric:
    """Raises Invalid under `metric`, naming what there is."""
    found = find_metric(key)
    if found is None:
        known = ", ".join([*catalogue(), *(f"{family}:…" for family in FAMILIES)])
        raise Invalid([FieldError("metric", f"there is no {key!r}; there are: {known}")])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one fact gives to one metric. `position` and `recorded_at` say since when it is known, `on` for which day
    it counts, `subject_id` which stream it stands in. `value` and `weight` are negative where something is taken back.
    """

    metric: str
    on: date
    value: Decimal
    weight: Decimal = ONE
    currency: str = ""
    rep_id: UUID
    team_id: UUID
    customer_id: UUID | None = None
    product_id: UUID | None = None
    segment: str = ""
    subject_id: UUID
    position: int
    recorded_at: datetime

    def counts_for(self, scope: Scope) -> bool:
        """Whether it belongs to a scope, by whom and what it was recorded for. Who was in a published segment is not known here."""
        whose = {ScopeKind.COMPANY: None, ScopeKind.TEAM: self.team_id, ScopeKind.REP: self.rep_id}[
            scope.kind
        ]
        return (
            whose == scope.id
            and scope.product_id in (None, self.product_id)
            and scope.segment in ("", self.segment)
            and not scope.channel
        )


@dataclass(frozen=True, slots=True)
class Sum:
    """Contributions added up. Sums of parts add to the sum of the whole, so any grouping gives the same figure."""

    value: Decimal = ZERO
    weight: Decimal = ZERO

    def __add__(self, other: Sum) -> Sum:
        with localcontext(prec=PRECISION):
            return Sum(self.value + other.value, self.weight + other.weight)

    def figure(self, of: Metric) -> Decimal | None:
        """None where there is nothing to take a rate or a mean of."""
        if of.adds_up:
            return self.value
        if self.weight <= 0:
            return None
        with localcontext(prec=PRECISION):
            return (self.value / self.weight).quantize(_PLACES_OF_FIGURES[of.combines], ROUND_HALF_EVEN)


def drill(
    contributions: Iterable[Contribution],
    of: Metric,
    scope: Scope,
    period: Period | Window,
    currency: str = "",
) -> Iterator[Contribution]:
    """The contributions behind a figure. Of money only those in `currency`, which must be given."""
    if (of.unit == Unit.MONEY) != bool(currency):
        message = "say in which currency" if of.unit == Unit.MONEY else "only money has a currency"
        raise Invalid([FieldError("currency", message)])
    counted = frozenset(of.counts)
    return (
        c
        for c in contributions
        if c.metric in counted
        and period.contains(c.on)
        and c.counts_for(scope)
        and c.currency in ("", currency)
    )


def sum_of(contributions: Iterable[Contribution]) -> Sum:
    value, weight = ZERO, ZERO
    with localcontext(prec=PRECISION):
        for c in contributions:
            value, weight = value + c.value, weight + c.weight
    return Sum(value, weight)


def figure(
    contributions: Iterable[Contribution],
    of: Metric,
    scope: Scope,
    period: Period | Window,
    currency: str = "",
) -> Decimal | None:
    """The figure of a scope and period, exact as the module says; None where there is nothing to divide by."""
    return sum_of(drill(contributions, of, scope, period, currency)).figure(of)


def known(
    contributions: Iterable[Contribution], position: int | None = None, on: datetime | None = None
) -> Iterator[Contribution]:
    """Those that were recorded by a position, or by an instant: what was known then."""
    return (
        c
        for c in contributions
        if (position is None or c.position <= position) and (on is None or c.recorded_at <= on)
    )
