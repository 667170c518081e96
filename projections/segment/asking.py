"""Projections room: a segment's rule as SQL. What people wrote reaches the database as values alone; the text of a statement is made of what
stands in this file. Each comparison is either true or false: with nothing known it is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from domain.segment.fields import CUSTOM, FIELDS, Kind
from domain.segment.rule import Always, Comparison, Joined, Not, Rule, comparisons

NOW = "%(now)s::timestamptz"
MINE = """CROSS JOIN LATERAL (SELECT array_append(ARRAY(
    SELECT m.customer_id FROM read.merged m WHERE m.survivor_id = c.customer_id AND m.until IS NULL), c.customer_id) AS ids) mine"""
"""The records that a customer is made of."""
STANDS = "(c.present AND NOT EXISTS (SELECT FROM read.merged m WHERE m.customer_id = c.customer_id AND m.until IS NULL))"
"""A row of the traits is a customer of its own."""
SOURCES: Mapping[str, str] = {
    "life": """(SELECT CASE WHEN last_on IS NULL THEN 'prospect' WHEN dormant_on <= %(today)s::date THEN 'dormant' ELSE reached END AS stage,
                       CASE WHEN last_on IS NULL THEN (c.registered_at AT TIME ZONE %(zone)s)::date
                            WHEN dormant_on <= %(today)s::date THEN dormant_on ELSE began_on END AS since_on,
                       LEAST(CASE WHEN dormant_on > %(today)s::date THEN dormant_on END, ahead_on)::timestamp AT TIME ZONE %(zone)s AS turns_at
                  FROM (SELECT max(day) FILTER (WHERE past) AS last_on, max(day) FILTER (WHERE past) + %(dormant_after)s::int AS dormant_on,
                               (array_agg(reached ORDER BY n DESC) FILTER (WHERE past))[1] AS reached,
                               max(day) FILTER (WHERE past AND begins) AS began_on, min(day) FILTER (WHERE NOT past) AS ahead_on
                          FROM (SELECT day, n, reached, day <= %(today)s::date AS past,
                                       reached = 'won-back' OR reached IS DISTINCT FROM lag(reached) OVER (ORDER BY n) AS begins
                                  FROM (SELECT p.day, row_number() OVER w AS n,
                                               CASE WHEN lag(p.day) OVER w IS NULL THEN 'first-purchase'
                                                    WHEN p.day - lag(p.day) OVER w >= %(dormant_after)s::int THEN 'won-back'
                                                    WHEN lag(p.day, %(loyal_purchases)s::int - 1) OVER w > p.day - %(loyal_within)s::int THEN 'loyal'
                                                    ELSE 'repeat' END AS reached
                                          FROM read.purchases p WHERE p.customer_id = ANY(mine.ids) AND {p} AND p.until_position IS NULL
                                        WINDOW w AS (ORDER BY p.day, p.deal_id)) bought) reached_then) so_far)""",
    "deals": """(SELECT count(*) FILTER (WHERE d.status = 'open') AS open, max(d.last_activity_at) AS touched_at
                   FROM read.deal_board d WHERE d.customer_id = ANY(mine.ids) AND {d})""",
    "bought": """(SELECT count(*) AS n, min(p.day) AS first_on, max(p.day) AS last_on
                    FROM read.purchases p WHERE p.customer_id = ANY(mine.ids) AND {p} AND p.until_position IS NULL)""",
    "money": """(SELECT p.currency, sum(p.amount) AS value FROM read.purchases p
                  WHERE p.customer_id = ANY(mine.ids) AND {p} AND p.until_position IS NULL AND p.amount IS NOT NULL
                  GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)""",
    "bought_lately": f"""(SELECT count(*) AS n, min(p.day) AS oldest_on FROM read.purchases p
                    WHERE p.customer_id = ANY(mine.ids) AND {{p}} AND p.until_position IS NULL
                      AND p.day > ({NOW} AT TIME ZONE 'UTC')::date - 365)""",
    "touches": f"""(SELECT count(*) AS n, min(h.occurred_at) AS oldest_at
                     FROM read.deal_board d JOIN read.deal_history h ON h.deal_id = d.deal_id
                    WHERE d.customer_id = ANY(mine.ids) AND {{d}} AND h.topic = 'deal.activity-logged'
                      AND d.last_activity_at > {NOW} - interval '90 days'
                      AND h.occurred_at > {NOW} - interval '90 days')""",
    "served": """(SELECT count(*) FILTER (WHERE k.status NOT IN ('solved', 'closed')) AS open,
                         count(*) FILTER (WHERE k.status NOT IN ('solved', 'closed') AND k.severity = 'severe') AS severe
                    FROM read.cases k WHERE k.customer_id = ANY(mine.ids) AND {k})""",
    "said": """(SELECT (k.body::jsonb->>'score')::int8 AS score FROM read.cases k
                 WHERE k.customer_id = ANY(mine.ids) AND {k} AND k.body::jsonb->>'score' IS NOT NULL ORDER BY k.made_at DESC, k.case_id LIMIT 1)""",
    "nps": """(SELECT (a.body::jsonb->>'nps')::int8 AS score FROM read.survey_answers a
                WHERE a.customer_id = ANY(mine.ids) AND {a} AND a.body::jsonb->>'nps' IS NOT NULL ORDER BY a.answered_at DESC, a.answer_id LIMIT 1)""",
    "csat": """(SELECT (a.body::jsonb->>'csat')::int8 AS score FROM read.survey_answers a
                 WHERE a.customer_id = ANY(mine.ids) AND {a} AND a.body::jsonb->>'csat' IS NOT NULL ORDER BY a.answered_at DESC, a.answer_id LIMIT 1)""",
    "answers": """(SELECT max(a.answered_at) AS last_at, count(*) FILTER (WHERE a.loop = 'open') AS low_open
                    FROM read.survey_answers a WHERE a.customer_id = ANY(mine.ids) AND {a})""",
    "held_by": """(SELECT t.name AS team, t.note AS region FROM read.deal_board d JOIN read.directory t ON t.id = d.team_id
                    WHERE d.customer_id = ANY(mine.ids) AND {d} ORDER BY d.opened_at DESC, d.deal_id LIMIT 1)""",
}
"""What is looked up beside a row `c` of the customers' traits and its `MINE`, where a rule asks for it: never more than one row.
`{d}` and the like stand for what of a table is asked (`EVERYTHING`, `OF_TEAM`)."""
OF_TEAM: Mapping[str, str] = {
    **{table: f"{table}.team_id = %(seen_by)s" for table in "dka"},
    "p": "EXISTS (SELECT FROM read.deal_board s WHERE s.deal_id = p.deal_id AND s.team_id = %(seen_by)s)",
}
"""Deals, cases and answers of the team `seen_by`, and what its deals were won with: customers are shared, and by trying rules nobody shall find
out what other teams have with them.
"""
EVERYTHING: Mapping[str, str] = dict.fromkeys(OF_TEAM, "true")
NEEDED = (
    *("customer_traits", "contributions", "deal_board", "deal_history", "cases", "directory"),
    *("survey_answers", "merged", "segments", "segment_stays"),
)
"""The read models that all of it comes from."""


class Column(NamedTuple):
    """What a field is in SQL. Of DAYS `value` is the instant they are counted from; `turns_at` is when it turns whatever it is compared with:
    of RECENT when the oldest goes.
    """

    source: str
    value: str
    turns_at: str = ""


COLUMNS: Mapping[str, Column] = {
    "sector": Column("", "NULLIF(c.sector, '')"),
    "country": Column("", "NULLIF(c.country, '')"),
    "parent": Column("", "NULLIF(c.parent, '')"),
    "employees": Column("", "c.employees"),
    "revenue": Column("", "c.revenue"),
    "revenue_currency": Column("", "NULLIF(c.revenue_currency, '')"),
    "founded": Column("", "c.founded"),
    "days_known": Column("", "c.registered_at"),
    "registered_on": Column("", "(c.registered_at AT TIME ZONE 'UTC')::date"),
    "purchases.count": Column("bought", "bought.n"),
    "purchases.value": Column("money", "money.value"),
    "purchases.currency": Column("money", "money.currency"),
    "purchases.within_365_days": Column(
        "bought_lately", "bought_lately.n", "(bought_lately.oldest_on + 365)::timestamp AT TIME ZONE 'UTC'"
    ),
    "purchases.days_since_first": Column("bought", "bought.first_on::timestamp AT TIME ZONE 'UTC'"),
    "purchases.days_since_last": Column("bought", "bought.last_on::timestamp AT TIME ZONE 'UTC'"),
    "purchases.first_on": Column("bought", "bought.first_on"),
    "purchases.last_on": Column("bought", "bought.last_on"),
    "lifecycle.stage": Column("life", "life.stage", "life.turns_at"),
    "lifecycle.since": Column("life", "life.since_on", "life.turns_at"),
    "lifecycle.days_in_stage": Column(
        "life", "life.since_on::timestamp AT TIME ZONE %(zone)s", "life.turns_at"
    ),
    "deals.open": Column("deals", "deals.open"),
    "activity.days_since_last": Column("deals", "deals.touched_at"),
    "activity.touches_90_days": Column("touches", "touches.n", "touches.oldest_at + interval '90 days'"),
    "cases.open": Column("served", "served.open"),
    "cases.severe": Column("served", "served.severe"),
    "feedback.case_score": Column("said", "said.score"),
    "feedback.nps": Column("nps", "nps.score"),
    "feedback.csat": Column("csat", "csat.score"),
    "feedback.days_since_last": Column("answers", "answers.last_at"),
    "feedback.low_open": Column("answers", "answers.low_open"),
    "region": Column("held_by", "NULLIF(held_by.region, '')"),
    "team": Column("held_by", "held_by.team"),
}
assert COLUMNS.keys() == FIELDS.keys()
CAST = {
    Kind.TEXT: "text",
    Kind.NUMBER: "numeric",
    Kind.DAYS: "numeric",
    Kind.RECENT: "numeric",
    Kind.DATE: "date",
}
WRITTEN_NUMBER = r"'^-?[0-9]{1,18}(?:\.[0-9]{1,9})?(?=$| [A-Z]{3}$)'"
WORDS = {True: "yes", False: "no"}
"""As custom fields have them."""
COMPARED = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass
class Question:
    """Rules as conditions of one statement, with their values and all that they look up: of everything, or of what a team may see."""

    seen_by: UUID | None = None
    params: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    turns: dict[str, None] = field(default_factory=dict)
    """Instants at which a condition may become another one while nothing happens."""

    def ask(self, rule: Rule) -> str:
        """The condition. What it needs is kept."""
        for one in comparisons(rule):
            if source := _column(one).source:
                self.sources[source] = None
            self.turns |= dict.fromkeys(_turns(one))
        return self._condition(rule)

    @property
    def beside(self) -> str:
        """What is joined to the customers' traits."""
        of = EVERYTHING if self.seen_by is None else OF_TEAM
        looked_up = [
            f"LEFT JOIN LATERAL {SOURCES[name].format(**of)} {name} ON true" for name in self.sources
        ]
        return " ".join([MINE, *looked_up] if looked_up else ())

    @property
    def next_turn(self) -> str:
        """The first of those instants that is still to come; NULL where there is none."""
        ahead = ", ".join(f"CASE WHEN {turn} > {NOW} THEN {turn} END" for turn in self.turns)
        return f"LEAST({ahead})" if ahead else "NULL::timestamptz"

    def _condition(self, rule: Rule) -> str:
        match rule:
            case Always(holds):
                return "true" if holds else "false"
            case Not(part):
                return f"NOT {self._condition(part)}"
            case Joined(every, parts):
                return f"({(' AND ' if every else ' OR ').join(map(self._condition, parts))})"
            case Comparison():
                return f"COALESCE({self._compared(rule)}, false)"

    def _compared(self, one: Comparison) -> str:
        asked = _asked(one)
        if one.value is None:
            return f"({asked}) IS {'' if one.operator == '==' else 'NOT '}NULL"
        given = f"{self._given(one.value)}::{_cast(one)}"
        match one.operator:
            case "in":
                return f"{asked} = ANY({given}[])"
            case "outside":
                return f"{asked} <> ALL({given}[])"
            case "has":
                return f"strpos(lower({asked}), lower({given})) > 0"
            case "lacks":
                return f"strpos(lower({asked}), lower({given})) = 0"
            case operator:
                return f"{asked} {COMPARED[operator]} {given}"

    def _given(self, value: Any) -> str:
        name = f"v{len(self.params)}"
        self.params[name] = (
            list(value) if isinstance(value, tuple) else WORDS[value] if isinstance(value, bool) else value
        )
        return f"%({name})s"


