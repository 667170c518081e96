"""cli: the lifecycle of customers, for people. Each function takes what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cli.engine.common import money
from cli.engine.language import sentence, word
from cli.engine.tables import facts, say, table

if TYPE_CHECKING:
    from projections.lifecycle.tables import CustomerLife, CustomerStanding


def show_stages(found: Any) -> None:
    policy = found["policy"]
    rows = [
        (word(one["stage"]), f"{one['customers']:,}", f"{one['purchases']:,}", _amounts(one["revenue"]))
        for one in found["stages"]
    ]
    title = sentence("lifecycle on {day}", day=found["on"])
    table(
        ("stage", "customers", "purchases", "revenue"),
        rows,
        title=title,
        right=("customers", "purchases", "revenue"),
    )
    say(
        sentence(
            "loyal: {purchases} purchases within {within} days; dormant: none for {silent} days ({policy}, version {version})",
            purchases=policy["loyal_purchases"],
            within=policy["loyal_within_days"],
            silent=policy["dormant_after_days"],
            policy=policy["name"],
            version=policy["version"],
        )
    )


def show_customers(items: Iterable[CustomerStanding]) -> None:
    rows = [
        (
            one.customer_name or one.customer_id,
            word(one.stage),
            one.since or "",
            f"{one.purchases:,}",
            one.last_on or "",
            _amounts(one.revenue),
            one.customer_id,
        )
        for one in items
    ]
    columns = ("customer", "stage", "since", "purchases", "last on", "revenue", "id")
    table(columns, rows, right=("purchases", "revenue"), whole=("stage", "since"), spare=("id", "last on"))


def show_life(found: CustomerLife) -> None:
    since = f" ({found.since})" if found.since else ""
    facts(
        sentence("lifecycle on {day}", day=found.on),
        [
            ("stage", f"{word(found.stage)}{since}"),
            ("purchases", f"{len(found.purchases):,}"),
            ("revenue", _amounts(found.revenue)),
            ("policy", f"{found.policy} {found.policy_version}"),
        ],
    )
    table(("stage", "since"), [(word(one.stage), one.since or "") for one in found.course])
    rows = [(one.day, money(one.amount, one.currency), one.deal_id) for one in found.purchases]
    table(("day", "amount", "deal"), rows, right=("amount",), whole=("deal",))


def show_transitions(found: Any) -> None:
    """A line for each stage that customers were in, a column for each that they are in."""
    many = {(one["before"], one["after"]): one["customers"] for one in found["transitions"]}
    after = list(dict.fromkeys(one["after"] for one in found["transitions"]))
    before = list(dict.fromkeys(one["before"] for one in found["transitions"]))
    rows = [(word(a), *(f"{many.get((a, b), 0):,}" for b in after)) for a in before]
    title = sentence("from the end of {since} to that of {until}", since=found["since"], until=found["on"])
    table(("before", *after), rows, title=title, right=after)


def show_cohorts(cohorts: Sequence[Mapping[str, Any]], months: int) -> None:
    numbers = [str(n) for n in range(1, months + 1)]
    rows = [
        (
            one["month"][:7],
            f"{one['customers']:,}",
            *(_share(again, one["customers"]) for again in one["again"]),
        )
        for one in cohorts
    ]
    table(
        ("month", "customers", *numbers), rows, right=("customers", *numbers), spare=tuple(reversed(numbers))
    )
    say(
        word(
            "Of the customers whose first purchase was in a month, how many had bought again after so many months."
        )
    )


def show_churn(months: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        (
            one["month"][:7],
            f"{one['active']:,}",
            f"{one['lost']:,}",
            _percent(one["rate"]),
            f"{one['won_back']:,}",
            f"{one['new']:,}",
        )
        for one in months
    ]
    columns = ("month", "active at its beginning", "became dormant", "churn", "won back", "bought first")
    table(columns, rows, right=columns[1:])


def _share(many: int | None, of: int) -> str:
    return "" if many is None else f"{many / of:.0%}"


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.1%}"


def _amounts(revenue: Mapping[str, Any]) -> str:
    return "\n".join(money(amount, currency) for currency, amount in sorted(revenue.items()))
