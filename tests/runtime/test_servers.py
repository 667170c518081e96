"""tests: the embedded servers keep what they acknowledged through SIGKILL, and find their way on odd paths."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from runtime import programs, server_home
from runtime.servers import EmbeddedPostgres, EmbeddedTemporal, ServerFailed
from runtime.temporal import TemporalUnreachable, connect_temporal

if TYPE_CHECKING:
    from tests.conftest import TemporalServer


@workflow.defn(name="waits")
class Waits:
    """Sleeps the given days, or until told to go, and answers how long it slept by its own clock."""

    def __init__(self) -> None:
        self.told = False

    @workflow.run
    async def run(self, days: int) -> float:
        began = workflow.now()
        try:
            await workflow.wait_condition(lambda: self.told, timeout=timedelta(days=days))
        except TimeoutError:
            workflow.logger.info("time is up")
        return (workflow.now() - began) / timedelta(days=1)

    @workflow.signal
    def go(self) -> None:
        self.told = True


class TestPostgresKilledWhileWriting:
    @pytest.fixture
    def server(self, scratch: Path) -> Iterator[EmbeddedPostgres]:
        server = EmbeddedPostgres(scratch / "postgres").start()
        yield server
        server.kill()
        server.remove()

    @pytest.mark.breaks
    def test_every_acknowledged_row_is_there_after_kill_and_restart(self, server: EmbeddedPostgres) -> None:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
        for round_number in range(3):
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute("INSERT INTO kept VALUES (%s)", [round_number])
                server.kill()
            assert server.pid is None
            server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT n FROM kept ORDER BY n").fetchall() == [(0,), (1,), (2,)]

    @pytest.mark.breaks
    def test_a_killed_server_leaves_no_process_behind(self, server: EmbeddedPostgres) -> None:
        assert server.pid is not None
        family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        server.kill()
        assert len(family) > 3
        assert not [process for process in family if programs.alive(process)]

    @pytest.mark.breaks
    def test_a_stale_pid_file_naming_a_living_stranger_does_not_block_the_start(
        self, server: EmbeddedPostgres
    ) -> None:
        server.kill()
        pid_file = server.data / "postmaster.pid"
        pid_file.write_text(
            pid_file.read_text().replace(pid_file.read_text().split()[0], str(os.getpid()), 1)
        )
        server.start()
        assert server.running
        assert psutil.Process(os.getpid()).is_running()

    @pytest.mark.breaks
    def test_a_half_made_cluster_is_made_anew(self, scratch: Path) -> None:
        server = EmbeddedPostgres(scratch / "half")
        (server.home / "data.new").mkdir()
        (server.home / "data.new" / "PG_VERSION").write_text("18\n")
        with server, psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("salesloop",)
        server.remove()

    def test_it_is_durable_and_speaks_utc(self, server: EmbeddedPostgres) -> None:
        with psycopg.connect(server.url) as connection:
            shown = {
                name: connection.execute(f"SHOW {name}").fetchone()
                for name in (
                    "fsync",
                    "synchronous_commit",
                    "full_page_writes",
                    "TimeZone",
                    "listen_addresses",
                )
            }
        assert [value[0] for value in shown.values() if value] == ["on", "on", "on", "UTC", ""]


class TestPostgresOnOddPaths:
    def test_two_servers_side_by_side_do_not_meet(self, scratch: Path) -> None:
        with EmbeddedPostgres(scratch / "one") as one, EmbeddedPostgres(scratch / "two") as two:
            with psycopg.connect(one.url) as connection:
                connection.execute("CREATE TABLE only_in_one (n int)")
            with psycopg.connect(two.url) as connection:
                assert connection.execute("SELECT to_regclass('only_in_one')").fetchone() == (None,)
            assert one.pid != two.pid

    def test_a_path_too_long_for_a_socket_gets_a_short_one(self, scratch: Path) -> None:
        deep = scratch / ("d" * 90) / "postgres"
        server = EmbeddedPostgres(deep)
        try:
            assert len(str(server.socket / server_home.SOCKET_NAME)) < server_home.SOCKET_LIMIT
            with server.start(), psycopg.connect(server.url) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        finally:
            server.remove()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
    def test_a_directory_closed_to_the_servers_account_is_linked_from_where_it_was_wanted(
        self, scratch: Path
    ) -> None:
        closed = scratch / "closed"
        closed.mkdir(mode=0o700)
        wanted = closed / "postgres"
        server = EmbeddedPostgres(wanted)
        try:
            assert wanted.is_symlink()
            assert wanted.resolve() == server.home
            assert closed.stat().st_mode & 0o777 == 0o700
            with server.start(), psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute("CREATE TABLE kept (n int)")
            with EmbeddedPostgres(wanted) as again, psycopg.connect(again.url) as connection:
                assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        finally:
            server.remove()
        assert not server.home.exists()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
    def test_programs_closed_to_the_servers_account_run_from_a_copy(
        self, scratch: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = server_home.server_user()
        package = server_home.postgres_programs(user).parent.parent
        monkeypatch.setattr(server_home, "SHARED_HOME", scratch / "shared")
        copied = server_home._copied_programs(package, user)
        answer = subprocess.run(
            [copied / "initdb", "--version"], user=user.uid, group=user.gid, capture_output=True, check=True
        )
        assert b"PostgreSQL" in answer.stdout


class TestPostgresWhoseOwnerDies:
    @pytest.mark.breaks
    @pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
    def test_it_shuts_down_cleanly_and_the_next_owner_starts(self, scratch: Path) -> None:
        script = (
            "import pathlib, signal, sys; from runtime.servers import EmbeddedPostgres; "
            "server = EmbeddedPostgres(pathlib.Path(sys.argv[1])).start(); print(server.pid, flush=True); signal.pause()"
        )
        owner = subprocess.Popen([sys.executable, "-c", script, scratch / "postgres"], stdout=subprocess.PIPE)
        assert owner.stdout is not None
        postmaster = psutil.Process(int(owner.stdout.readline()))
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        assert programs.wait_gone([postmaster], 120)
        with EmbeddedPostgres(scratch / "postgres") as server:
            assert "not properly shut down" not in server.log_file.read_text()
        server.remove()


class TestTemporalKilledWithAnOpenWorkflow:
    @pytest.mark.breaks
    async def test_the_workflow_goes_on_after_kill_and_restart(self, scratch: Path) -> None:
        server = EmbeddedTemporal(scratch / "temporal").start()
        address = server.address
        try:
            client = await connect_temporal(address)
            handle = await client.start_workflow(Waits.run, 30, id="open-across-a-kill", task_queue="waits")
            server.kill()
            server.start()
            assert server.address == address
            client = await connect_temporal(address)
            handle = client.get_workflow_handle_for(Waits.run, handle.id)
            assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
            await handle.signal(Waits.go)
            async with Worker(client, task_queue="waits", workflows=[Waits]):
                assert await handle.result() < 1
        finally:
            server.remove()
        assert not server.directory.exists()

    def test_another_server_on_its_port_is_not_taken_for_it(
        self, scratch: Path, temporal: TemporalServer
    ) -> None:
        server = EmbeddedTemporal(scratch / "temporal", port=int(temporal.address.split(":")[1]))
        with pytest.raises(ServerFailed, match="already in use"):
            server.start()

    async def test_nobody_answering_is_said_with_what_to_do(self) -> None:
        with pytest.raises(TemporalUnreachable, match="start `salesloop dev`, or set TEMPORAL_ADDRESS"):
            await connect_temporal(f"127.0.0.1:{programs.free_port()}")


@pytest.mark.skipif(sys.platform != "linux", reason="which ports a system hands out is its own affair")
def test_a_free_port_is_handed_out_once_and_can_be_bound() -> None:
    ports = [programs.free_port() for _ in range(300)]
    assert len(set(ports)) == len(ports), "two servers that start at once would both be told to take it"
    assert all(map(programs.port_is_free, ports))


class TestVirtualTime:
    async def test_a_month_passes_for_the_workflow(self, temporal_timeskipping: WorkflowEnvironment) -> None:
        client = temporal_timeskipping.client
        async with Worker(client, task_queue="waits", workflows=[Waits]):
            slept = await client.execute_workflow(Waits.run, 30, id="a-month", task_queue="waits")
        assert slept >= 30
