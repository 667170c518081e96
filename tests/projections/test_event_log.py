"""What streams tell to process mining, out of rows as the ledger has them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from projections.event_log import telling, xes
from projections.event_log.mapping import Row
from projections.event_log.ocel_json import Json
from projections.event_log.ocel_sqlite import Sqlite
from projections.event_log.writing import Objects

DEAL, REP = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
META = '{"actor":{"kind":"user","id":"u-\\"1\\""},"channel":"api"}'
OPENED = {"title": "x", "owner_id": REP, "stage": "identify", "process": "default", "process_version": 1}
NEWER = "deal.{position}'\"-of-tomorrow"
"""A topic that no release has, as no code could have it."""


def row(n: int, topic: str, data: dict[str, Any]) -> Row:
    return n, DEAL, topic, 1, json.dumps(data), META, f"2026-03-0{n}T08:00:00.000000Z", n


ROWS = [
    row(1, "deal.opened", OPENED),
    row(2, "deal.stage-moved", {"before": "identify", "after": "contact"}),
    row(3, NEWER, {"after": "{nothing}"}),
]


def test_a_fact_of_a_newer_release_is_an_event_without_attributes() -> None:
    """Whatever it is called: its name is in no code."""
    _, told = telling.told(ROWS[2:], "", Sqlite.TELLERS)
    assert [(topic, met, row[2:]) for topic, met, row in told] == [(NEWER, 0, ['user:u-"1"', "api"])]
    _, written = telling.told(ROWS[2:], "", xes.TELLERS)
    assert f'key="concept:name" value="{NEWER}"' in written[0][2]


@pytest.mark.parametrize("since", ["", "2026-03-02"])
def test_what_happened_before_the_period_is_what_its_objects_are_like(since: str, tmp_path: Path) -> None:
    rows = [ROWS[:2]]
    trace = etree.fromstring(xes.traces(rows, since))
    assert trace.xpath("string[@key='stage']/@value") == ["contact"]
    writer, database = Json(), Sqlite(tmp_path / "log.sqlite")
    pieces = [writer.BEGINS, Objects(writer, since).told(rows), *writer.end()]
    log = json.loads(b"".join(pieces))
    (deal,) = log["objects"]
    assert [a["value"] for a in deal["attributes"] if a["name"] == "stage"] == ["identify", "contact"]
    there = [2] if since else [1, 2]
    assert len(trace.findall("event")) == len(log["events"]) == len(there)
    Objects(database, since).told(rows)
    assert b"".join(database.end())
    with sqlite3.connect(tmp_path / "log.sqlite") as held:
        assert held.execute("SELECT ocel_id FROM event").fetchall() == [(str(n),) for n in there]
        assert {n for (n,) in held.execute("SELECT ocel_event_id FROM event_object")} == {*map(str, there)}
        assert held.execute("SELECT * FROM object").fetchall() == [(f"deal:{DEAL}", "deal")]
    held.close()
    writer.close()


def test_more_rows_than_go_into_a_statement_are_all_there(tmp_path: Path) -> None:
    some = [
        [(n, f"{n:032x}", "deal.opened", 1, json.dumps(OPENED), META, ROWS[0][6], 1)] for n in range(1, 96)
    ]
    database = Sqlite(tmp_path / "log.sqlite")
    Objects(database, "").told(some)
    assert b"".join(database.end())
    with sqlite3.connect(tmp_path / "log.sqlite") as held:
        for table in ("event", '"event_DealOpened"', "object", '"object_Deal"'):
            assert held.execute(f"SELECT count(DISTINCT ocel_id), count(*) FROM {table}").fetchall() == [
                (95, 95)
            ]
        assert held.execute("SELECT count(*) FROM event_object").fetchall() == [(2 * 95,)]
    held.close()
