"""tests: what `salesloop dev` runs stays running, stops when told to and leaves nothing behind; stand-in roles, real servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from runtime import clean_data, programs, running
from runtime.settings import NotConfigured, Settings
from runtime.supervisor import AlreadyRunning, NotReady, PortTaken, Supervisor
from runtime.temporal import connect_temporal
from tests.conftest import PATIENCE, eventually

WAITING = ("-c", "import signal; signal.pause()")
NOTHING = ("-c", "")
ROLES = {"first": WAITING, "second": WAITING}
OWN = {"DATABASE_URL": "postgresql://me@db.example/salesloop", "TEMPORAL_ADDRESS": "temporal.example:7233"}
ELSEWHERE = {
    "TEMPORAL_ADDRESS": OWN["TEMPORAL_ADDRESS"]
}  # spares starting the server where it is not the subject
SCRIPT = """
import pathlib, sys
from runtime.supervisor import Supervisor
waiting = ("-c", "import signal; signal.pause()")
try:
    directory, roles = pathlib.Path(sys.argv[1]), {"first": waiting}
    with Supervisor(directory, roles=roles, migrate=("-c", ""), temporal_ports=None) as system:
        print("started", flush=True)
        system.wait()
except KeyboardInterrupt:
    print("stopped", flush=True)
"""

AT_ITS_FIRST_THREAD = """
import os, signal, threading
start, told = threading.Thread.start, []
def started(thread):
    start(thread)
    if not told and signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        told.append(thread)
        os.kill(os.getpid(), signal.SIGTERM)
threading.Thread.start = started
"""

STUBBORN = """
import os, pathlib, sys, time
from runtime.supervisor import Supervisor
stubborn = ("-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()")
def told(what, programs):
    os.write(1, f"{what} {' '.join(programs)}\\n".encode())
with Supervisor(pathlib.Path(sys.argv[1]), roles={"deaf": stubborn}, migrate=("-c", ""), temporal_ports=None, told=told) as system:
    while "deaf" not in (system.logs / "deaf.log").read_text():
        time.sleep(0.01)
    print("started", flush=True)
    system.wait()
