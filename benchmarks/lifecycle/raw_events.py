"""benchmarks, lifecycle: every table computed from the ledger's rows, and from nothing else of ours.

It reads topics and JSON, and knows neither facts nor read models nor the domain's stages: a stage is said here by a customer's last two
purchases and what stands within a window before the last. Days and months are strings of the calendar and numbers; ids are texts.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

import psycopg

TOPICS = [
    *("customer.registered", "customer.import-undone", "customer.merged", "customer.unmerged"),
    *("deal.opened", "deal.won", "deal.reopened", "deal.amount-changed", "deal.closing-corrected"),
    *("deal.customer-corrected", "deal.import-undone", "lifecycle-policy.published"),
]
READ = """
SELECT position, stream_id::text, version, topic, data::text, occurred_at FROM ledger.events
 WHERE topic = ANY(%s) ORDER BY position
"""
DAY = timedelta(days=1)
ACTIVE = ("first-purchase", "repeat", "loyal", "won-back")
BUILT_IN = {"loyal_purchases": 3, "loyal_within_days": 365, "dormant_after_days": 180}
Json = dict[str, Any]


class Event(NamedTuple):
    """`day` is that of the time at which it happened, in UTC."""

    position: int
    stream: str
    version: int
    topic: str
    data: Json
    day: date


class Purchase(NamedTuple):
    """A won deal as it is true and known; `customer` is whom its record stands for."""

    customer: str
    day: date
    amount: Decimal | None
    currency: str
    deal: str


@dataclass(frozen=True)
class Lives:
    """What is true on the day `on` and known at a position: by customer what was bought, the earliest first; who has bought nothing."""

    on: date
    bought: Mapping[str, Sequence[Purchase]]
    prospects: int

    def days(self) -> list[list[date]]:
        return [[one.day for one in bought] for bought in self.bought.values()]


@dataclass
class RawEvents:
    """All of a ledger that can matter."""

    customers: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    deals: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    merges: list[Event] = field(default_factory=list)
    policies: list[Event] = field(default_factory=list)

    @classmethod
    def read(cls, url: str) -> RawEvents:
        found = cls()
        with psycopg.connect(url) as connection:
            for position, stream, version, topic, data, at in connection.execute(READ, [TOPICS]):
                event = Event(position, stream, version, topic, json.loads(data), at.astimezone(UTC).date())
                found._take(event)
        return found

    def _take(self, event: Event) -> None:
        if event.topic.startswith("deal."):
            self.deals[event.stream].append(event)
        elif event.topic in ("customer.merged", "customer.unmerged"):
            self.merges.append(event)
        elif event.topic.startswith("customer."):
            self.customers[event.stream].append(event)
        elif event.data["policy"]["name"] == "default":
            self.policies.append(event)

    def policy(self, on: date, known: int) -> Json:
        """In force on a day, as known at a position."""
        found = BUILT_IN
        for event in self.policies:
            if event.position <= known and event.day <= on:
                found = event.data["policy"]
        return found

    def lives(self, on: date, known: int) -> Lives:
        stands_for = self._survivors(known)
        bought: defaultdict[str, list[Purchase]] = defaultdict(list)
        for deal, events in self.deals.items():
            one = _bought(deal, [event for event in events if event.position <= known])
            if one is not None and one.day <= on:
                whose = stands_for.get(one.customer, one.customer)
                bought[whose].append(one._replace(customer=whose))
        for some in bought.values():
            some.sort(key=lambda one: (one.day, one.deal))
        silent = [
            id
            for id, events in self.customers.items()
            if id not in stands_for and id not in bought and _is_there(events, on, known)
        ]
        return Lives(on, bought, len(silent))

    def _survivors(self, known: int) -> dict[str, str]:
        """Whom each merged record stands for at the end of its chain."""
        into: dict[str, str] = {}
        for event in self.merges:
            if event.position > known:
                break
            if event.topic == "customer.merged":
                into[event.stream] = event.data["into"]
            else:
                del into[event.stream]
        return {id: _end(id, into) for id in into}


def _end(id: str, into: Mapping[str, str]) -> str:
    while id in into:
        id = into[id]
    return id


def _is_there(events: Sequence[Event], on: date, known: int) -> bool:
    told = [event for event in events if event.position <= known]
    return bool(told) and told[-1].topic == "customer.registered" and told[0].day <= on


def _bought(deal: str, events: Sequence[Event]) -> Purchase | None:
    """What a deal's events come to."""
    customer, day, money = None, None, None
    for event in _standing(events):
        data = event.data
        match event.topic:
            case "deal.opened":
                customer = data.get("customer_id")
            case "deal.customer-corrected":
                customer = data["after"]
            case "deal.won":
                day, money = data["closed_on"], data.get("amount")
            case "deal.closing-corrected":
                day, money = data["after"]["closed_on"], data["after"].get("amount")
            case "deal.amount-changed" if day is not None:
                money = data["after"]
            case "deal.reopened":
                day, money = None, None
    if customer is None or day is None:
        return None
    amount, currency = (Decimal(money["amount"]), money["currency"]) if money else (None, "")
    return Purchase(customer, date.fromisoformat(day), amount, currency, deal)


