"""cli: promises, the funnel and what reps have on their hands, for people. Each function takes what was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cli.engine.common import moment, money
from cli.engine.language import sentence, word
from cli.engine.tables import say, table
from cli.views.deals import SHORT, reference

if TYPE_CHECKING:
    from projections.deal.agenda import AgendaItem, EndedItem, Outcomes
    from projections.deal.funnel import FunnelStage
    from projections.engine.paging import Page
    from projections.people.rep_load import Load

CLOSED = ("won", "lost", "after-sales")
STANDING = "deals, amount, days here: what stands in a stage now, and for how long on average."
MOVES = (
    "came, left, went on, days stayed: moves from {since} until {until}; "
    "went on: the share of those who left that moved ahead."
)


# --- promises --------------------------------------------------------------------------------------------------------


def show_agenda(page: Page[AgendaItem], to: tzinfo | None, title: str = "") -> None:
    now = datetime.now(UTC)
    rows = [
        (
            moment(i.due_at, to),
            i.state(now),
            reference(i),
            i.title,
            i.promised,
            i.promised_by_name,
            i.customer_name,
        )
        for i in page.items
    ]
    columns = ("due", "state", "deal", "title", "promised", "who", "customer")
    table(columns, rows, title=title, whole=("due", "state", "deal"))


def show_ended(page: Page[EndedItem], to: tzinfo | None) -> None:
    rows = [
        (
            moment(i.ended_at, to),
            i.outcome,
            i.deal_id.hex[:SHORT],
            i.title,
            i.promised,
            i.owner_name,
            moment(i.due_at, to),
        )
        for i in page.items
    ]
    columns = ("ended", "state", "deal", "title", "promised", "who", "due")
    table(columns, rows, whole=("ended", "state", "deal", "due"))


def show_outcomes(outcomes: Iterable[Outcomes]) -> None:
    columns = ("rep", "kept", "late", "broken", "excused")
    rows = [(o.owner_name or o.owner_id, o.kept, o.late, o.broken, o.excused) for o in outcomes]
    table(columns, rows, right=columns[1:])


# --- funnel ----------------------------------------------------------------------------------------------------------


def show_funnel(
    stages: Sequence[FunnelStage],
    process: str,
    since: str | None = None,
    until: str | None = None,
    *,
    then: str | None = None,
) -> None:
    """What stands in each stage, what stands in all of them, and of what days the moves are; `then`: what stood there, and no moves."""
    columns = ("stage", "deals", "amount", "days here", "came", "left", "went on", "days stayed")
    spare = ("days stayed", "left", "came", "days here")
    rows = [*map(_stage, stages), _total(stages)]
    table(
        columns,
        rows,
        title=sentence("funnel: {process}", process=process),
        right=columns[1:],
        whole=("stage",),
        spare=spare,
    )
    if then is not None:
        say(sentence("as known at {when}; what came and left is known as of now only", when=then))
        return
    say(word(STANDING))
    say(sentence(MOVES, since=since or word("the beginning"), until=until or word("today")))


def _total(stages: Sequence[FunnelStage]) -> tuple[Any, ...]:
    """Of what is open: closed deals stand in no stage that leads anywhere."""
    still = [stage for stage in stages if stage.stage not in CLOSED]
    sums: dict[str, Decimal] = {}
    for stage in still:
        for currency, amount in stage.amounts.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    amounts = "\n".join(money(amount, currency) for currency, amount in sorted(sums.items()))
    return word("open in all"), f"{sum(stage.deals for stage in still):,}", amounts, "", "", "", "", ""


def _stage(s: FunnelStage) -> tuple[Any, ...]:
    amounts = "\n".join(money(amount, currency) for currency, amount in sorted(s.amounts.items()))
    went_on = f"{s.conversion:.0%}" if s.conversion is not None else ""
    return (
        s.stage,
        f"{s.deals:,}",
        amounts,
        _days(s.mean_age_days),
        f"{s.entered:,}" if s.entered is not None else "",
        f"{s.left:,}" if s.left is not None else "",
        went_on,
        _days(s.mean_dwell_days),
    )


def _days(days: float | None) -> str:
    return "" if days is None else f"{days:,.1f}"


# --- reps ------------------------------------------------------------------------------------------------------------


def show_reps(loads: Iterable[Load]) -> None:
    columns = ("name", "team", "open deals", "amount", "promises", "overdue", "id")
    spare = ("id", "team", "promises")
    table(columns, [_load(load) for load in loads], right=columns[2:6], whole=("id",), spare=spare)


def _load(load: Load) -> tuple[Any, ...]:
    amounts = "\n".join(money(amount, currency) for currency, amount in sorted(load.open_amounts.items()))
    template = "{name} (away)" if load.away else "{name}" if load.active else "{name} (left)"
    name = sentence(template, name=load.rep_name)
    return (
        name,
        load.team_name,
        f"{load.open_deals:,}",
        amounts,
        f"{load.live_promises:,}",
        f"{load.overdue_promises:,}",
        load.rep_id,
    )
