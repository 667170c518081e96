"""Operations: alive, ready, counted; what happens when the database is away, and when the process is told to end."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest

from api.engine.roles import Role
from api.engine.users import NewKey
from runtime.servers import EmbeddedPostgres
from tests.conftest import PATIENCE
from tests.house import House, make_key, migrate_all, serving, settings_for

JSON = {"Content-Type": "application/json"}


def test_health_asks_nobody_and_readiness_asks_the_database(house: House) -> None:
    stranger = house.client("stranger")
    assert stranger.get("/healthz").json() == {"status": "ok"}
    assert stranger.get("/readyz").json() == {"status": "ready"}


def test_metrics_name_routes_by_template_and_nobody(house: House, deal: UUID) -> None:
    house.admin.get(f"/deals/{deal}", params={"after": house.position})
    told = house.client("auditor").get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    assert 'salesloop_http_requests_total{method="GET",route="/deals/{deal_id}",status="200"}' in told.text
    assert 'salesloop_projection_lag_events{read_model="deal_board"}' in told.text
    assert 'salesloop_projection_stopped{read_model="deal_board"} 0.0' in told.text
    assert str(deal) not in told.text
    assert "u-north" not in told.text
    assert house.client("stranger").get("/metrics").status_code == 401


def counted(house: House) -> dict[str, float]:
    told = house.client("auditor").get("/metrics").text
    lines = (line.rpartition(" ") for line in told.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def test_metrics_tell_how_promises_fare(house: House, deal: UUID) -> None:
    house.admin.get("/agenda", params={"after": house.position})
    before = counted(house)
    late = {"what": "call", "due_at": "2026-03-02T09:00:00+08:00"}
    house.open_deal(next_step=late, occurred_at="2026-03-01T09:00:00+08:00")
    house.admin.get("/agenda", params={"after": house.position})
    after = counted(house)
    grown = {
        name: after[name] - before[name] for name in ("salesloop_promises_live", "salesloop_promises_overdue")
    }
    assert grown == {"salesloop_promises_live": 1, "salesloop_promises_overdue": 1}
    assert after["salesloop_open_deals_without_promise"] == 0


def test_metrics_tell_how_far_the_followers_are_and_what_the_last_sweep_found(house: House) -> None:
    with psycopg.connect(house.settings.database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO app.follower_positions (name, position, error) VALUES ('deals', 2, 'Temporal is away')"
        )
        connection.execute(
            "INSERT INTO app.sweeps (at, open_deals, timers, on_the_way, without_promise, without_timer, left_over, ownerless)"
            " VALUES ('2026-11-29T00:00:00Z', 9, 8, 0, 0, 1, 0, 0)"
        )
        connection.execute(
            "INSERT INTO app.accounts (id, login, role, created_by) VALUES (gen_random_uuid(), 'untold', 'auditor', 'ops')"
        )
        connection.execute(
            "INSERT INTO app.notices (position, account_id, channel, kind, due_at)"
            " SELECT n, id, 'mail', 'cycle.behind', now() - n * interval '4 minutes' FROM app.accounts, generate_series(1, 2) n"
            " WHERE login = 'untold'"
        )
    told = counted(house)
    assert told['salesloop_follower_lag_events{follower="deals"}'] == told["salesloop_ledger_head"] - 2
    assert told['salesloop_follower_failing{follower="deals"}'] == 1
    assert told["salesloop_notices_overdue"] == 1
    assert told['salesloop_sweep_found{kind="without_timer"}'] == 1
    assert told["salesloop_sweep_timestamp_seconds"] == 1_795_910_400


def test_the_status_of_every_read_model_is_told(house: House) -> None:
    told = house.client("auditor").get("/projections").json()["read_models"]
    assert {"deal_board", "deal_history", "agenda", "funnel", "rep_load"} <= {r["name"] for r in told}
    assert {r["status"] for r in told} <= {"live", "catching-up"}
    assert house.admin.post("/projections/funnel/resume").status_code == 422
    assert house.admin.post("/projections/funnel/resume", json={}).status_code == 202
    for content in ('{"from": 5}', "[]", '"now"', "1", "-4.5e16", "null"):
        refused = house.admin.post("/projections/funnel/resume", content=content, headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid"), content
    assert house.admin.post("/projections/funnel/resume", content="{", headers=JSON).status_code in (400, 422)
    assert house.admin.post("/projections/nosuch/resume", json={}).status_code == 404
    assert house.client("auditor").post("/projections/funnel/resume", json={}).status_code == 403


def test_answers_forbid_sniffing_and_say_nothing_of_the_server(house: House) -> None:
    answer = house.client("stranger").get("/healthz")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers


@pytest.fixture(scope="module")
def breakable(module_scratch: Path) -> Iterator[tuple[EmbeddedPostgres, httpx.Client]]:
    """A database that may be killed, and an administrator's client of an API on it."""
    with EmbeddedPostgres(module_scratch / "postgres") as server:
        migrate_all(server.url)
        key = asyncio.run(make_key(server.url, NewKey("ops", Role.ADMIN)))
        with serving(settings_for(server.url, module_scratch / "data")) as base:
            yield (
                server,
                httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE),
            )