def _standing(events: Sequence[Event]) -> list[Event]:
    """Those aside that an undone import takes back."""
    stand: list[Event] = []
    for event in events:
        if event.topic == "deal.import-undone":
            stand = [one for one in stand if one.version < event.data["since"]]
        else:
            stand.append(event)
    return stand


# -- stages ---------------------------------------------------------------------------------------


def _label(days: Sequence[date], n: int, policy: Json) -> str:
    """What the purchase with the number `n` makes of a customer."""
    if n == 0:
        return "first-purchase"
    if (days[n] - days[n - 1]).days >= policy["dormant_after_days"]:
        return "won-back"
    within = [day for day in days[: n + 1] if (days[n] - day).days < policy["loyal_within_days"]]
    return "loyal" if len(within) >= policy["loyal_purchases"] else "repeat"


def stage(days: Sequence[date], on: date, policy: Json) -> tuple[str, date | None]:
    """On a day, and since when."""
    until = bisect_right(days, on)
    if until == 0:
        return "prospect", None
    n = until - 1
    if (on - days[n]).days >= policy["dormant_after_days"]:
        return "dormant", days[n] + policy["dormant_after_days"] * DAY
    label = _label(days, n, policy)
    while label in ("repeat", "loyal") and _label(days, n - 1, policy) == label:
        n -= 1
    return label, days[n]


def stages(lives: Lives, policy: Json) -> dict[str, tuple[int, int, dict[str, Decimal]]]:
    """By stage: customers, purchases, revenue by currency."""
    customers: Counter[str] = Counter({"prospect": lives.prospects})
    purchases: Counter[str] = Counter()
    revenue: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for bought in lives.bought.values():
        name, _ = stage([one.day for one in bought], lives.on, policy)
        customers[name] += 1
        purchases[name] += len(bought)
        add(revenue[name], bought)
    names = ("prospect", "first-purchase", "repeat", "loyal", "dormant", "won-back")
    return {name: (customers[name], purchases[name], revenue[name]) for name in names}


def add(revenue: dict[str, Decimal], bought: Sequence[Purchase]) -> None:
    for one in bought:
        if one.amount is not None:
            revenue[one.currency] = revenue.get(one.currency, Decimal(0)) + one.amount


def transitions(lives: Lives, since: date, before: Json, after: Json) -> dict[tuple[str, str], int]:
    """From the end of day `since` by one policy to the end of `on` by another; all are in it that are known at the later one."""
    counted: Counter[tuple[str, str]] = Counter({("prospect", "prospect"): lives.prospects})
    for days in lives.days():
        counted[stage(days, since, before)[0], stage(days, lives.on, after)[0]] += 1
    return {pair: many for pair, many in counted.items() if many}


# -- months ---------------------------------------------------------------------------------------


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


Cohort = tuple[date, int, tuple[int | None, ...], tuple[int | None, ...]]


def cohorts(lives: Lives) -> list[Cohort]:
    """By month of the first purchase: its first day, customers, who bought in the n-th month after it, who had bought again by its end."""
    months: defaultdict[int, list[list[int]]] = defaultdict(list)
    for days in lives.days():
        numbers = [_number(day) for day in days]
        months[numbers[0]].append(numbers)
    now = _number(lives.on)
    found = []
    for month, those in sorted(months.items()):
        ahead = [month + n for n in range(1, 13)]
        bought = tuple(sum(m in one for one in those) if m <= now else None for m in ahead)
        again = tuple(
            sum(one[1:2] != [] and one[1] <= m for one in those) if m <= now else None for m in ahead
        )
        found.append((_first(month), len(those), bought, again))
    return found


Churn = tuple[date, int, int, int, int, float | None]


def churn(lives: Lives, policy: Json) -> list[Churn]:
    """Of twelve months up to the one that `on` is in: first day, active at its beginning, lost, won back, new, and the rate."""
    return [
        _of_month(lives, policy, number) for number in range(_number(lives.on) - 11, _number(lives.on) + 1)
    ]


def _of_month(lives: Lives, policy: Json, number: int) -> Churn:
    begins, ends = _first(number), min(_first(number + 1) - DAY, lives.on)
    active = lost = won_back = new = 0
    for days in lives.days():
        held = stage(days, begins - DAY, policy)[0] in ACTIVE
        active += held
        lost += held and any(begins <= day <= ends for day in _silences(days, lives.on, policy))
        new += begins <= days[0] <= ends
        won_back += any(begins <= day <= ends for day in _returns(days, policy))
    return begins, active, lost, won_back, new, round(lost / active, 6) if active else None


def _silences(days: Sequence[date], on: date, policy: Json) -> Iterator[date]:
    """The days on which a silence had lasted long enough."""
    for day, following in zip(days, [*days[1:], on], strict=True):
        if (following - day).days >= policy["dormant_after_days"]:
            yield day + policy["dormant_after_days"] * DAY


def _returns(days: Sequence[date], policy: Json) -> Iterator[date]:
    """The purchases that ended a silence."""
    for before, day in pairwise(days):
        if (day - before).days >= policy["dormant_after_days"]:
            yield day