"""


def supervisor(data_dir: Path, **others: Any) -> Supervisor:
    env = {**os.environ, **others.pop("env", {})}
    stand_ins = {"roles": ROLES, "migrate": NOTHING, "temporal_ports": None}
    return Supervisor(data_dir, env=env, **{**stand_ins, **others})


def begin(data_dir: Path, script: str = SCRIPT) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", script, data_dir], stdout=subprocess.PIPE)


def started_on(data_dir: Path) -> list[psutil.Process]:
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if any(str(data_dir) in part for part in one.info["cmdline"] or ())]


@pytest.fixture
def data_dir(scratch: Path) -> Iterator[Path]:
    yield scratch / "data"
    if (scratch / "data").exists():
        clean_data.clean(scratch / "data")


@pytest.fixture
def system(data_dir: Path) -> Iterator[Supervisor]:
    with supervisor(data_dir) as running_system:
        yield running_system


class TestKilled:
    pytestmark = pytest.mark.breaks

    @pytest.mark.parametrize("name", ["first", "postgres", "temporal"])
    async def test_it_is_started_again_and_the_note_names_the_new_process(
        self, system: Supervisor, name: str, eventually: Callable[..., Any]
    ) -> None:
        before = system.pids
        os.kill(before[name], signal.SIGKILL)
        await eventually(lambda: system.restarts[name] == 1)
        note = running.read(system.data_dir)
        assert note is not None
        assert note.pids == system.pids
        assert note.pids[name] != before[name]
        assert {**note.pids, name: 0} == {**before, name: 0}

    async def test_both_servers_come_back_at_the_same_address_with_what_they_held(
        self, system: Supervisor, eventually: Callable[..., Any]
    ) -> None:
        settings = Settings.from_env({"SALESLOOP_DATA": str(system.data_dir)})
        with psycopg.connect(settings.admin_database_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
        for name in ("postgres", "temporal"):
            os.kill(system.pids[name], signal.SIGKILL)
        await eventually(lambda: system.restarts["postgres"] == system.restarts["temporal"] == 1)
        with psycopg.connect(settings.admin_database_url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert (await connect_temporal(settings.temporal_address)).namespace == "default"

    async def test_a_role_that_always_fails_is_tried_again_with_growing_pauses(
        self, data_dir: Path, eventually: Callable[..., Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        with supervisor(data_dir, roles={"failing": ("-c", "raise SystemExit(3)")}, env=OWN) as system:
            await eventually(lambda: system.restarts["failing"] >= 3)
        pauses = [record.args[1] for record in caplog.records if record.msg.startswith("%s ended;")]  # type: ignore[index]
        assert pauses[:3] == [0.1, 0.2, 0.4]


class TestStoppedFromOutside:
    pytestmark = pytest.mark.breaks

    @pytest.fixture
    def process(self, data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
        with begin(data_dir) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"started\n"
            yield process
            process.kill()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_one_signal_stops_everything_in_order(
        self, process: subprocess.Popen[bytes], data_dir: Path, number: signal.Signals
    ) -> None:
        children = self._children(data_dir)
        process.send_signal(number)
        answer, _ = process.communicate(timeout=PATIENCE)
        assert answer == b"stopped\n"
        assert not [child for child in children if programs.alive(child)]
        assert not (data_dir / running.NAME).exists()
        assert "database system is shut down" in (data_dir / "logs" / "postgres.log").read_text()

    @pytest.mark.parametrize(
        "begun", ["postgres", "logs/postgres.log", "logs/temporal.log", "logs/first.log"]
    )
    async def test_a_signal_while_it_starts_stops_what_has_started(self, data_dir: Path, begun: str) -> None:
        with begin(data_dir) as process:
            try:
                await eventually((data_dir / begun).exists)
                process.send_signal(signal.SIGTERM)
                answer, _ = process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
        assert answer.endswith(b"stopped\n")
        assert programs.wait_gone(started_on(data_dir), PATIENCE)

    def test_a_signal_in_the_moment_in_which_it_starts_a_thread_stops_it(self, data_dir: Path) -> None:
        with begin(data_dir, AT_ITS_FIRST_THREAD + SCRIPT) as process:
            try:
                answer, _ = process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
        assert answer == b"stopped\n"

    def test_a_second_signal_waits_for_nobody_and_leaves_nobody(self, data_dir: Path) -> None:
        with subprocess.Popen([sys.executable, "-c", STUBBORN, data_dir], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"started\n"
            children = [psutil.Process(pid) for pid in running.read(data_dir).pids.values()]  # type: ignore[union-attr]
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == b"stopping deaf temporal postgres\n"
            process.send_signal(signal.SIGINT)
            answer, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, answer) == (130, b"killing deaf temporal postgres\n")
        assert programs.wait_gone(children, PATIENCE)

    @pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
    def test_its_own_death_takes_everything_along_and_the_next_one_starts(
        self, process: subprocess.Popen[bytes], data_dir: Path
    ) -> None:
        children = self._children(data_dir)
        process.kill()
        process.wait()
        assert programs.wait_gone(children, PATIENCE)
        assert running.read(data_dir) is None
        with supervisor(data_dir) as again:
            assert set(again.pids) == {"postgres", "temporal", "first", "second"}

    def _children(self, data_dir: Path) -> list[psutil.Process]:
        note = running.read(data_dir)
        assert note is not None
        assert set(note.pids) == {"postgres", "temporal", "first"}
        return [psutil.Process(pid) for pid in note.pids.values()]


class TestOneAtATime:
    def test_a_second_one_is_refused_and_says_where_the_first_is(self, system: Supervisor) -> None:
        with pytest.raises(AlreadyRunning, match=system.api_url), supervisor(system.data_dir):
            pass
        assert running.read(system.data_dir) is not None

    def test_data_in_use_is_not_cleaned_and_data_at_rest_is(self, data_dir: Path) -> None:
        with supervisor(data_dir, env=ELSEWHERE), pytest.raises(clean_data.Refused, match="is running"):
            clean_data.clean(data_dir)
        assert clean_data.clean(data_dir) is True
        assert not data_dir.exists()
        assert clean_data.clean(data_dir) is False

    def test_a_directory_that_is_not_ours_is_not_cleaned(self, scratch: Path) -> None:
        (scratch / "letters.txt").write_text("dear")
        with pytest.raises(clean_data.Refused, match="not made by salesloop"):
            clean_data.clean(scratch)
        assert (scratch / "letters.txt").exists()


class TestBesideAnotherTerminal:
    def test_settings_find_the_running_system_and_only_while_it_runs(self, data_dir: Path) -> None:
        env = {"SALESLOOP_DATA": str(data_dir)}
        with supervisor(data_dir, env=ELSEWHERE) as system:
            found = Settings.from_env(env)
            assert system.postgres is not None
            assert found.database_url == system.postgres.application_url
            assert found.admin_database_url == system.postgres.url
            assert f"http://{found.api_host}:{found.api_port}" == system.api_url
        with pytest.raises(NotConfigured, match="DATABASE_URL is not set and no `salesloop dev` is running"):
            Settings.from_env(env)


class TestServersOfTheUsersOwn:
    async def test_they_are_used_and_their_addresses_are_not_written_down(
        self, data_dir: Path, eventually: Callable[..., Any]
    ) -> None:
        own = {
            "DATABASE_URL": "postgresql://me:hunter2@db.example/salesloop",
            "TEMPORAL_ADDRESS": "temporal.example:7233",
            "TEMPORAL_API_KEY": "hunter3",
        }
        with supervisor(data_dir, env=own) as system:
            assert set(system.pids) == {"first", "second"}
            role = await eventually(
                psutil.Process(system.pids["first"]).environ
            )  # empty while it becomes a program
            assert {name: role[name] for name in own} == own
            assert "hunter" not in (data_dir / running.NAME).read_text()

    async def test_a_cluster_s_key_is_not_given_to_roles_beside_the_embedded_server(
        self, data_dir: Path, eventually: Callable[..., Any]
    ) -> None:
        with supervisor(data_dir, env={"TEMPORAL_API_KEY": "hunter3"}) as system:
            assert system.temporal is not None
            role = await eventually(
                psutil.Process(system.pids["first"]).environ
            )  # empty while it becomes a program
            assert role["TEMPORAL_ADDRESS"] == system.temporal.address
            assert "TEMPORAL_API_KEY" not in role


class TestAFailedMigration:
    def test_nothing_starts_and_the_reason_is_said(self, data_dir: Path) -> None:
        failing = ("-c", "raise SystemExit('no such schema')")
        with pytest.raises(NotReady, match="no such schema"), supervisor(data_dir, migrate=failing, env=OWN):
            pass
        assert not (data_dir / running.NAME).exists()


class TestTheApi:
    ANSWERS = """