def _column(one: Comparison) -> Column:
    name = one.field.name
    return Column("", "") if one.field.kind is Kind.CUSTOM else COLUMNS[name]


def _asked(one: Comparison) -> str:
    match one.field.kind:
        case Kind.CUSTOM:
            return _custom(one)
        case Kind.DAYS if one.value is not None:
            return f"floor(extract(epoch FROM {NOW} - ({_column(one).value})) / 86400)"
    return _column(one).value


def _custom(one: Comparison) -> str:
    """The name is one of letters, digits and _ (the parser's own), so it may stand in the statement. A number may have a currency behind it."""
    written = f"(c.body::jsonb->'custom'->>'{one.field.name.removeprefix(CUSTOM)}')"
    if _cast(one) == "numeric":
        return f"substring({written} FROM {WRITTEN_NUMBER})::numeric"
    return written


def _cast(one: Comparison) -> str:
    if one.field.kind is not Kind.CUSTOM:
        return CAST[one.field.kind]
    some = one.value[0] if isinstance(one.value, tuple) else one.value
    return "numeric" if isinstance(some, Decimal) else "text"


def _turns(one: Comparison) -> Iterator[str]:
    """Those at which the comparison may turn; of days when as many are full as it says, and one more."""
    kind, column = one.field.kind, _column(one)
    if column.turns_at:
        yield column.turns_at
    if kind is Kind.DAYS:
        for days in _days(one.value):
            yield f"{column.value} + make_interval(hours => {24 * days})"


def _days(value: Any) -> Iterable[int]:
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, Decimal):
            first = int(one.to_integral_value("ROUND_FLOOR"))
            yield from (first, first + 1)
