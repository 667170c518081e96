"""tests: the real servers every test room shares — one PostgreSQL and one Temporal a session, a database of its own per test.

Under xdist the controller starts both servers and hands their addresses to its workers. Tests that kill servers start their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from domain.figures import metrics
from projections.engine.catalog import statements
from runtime.schema import migrate
from runtime.servers import DATABASE, EmbeddedPostgres, EmbeddedTemporal, time_skipping_environment
from runtime.temporal import connect_temporal
from tests.order import Recorder, dealt, seconds

TEMPLATE = "salesloop_template"
TEMPLATE_LOCK = 7_205_002
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # as behind `nohup make test &`: what tests start would never be interrupted
    signal.signal(signal.SIGINT, signal.default_int_handler)
PATIENCE = 120.0
"""Seconds for what takes one where nothing else runs: only a test that fails waits so long."""
END_SECONDS = f"{PATIENCE - 20:.0f}"
"""What processes of tests are given to end: then they say what stands still, where a test would only give up."""
MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # noqa: S108 - a directory of its own is made there
# The session's server is thrown away afterwards, and a killed process loses nothing the kernel holds: no need to wait for the disk.
# Tests about durability and benchmarks start a server of their own with the settings of `salesloop dev`.
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "1000",  # each process has a house for the API's tests and one for the pages'
}


@dataclass(frozen=True)
class PostgresServer:
    """The session's server: `url_of(database)` for any of its databases, `admin` for the one that always exists."""

    operator: str
    """The operator's URL of the first database."""

    def url_of(self, database: str) -> str:
        return self.operator.replace(f"/{DATABASE}?", f"/{quote(database)}?", 1)

    @property
    def admin(self) -> str:
        return self.url_of("postgres")


@dataclass(frozen=True)
class TemporalServer:
    """The session's Temporal, in real time: tests tell themselves apart by workflow id and task queue."""

    address: str
    namespace: str = "default"


@dataclass
class Servers:
    """The two servers of one test session, each started when first asked for."""

    home: Path
    postgres: EmbeddedPostgres | None = None
    temporal: EmbeddedTemporal | None = None

    def start_postgres(self) -> str:
        if self.postgres is None:
            self.postgres = EmbeddedPostgres(self.home / "postgres", settings=QUICK).start()
        return self.postgres.url

    def start_temporal(self) -> str:
        if self.temporal is None:
            self.temporal = EmbeddedTemporal(self.home / "temporal").start()
        return self.temporal.address

    def close(self) -> None:
        for server in (self.temporal, self.postgres):
            if server is not None:
                server.kill()
                server.remove()
        shutil.rmtree(self.home, ignore_errors=True)


def scratch_directory() -> Path:
    """A short-named directory that the account running PostgreSQL can enter (pytest's own may be closed to it).

    In memory where there is plenty: making a database copies some hundred files. What a killed process wrote stays there too.
    """
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    made = Path(tempfile.mkdtemp(prefix="salesloop-test-", dir=MEMORY if roomy else None))
    made.chmod(0o755)
    return made


@contextlib.contextmanager
def scratch_for_a_while() -> Iterator[Path]:
    made = scratch_directory()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A directory for servers of a test's own, gone afterwards."""
    with scratch_for_a_while() as made:
        yield made


@pytest.fixture(scope="module")
def module_scratch() -> Iterator[Path]:
    """The same for servers that a module's tests share."""
    with scratch_for_a_while() as made:
        yield made


# --- properties ------------------------------------------------------------------------------------------------------

