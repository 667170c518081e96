"""No question reads a table: among thousands of rows each looks at about as many as it answers with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from psycopg import AsyncConnection, AsyncCursor

from domain.policy.process import ProcessPublished
from projections.deal import agenda, funnel
from projections.deal import board as deal_board
from projections.deal import history as deal_history
from projections.deal.board import BoardFilter
from projections.engine import streams
from projections.people import directory, rep_load
from projections.ports.loop import STAFF
from runtime.database import as_application
from tests.office import NOW, furnish
from tests.projections.telling import Books

ROWS = 6_000
REPS = 40
MOST = 300
"""Rows that one scan may read for a page of fifty: a look ahead, and names."""
DAY = timedelta(days=1)
DEAL = "('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid"
REP = f"('00000000-0000-4000-9000-' || lpad((n %% {REPS})::text, 12, '0'))::uuid"
CUSTOMER = "('00000000-0000-4000-a000-' || lpad((n %% 600)::text, 12, '0'))::uuid"
DUE = "%(now)s::timestamptz + (n - 3000) * interval '1 hour'"
MULTIPLIED = {
    "deal_board": f"""'deal_id', {DEAL}, 'owner_id', {REP}, 'promised_by', {REP},
        'currency', 'CNY', 'amount', CASE WHEN n %% 10 > 0 THEN n ELSE 10 * n END, 'due_at', CASE WHEN n %% 10 > 0 THEN {DUE} END,
        'status', CASE n %% 10 WHEN 0 THEN 'won' ELSE 'open' END,
        'stage', CASE WHEN n %% 10 = 0 THEN 'won' WHEN n %% 100 = 1 THEN 'negotiation' ELSE 'identify' END,
        'opened_at', {DUE}, 'last_activity_at', {DUE}, 'expected_close', ({DUE})::date, 'customer_id', {CUSTOMER},
        'override_asked_at', CASE n %% 200 WHEN 1 THEN {DUE} END,
        'reference', 'R-' || n, 'source', 'crm'""",
    "agenda": f"'deal_id', {DEAL}, 'owner_id', {REP}, 'promised_by', {REP}, 'due_at', {DUE}, 'promise_id', {DEAL}",
    "rep_load_deal": f"'deal_id', {DEAL}, 'owner_id', {REP}, 'promised_by', {REP}, 'due_at', {DUE}",
    "deal_history": f"'deal_id', {DEAL}",
}
MULTIPLY = """
INSERT INTO read.{table} SELECT (jsonb_populate_record(r, jsonb_build_object({changed}))).*
  FROM read.{table} r, generate_series(1, %(rows)s) AS n WHERE r.deal_id = %(deal)s
"""
TITLES = f"INSERT INTO read.deal_title SELECT {DEAL}, 'boiler ' || n FROM generate_series(1, %(rows)s) AS n"
ENDED = f"""
INSERT INTO read.agenda_ended (promise_id, deal_id, owner_id, team_id, promised, made_at, due_at, ended_at, outcome,
       position)
SELECT {DEAL}, {DEAL}, {REP}, %(team)s, 'call', {DUE}, {DUE}, {DUE}, 'kept', n FROM generate_series(1, %(rows)s) AS n
"""
MONTHS = 120
MOVES = """
INSERT INTO read.funnel_move (level, scope_id, span, day, process, before, after, currency, moves, forward, amount, seconds)
SELECT 'company', '00000000-0000-0000-0000-000000000000', span, day, 'default', '', 'identify', '', 1, 0, 0, 0
  FROM (SELECT 'month' AS span, (date '2016-01-01' + n * interval '1 month')::date AS day FROM generate_series(1, %(months)s) AS n
         UNION ALL SELECT 'day', date '2016-02-01' + n FROM generate_series(0, 30 * %(months)s) AS n) moved
"""


FACTS = """
INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at, recorded_at)
SELECT (SELECT max(position) FROM ledger.events) + n, md5(n::text)::uuid, 1, e.topic, e.schema_version, e.data, e.meta,
       gen_random_uuid(), e.occurred_at, e.recorded_at
  FROM ledger.events e, generate_series(1, %(rows)s) AS n WHERE e.topic = 'deal.opened' AND e.stream_id = %(deal)s
