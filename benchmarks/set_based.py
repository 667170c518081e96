"""benchmarks: the limit of a rebuild — the board and the history by one INSERT … SELECT a table, as a person who knows
both PostgreSQL and these facts would write it.

It knows the facts that `lives.py` tells, in their newest version, and no others: a limit, not another fold. A test
holds its rows against the fold's.
"""

from __future__ import annotations

import time

import psycopg
from psycopg import sql

from domain.policy.process import DEFAULT_PROCESS
from projections.deal.history import HISTORY
from projections.deal.row import DEALS, TITLES
from projections.engine.tables import SCHEMA

LAST = """
CREATE TEMP TABLE last ON COMMIT DROP AS
SELECT stream_id, max(version) AS version, max(position) AS position,
       max(version) FILTER (WHERE topic = 'deal.stage-moved') AS staged,
       max(version) FILTER (WHERE topic IN ('deal.amount-changed', 'deal.won')) AS priced,
       max(version) FILTER (WHERE topic IN ('deal.won', 'deal.lost')) AS closed,
       max(version) FILTER (WHERE topic = 'promise.made') AS made,
       max(version) FILTER (WHERE topic IN ('promise.made', 'promise.rearmed')) AS armed,
       max(version) FILTER (WHERE topic = 'promise.ended') AS ended,
       count(*) FILTER (WHERE topic = 'deal.activity-logged') AS activities,
       max(occurred_at) FILTER (WHERE topic = 'deal.activity-logged') AS active_at
  FROM ledger.events WHERE topic ^@ 'deal.' OR topic ^@ 'promise.' GROUP BY stream_id
"""
BOARD = """
INSERT INTO {board} ({columns})
SELECT l.stream_id, l.version, l.position, d.title, d.customer_id, d.product_id, d.owner_id, d.team_id, d.process,
       d.process_version, d.policy, COALESCE(s.data->>'after', d.stage),
       CASE c.topic WHEN 'deal.won' THEN 'won' WHEN 'deal.lost' THEN 'lost' ELSE 'open' END,
       (%(probabilities)s::json->>COALESCE(s.data->>'after', d.stage))::numeric,
       COALESCE(a.data->'after'->>'amount', a.data->'amount'->>'amount', d.amount->>'amount')::numeric,
       COALESCE(a.data->'after'->>'currency', a.data->'amount'->>'currency', d.amount->>'currency'),
       d.expected_close, o.occurred_at, COALESCE(s.occurred_at, o.occurred_at), d.source, d.reference,
       (c.data->>'closed_on')::date, COALESCE(c.data->>'contract_reference', ''),
       COALESCE(c.data->>'loss_reason', ''), COALESCE(c.data->>'competitor', ''), l.active_at, l.activities, 0,
       m.promise_id, m.what, m.owner_id,
       COALESCE(m.by_rule AND NOT r.named, false), COALESCE(r.overdue, false), m.made_at,
       t.remind_at, t.due_at, t.escalate_at, t.reassign_at, COALESCE(t.arming, 0), t.policy_version, NULL, NULL, NULL, NULL, '[]'
  FROM last l
  JOIN ledger.events o ON o.stream_id = l.stream_id AND o.version = 1
 CROSS JOIN LATERAL json_to_record(o.data) AS d(
            title text, customer_id uuid, product_id uuid, owner_id uuid, team_id uuid, process text,
            process_version int8, policy text, stage text, amount json, expected_close date, source text, reference text)
  LEFT JOIN ledger.events s ON s.stream_id = l.stream_id AND s.version = l.staged
  LEFT JOIN ledger.events a ON a.stream_id = l.stream_id AND a.version = l.priced
  LEFT JOIN ledger.events c ON c.stream_id = l.stream_id AND c.version = l.closed
  LEFT JOIN LATERAL (
       SELECT x.* FROM ledger.events e, json_to_record(e.data) AS x(
              promise_id uuid, what text, owner_id uuid, by_rule boolean, made_at timestamptz)
        WHERE e.stream_id = l.stream_id AND e.version = l.made AND l.made > COALESCE(l.ended, 0)) m ON true
  LEFT JOIN LATERAL (
       SELECT y.*, x.arming, x.policy_version FROM ledger.events e,
              json_to_record(e.data) AS x(deadlines json, after json, arming int8, policy_version int8),
              json_to_record(COALESCE(x.deadlines, x.after)) AS y(
              remind_at timestamptz, due_at timestamptz, escalate_at timestamptz, reassign_at timestamptz)
        WHERE e.stream_id = l.stream_id AND e.version = l.armed AND l.made > COALESCE(l.ended, 0)) t ON true
 CROSS JOIN LATERAL (
       SELECT COALESCE(bool_or((e.data->>'named')::boolean), false) AS named,
              bool_or((e.data->>'overdue')::boolean) AS overdue
         FROM ledger.events e
        WHERE e.stream_id = l.stream_id AND e.version > l.made AND l.made > COALESCE(l.ended, 0)
          AND e.topic = 'promise.rearmed') r
"""
TITLED = """
INSERT INTO {titles} (deal_id, spaced)
SELECT stream_id, regexp_replace(data->>'title', '([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])', ' \\1 ', 'g')
  FROM ledger.events WHERE topic = 'deal.opened'
"""
TOLD = """
INSERT INTO {history} ({told})
SELECT stream_id, version, position, topic, schema_version, data, meta, occurred_at, recorded_at
  FROM ledger.events WHERE topic ^@ 'deal.' OR topic ^@ 'promise.'
"""
PROBABILITIES = ",".join(f'"{stage.name}":{stage.probability}' for stage in DEFAULT_PROCESS.stages)
SUFFIX = "__limit"


def build(url: str) -> float:
    """Seconds to make and fill the tables, beside the live ones, with their indexes."""
    parts = {
        "board": DEALS.at(SUFFIX),
        "titles": TITLES.at(SUFFIX),
        "history": HISTORY.at(SUFFIX),
        "columns": sql.SQL(", ".join(DEALS.names)),
        "told": sql.SQL(", ".join(HISTORY.names)),
    }
    with psycopg.connect(url, autocommit=True) as connection:
        for table in (DEALS, TITLES, HISTORY):
            connection.execute(f"DROP TABLE IF EXISTS {SCHEMA}.{table.name}{SUFFIX}".encode())
        connection.execute("SET synchronous_commit = off")
        started = time.perf_counter()
        with connection.transaction():
            for table in (DEALS, TITLES, HISTORY):
                for statement in table.create(SUFFIX, keyed=table is not HISTORY):
                    connection.execute(statement.encode())
            connection.execute(LAST)
            connection.execute("ANALYZE last")
            given = {"probabilities": f"{{{PROBABILITIES}}}"}
            connection.execute(sql.SQL(BOARD).format(**parts), given)
            for statement in (TITLED, TOLD):
                connection.execute(sql.SQL(statement).format(**parts))
            connection.execute(HISTORY.keyed(SUFFIX).encode())
            for table in (DEALS, TITLES, HISTORY):
                for made in table.index(SUFFIX):
                    connection.execute(made.encode())
        return time.perf_counter() - started