# The same examples in every run, on a machine of any speed: what fails was broken by what was changed.
settings.register_profile(
    "tests", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")

# --- one set of servers a session, also under xdist ------------------------------------------------------------------

SERVERS = pytest.StashKey[Servers]()
SECONDS = pytest.StashKey[Mapping[str, float]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SERVERS] = Servers(home=Path())
    own = [name for name in os.environ if name.startswith(("TEMPORAL_", "SALESLOOP_", "DATABASE_"))]
    for name in set(own) - {"SALESLOOP_SHARED_DATA"}:
        del os.environ[name]  # a developer's own servers are no place for tests
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    config.stash[SECONDS] = given["seconds"] if given else seconds(config)  # the same order in every process
    if given is None:
        config.pluginmanager.register(Recorder(config))


def pytest_configure_node(node: Any) -> None:
    """xdist, in the controller: the workers share what is started here."""
    servers = _servers(node.config)
    node.workerinput["postgres"] = servers.start_postgres()
    node.workerinput["temporal"] = servers.start_temporal()
    node.workerinput["seconds"] = node.config.stash[SECONDS]


def pytest_unconfigure(config: pytest.Config) -> None:
    servers = config.stash[SERVERS]
    if servers.home != Path():
        servers.close()


def _servers(config: pytest.Config) -> Servers:
    if config.stash[SERVERS].home == Path():
        config.stash[SERVERS] = Servers(home=scratch_directory())
    return config.stash[SERVERS]


def _shared(config: pytest.Config, name: str, start: Callable[[Servers], str]) -> str:
    """An address given by xdist's controller, else of a server started here."""
    given: dict[str, Any] = getattr(config, "workerinput", {})
    return str(given[name]) if name in given else start(_servers(config))


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> PostgresServer:
    """The session's PostgreSQL; `database_url` is what most tests want."""
    return PostgresServer(_shared(request.config, "postgres", Servers.start_postgres))


@pytest.fixture(scope="session")
def temporal(request: pytest.FixtureRequest) -> TemporalServer:
    """The session's real Temporal server."""
    return TemporalServer(_shared(request.config, "temporal", Servers.start_temporal))


# --- a database per test ---------------------------------------------------------------------------------------------


def make_template(server: PostgresServer) -> None:
    """A migrated database to copy; whichever process asks first makes it, under a name that only complete ones have."""
    with psycopg.connect(server.admin, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            return
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE + "_new")))
        migrate(server.url_of(TEMPLATE + "_new"), statements())
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(sql.Identifier(TEMPLATE + "_new"), sql.Identifier(TEMPLATE)))


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> str:
    make_template(postgres)
    return TEMPLATE


@pytest.fixture(scope="session")
def drop(postgres: PostgresServer) -> Iterator[Callable[[str], None]]:
    """Drops a database beside the tests. PostgreSQL lets go of its files only when each of its processes says that it has closed
    them, and one of its own that sleeps may take a minute to say so: no test needs to wait for that.
    """

    def dropped(name: str) -> None:
        with psycopg.connect(postgres.admin, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    with ThreadPoolExecutor(1, "drops databases") as beside:
        going: list[Future[None]] = []
        yield lambda name: going.append(beside.submit(dropped, name))
        for one in going:
            one.result()


@pytest.fixture(scope="session")
def new_database(
    postgres: PostgresServer, template: str, worker_id: str, drop: Callable[[str], None]
) -> Callable[[], contextlib.AbstractContextManager[str]]:
    """`with new_database() as url`: a fresh migrated database, dropped afterwards; for a wider scope than one test."""
    numbers = itertools.count()

    @contextlib.contextmanager
    def make() -> Iterator[str]:
        name = f"test_{worker_id}_{next(numbers)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with psycopg.connect(postgres.admin, autocommit=True) as connection:
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield postgres.url_of(name)
        finally:
            drop(name)

    return make


@pytest.fixture
def database_url(new_database: Callable[[], contextlib.AbstractContextManager[str]]) -> Iterator[str]:
    """The URL of a fresh migrated database that only this test uses."""
    with new_database() as url:
        yield url


# --- Temporal --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def temporal_client(temporal: TemporalServer) -> Client:
    """A client of the session's Temporal, on this test's event loop, made the way every process makes it."""
    return await connect_temporal(temporal.address)


@pytest.fixture
async def temporal_timeskipping() -> AsyncIterator[WorkflowEnvironment]:
    """The full server with a virtual clock per workflow, this test's own: `.client`, `.fast_forward()`, `.sleep()`."""
    environment = await time_skipping_environment()
    yield environment
    await environment.shutdown()


# --- waiting on a condition ------------------------------------------------------------------------------------------


async def eventually(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """The condition's first true value, sync or async; fails when it stays false. For facts nothing announces."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(0.02)


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    return eventually


@pytest.fixture
def foretold(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The key of a metric that the catalogue has and nothing measures yet."""
    told = metrics.make_metric(
        "foretold",
        ("foretold", "预告指标"),
        ("one day", "将来"),
        metrics.Unit.RATIO,
        metrics.Combines.RATIO,
        measured=False,
    )
    monkeypatch.setitem(metrics.CATALOGUE, told.key, told)
    metrics.catalogue.cache_clear()
    yield told.key
    metrics.catalogue.cache_clear()


# --- what takes longest starts first ---------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests stay to the end: the garbage collector need not look at them, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under xdist only: without it tests run in the order of their names."""
    items[:] = dealt(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), config.stash[SECONDS])