"""


class Explained(AsyncCursor[Any]):
    """Explains what it runs, for what it has really read."""

    async def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        if query.startswith(b"EXPLAIN"):
            return await super().execute(query, params, **more)
        explain = AsyncCursor(self.connection)
        await explain.execute(b"EXPLAIN (ANALYZE, FORMAT JSON) " + query, params)
        found = await explain.fetchone()
        assert found is not None
        plans.append(found[0][0]["Plan"])
        return await super().execute(query, params, **more)


plans: list[dict[str, Any]] = []


@pytest.fixture
async def many(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A read side with ROWS deals, and a connection that explains."""
    office = await furnish(database_url)
    async with await AsyncConnection.connect(as_application(database_url), autocommit=True) as connection:
        books = Books(office, connection)
        given = {"deal": await books.opened(), "rows": ROWS, "now": NOW, "team": office.team_id}
        given |= {"months": MONTHS}
        await books.follow()
        for table, changed in MULTIPLIED.items():
            await connection.execute(MULTIPLY.format(table=table, changed=changed).encode(), given)
        for statement in (TITLES, ENDED, MOVES):
            await connection.execute(statement.encode(), given)
        async with await AsyncConnection.connect(database_url, autocommit=True) as owner:
            await owner.execute(FACTS, given)
            await owner.execute("ANALYZE")
        connection.cursor_factory = Explained
        yield connection
    await office.close()


def scans(plan: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """What each scan of a plan is, and how many rows it took in."""
    if "Relation Name" in plan:
        read = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield f"{plan['Node Type']} on {plan['Relation Name']}", round(read * plan["Actual Loops"])
    for below in plan.get("Plans", []):
        yield from scans(below)


Question = Callable[[AsyncConnection[Any]], Awaitable[Any]]
A_DEAL = UUID("00000000-0000-4000-8000-000000000077")
A_REP = UUID("00000000-0000-4000-9000-000000000007")
A_CUSTOMER = UUID("00000000-0000-4000-a000-000000000007")
SORTS = [down + name for name in deal_board.SORTS for down in ("", "-")]
NARROWED = {
    "a rep's": BoardFilter(owner_id=A_REP),
    "a customer's": BoardFilter(customer_id=A_CUSTOMER),
    "a reference": BoardFilter(reference="R-7", source="crm"),
    "a rare word": BoardFilter(text="boiler 777"),
    "a common word": BoardFilter(text="boiler"),
    "open": BoardFilter(status="open"),
    "won": BoardFilter(status="won"),
    "in a closed stage": BoardFilter(stage="won"),
    "in a rare stage": BoardFilter(stage="negotiation"),
    "due": BoardFilter(due_before=NOW),
    "an override asked for": BoardFilter(override="asked"),
}
QUESTIONS: dict[str, Question] = {
    "one deal": lambda c: deal_board.get(c, A_DEAL),
    "history": lambda c: deal_history.listing(c, A_DEAL),
    "agenda": agenda.listing,
    "a rep's agenda": lambda c: agenda.listing(c, rep_id=A_REP),
    "overdue": lambda c: agenda.listing(c, due_before=NOW),
    "the largest open deals": lambda c: deal_board.listing(c, BoardFilter(status="open"), "-amount"),
    "a stage where nobody stands": lambda c: deal_board.listing(c, BoardFilter(stage="solution")),
    "ended promises": agenda.ended,
    "funnel of ten years": lambda c: funnel.stages(c, NOW),
    "funnel of a year": lambda c: funnel.stages(c, NOW, since=date(2020, 3, 15), until=date(2021, 3, 14)),
    "ended promises of a rep": lambda c: agenda.ended(c, rep_id=A_REP),
    "health": agenda.unpromised,
    "open deals and live promises": rep_load.totals,
    "loads": lambda c: rep_load.reps(c, NOW + DAY),
    "who was there": lambda c: streams.stretch(c, 0, ROWS, [fact.TOPIC for fact in STAFF]),
    "processes": lambda c: streams.stretch(c, 0, ROWS, [ProcessPublished.TOPIC]),
    "reps": lambda c: directory.listing(c, "rep"),
}


async def asked(connection: AsyncConnection[Any], name: str, question: Question) -> Any:
    plans.clear()
    answer = await question(connection)
    read = [scan for plan in plans for scan in scans(plan)]
    assert read, f"{name} was not explained"
    assert [scan for scan in read if scan[1] > MOST] == [], name
    assert len(plans) <= 4, (
        f"{name} asks once more for each row"
    )  # what else is about the deals is one of them
    return answer


async def test_no_question_reads_a_table(many: AsyncConnection[Any]) -> None:
    for name, question in QUESTIONS.items():
        await asked(many, name, question)
    for name, narrowed in NARROWED.items():
        found = await asked(many, name, partial(deal_board.listing, narrowed=narrowed))
        assert found.items, f"{name} found nothing"
    for sort in SORTS:
        first = await asked(many, sort, partial(deal_board.listing, sort=sort))
        following = partial(deal_board.listing, sort=sort, cursor=first.next_cursor)
        beyond = await asked(many, f"{sort}, the next page", following)
        assert len(first.items) == len(beyond.items) == 50
    with pytest.raises(AssertionError, match="Scan on deal_board"):
        await asked(
            many, "what counts the deals", lambda c: c.execute(b"SELECT count(*) FROM read.deal_board")
        )