@pytest.mark.breaks
def test_while_the_database_is_away_requests_are_told_to_come_back_and_then_served(
    breakable: tuple[EmbeddedPostgres, httpx.Client],
) -> None:
    server, client = breakable
    team, headers = {"name": "North"}, {"Idempotency-Key": "one team"}
    server.kill()
    away = client.post("/teams", json=team, headers=headers)
    assert (away.status_code, away.json()["code"]) == (503, "database-away")
    assert away.headers["retry-after"]
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    server.start()
    _once_ready(client)
    first, again = (client.post("/teams", json=team, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["answer"] == first.json()["answer"]
    events = client.get("/events", params={"after": first.json()["position"] - 1}).json()["events"]
    assert [e["topic"] for e in events] == ["team.formed"]


@pytest.mark.breaks
def test_right_after_the_database_came_back_no_request_meets_a_connection_that_died(
    breakable: tuple[EmbeddedPostgres, httpx.Client],
) -> None:
    server, client = breakable

    def ask(n: int) -> int:
        if n % 2:
            return client.get("/events", params={"limit": 1}).status_code
        return client.post("/teams", json={"name": f"Team {n}"}).status_code

    with ThreadPoolExecutor(16) as desks:
        assert set(desks.map(ask, range(64))) == {200, 201}  # fills the pool with connections
        server.kill()
        server.start()
        assert set(desks.map(ask, range(64))) == {200, 201}


def _once_ready(client: httpx.Client) -> None:
    import time

    deadline = time.monotonic() + PATIENCE
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Api:
    """`salesloop api`, a process of its own with its log."""

    def __init__(self, url: str, data: Path) -> None:
        env = {**os.environ, "DATABASE_URL": url, "SALESLOOP_DATA": str(data), "SALESLOOP_API_PORT": "0"}
        command = [sys.executable, "-m", "cli.main", "api"]
        self.process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
        self.log: list[str] = []
        self.base = self._started()

    def _started(self) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"running on (http://[\d.:]+)", line):
                return found[1]
        raise AssertionError("".join(self.log))

    def ended(self) -> int:
        assert self.process.stderr is not None
        self.log += self.process.stderr.readlines()
        return self.process.wait(PATIENCE)


@pytest.mark.breaks
def test_told_to_end_it_answers_what_was_on_its_way_and_its_log_holds_no_secret_and_no_person(
    database_url: str, tmp_path: Path
) -> None:
    migrate_all(database_url)
    key = asyncio.run(make_key(database_url, NewKey("ops", Role.ADMIN)))
    running = Api(database_url, tmp_path)
    headers = {"Authorization": f"Bearer {key}", "content-type": "application/json"}
    asked = httpx.get(f"{running.base}/deals", params={"text": "Meier"}, headers=headers, timeout=PATIENCE)
    assert asked.status_code == 200
    calendar = "S3cret" * 7 + "w"
    assert httpx.get(f"{running.base}/calendars/{calendar}.ics", timeout=PATIENCE).status_code == 404
    assert _told_to_end_before_the_body(running, headers, b'{"name": "Herr Meier"}') == 201
    assert running.ended() == 0
    log = "".join(running.log)
    assert not any(secret in log for secret in ("Meier", "S3cret", key, key.rsplit("_", 1)[1]))
    told = [json.loads(line)["message"] for line in running.log if '"api.access"' in line]
    assert told == ["GET /deals 200", "GET /calendars/{token}.ics 404", "POST /customers 201"]


def _told_to_end_before_the_body(api: Api, headers: dict[str, str], body: bytes) -> int:
    """The status of a request that the server was at, as its "100 Continue" tells, when it was told to end."""
    connection = http.client.HTTPConnection(api.base.removeprefix("http://"), timeout=PATIENCE)
    connection.putrequest("POST", "/customers")
    for name, value in {**headers, "Content-Length": str(len(body)), "Expect": "100-continue"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    with connection.sock.makefile("rb") as told:
        assert told.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert told.readline() == b"\r\n"
    api.process.send_signal(signal.SIGTERM)
    connection.send(body)
    status = connection.getresponse().status
    connection.close()
    return status


def test_revoked_rows_stay_for_the_auditor(house: House) -> None:
    made = house.admin.post("/keys", json={"user_id": "u-once", "role": "auditor"}).json()
    house.admin.delete(f"/keys/{made['id']}")
    with psycopg.connect(house.settings.database_url) as connection:
        row = connection.execute(
            "SELECT revoked_at, created_by FROM app.api_keys WHERE id = %s", [made["id"]]
        ).fetchone()
    assert row is not None
    assert (row[0] is not None, row[1]) == (True, "ops")