import http.server, os
address = (os.environ["SALESLOOP_API_HOST"], int(os.environ["SALESLOOP_API_PORT"]))
http.server.ThreadingHTTPServer(address, http.server.SimpleHTTPRequestHandler).serve_forever()
"""

    def test_it_is_waited_for_where_the_roles_were_told_to_serve(self, data_dir: Path) -> None:
        with supervisor(data_dir, roles={"api": ("-c", self.ANSWERS)}, env=OWN) as system:
            system.wait_for_api(PATIENCE, path="/")

    async def test_one_that_does_not_come_up_is_reported_with_its_log(
        self, data_dir: Path, eventually: Callable[..., Any]
    ) -> None:
        failing = ("-c", "raise SystemExit('no such table')")
        with supervisor(data_dir, roles={"api": failing}, env=OWN) as system:
            await eventually(lambda: system.restarts["api"] > 0)
            with pytest.raises(NotReady, match="no such table"):
                system.wait_for_api(seconds=0)

    def test_a_taken_usual_port_gives_way_but_an_asked_for_one_is_refused(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            monkeypatch.setattr("runtime.settings.DEFAULT_PORT", port)
            with supervisor(data_dir, env=OWN) as system:
                assert not system.api_url.endswith(f":{port}")
            with supervisor(data_dir, env={**OWN, "SALESLOOP_API_PORT": "0"}) as system:
                assert not system.api_url.endswith((":0", f":{port}"))
            asked = {**OWN, "SALESLOOP_API_PORT": str(port)}
            with pytest.raises(PortTaken, match=str(port)), supervisor(data_dir, env=asked):
                pytest.fail("nothing may start")
            assert not (data_dir / running.NAME).exists()


class TestLeastRights:
    async def test_the_operator_s_database_is_the_migration_s_alone(
        self, data_dir: Path, eventually: Callable[..., Any]
    ) -> None:
        tell = (
            "-c",
            "import os, pathlib; pathlib.Path(os.environ['SALESLOOP_DATA'], 'told').write_text(os.environ['DATABASE_ADMIN_URL'])",
        )
        with supervisor(data_dir, migrate=tell, env=ELSEWHERE) as system:
            assert system.postgres is not None
            assert (data_dir / "told").read_text() == system.postgres.url
            role = await eventually(
                psutil.Process(system.pids["first"]).environ
            )  # empty while it becomes a program
            assert role["DATABASE_URL"] == system.postgres.application_url
            assert "DATABASE_ADMIN_URL" not in role
