"""tests: the container deployment runs the commands that the supervisor (and so the tests) run, pinned, closed and checked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege

from runtime import supervisor
from runtime.database import connect_sync
from runtime.schema import migrate
from runtime.servers import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {*supervisor.ROLES, "migrate"}
PASSWORDS = {"salesloop": "it's one", "temporal": "two"}


@pytest.mark.parametrize("name", sorted(supervisor.ROLES))
def test_each_role_runs_the_supervisor_s_command(name: str) -> None:
    assert SERVICES[name]["command"] == ["python", *supervisor.ROLES[name]]


def test_the_migration_is_the_supervisor_s_too() -> None:
    assert SERVICES["migrate"]["command"] == ["python", *supervisor.MIGRATE]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_either_ends_by_itself_or_has_a_health_check(name: str) -> None:
    one_shot = str(SERVICES[name].get("restart", "")).startswith("on-failure")
    assert one_shot != ("healthcheck" in SERVICES[name])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_who_waits_waits_for_health_or_completion(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        healthy = "healthcheck" in SERVICES[other]
        assert how["condition"] == ("service_healthy" if healthy else "service_completed_successfully")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_are_pinned_to_a_full_version(name: str) -> None:
    assert re.fullmatch(r"[a-z/-]+:\d+\.\d+(\.\d+)?(-bookworm)?", SERVICES[name]["image"])


def test_the_base_image_is_pinned_and_the_last_word_is_not_root() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert all(re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", base) for base in bases)
    assert [line for line in lines if line.startswith("USER ")] == ["USER salesloop"]


def test_the_documented_command_is_in_the_image_and_works_in_any_folder(tmp_path: Path) -> None:
    """The line that makes it is run here, with this environment in place of the image's."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    script = re.search(r"printf '(.+)' > /opt/salesloop/bin/salesloop", lines)
    assert script is not None
    assert "PYTHONPATH=/app" in lines
    command = tmp_path / "salesloop"
    command.write_bytes(subprocess.check_output(["printf", script[1]]))
    command.chmod(0o755)
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    told = subprocess.check_output([str(command), "deals", "--help"], env=env, cwd=tmp_path, text=True)
    assert "Usage: salesloop deals" in told


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_password_comes_from_the_environment_and_has_no_default() -> None:
    for name, service in SERVICES.items():
        secrets = {
            key: value
            for key, value in service.get("environment", {}).items()
            if re.search(r"PASSWORD|PWD", key)
        }
        assert all(re.fullmatch(r"\$\{[A-Z_]+:\?.+\}", value) for value in secrets.values()), name
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert {line for line in example.splitlines() if "=" in line and not line.startswith("#")} == {
        "POSTGRES_ADMIN_PASSWORD=",
        "SALESLOOP_DB_PASSWORD=",
        "TEMPORAL_DB_PASSWORD=",
    }


def test_our_containers_have_no_rights_beyond_their_work() -> None:
    for name in OURS:
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]


@pytest.fixture(scope="module")
def deployed(module_scratch: Path) -> Iterator[EmbeddedPostgres]:
    """A server on which the deployment's own script made the databases, and the migration ran."""
    with EmbeddedPostgres(module_scratch / "postgres") as server:
        with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
            connection.execute("DROP DATABASE salesloop")
            connection.execute("DROP ROLE salesloop, salesloop_app")
        script = COMPOSE["configs"]["databases"]["content"].replace("$$", "$")
        passwords = {f"{user.upper()}_DB_PASSWORD": password for user, password in PASSWORDS.items()}
        path = f"{server.programs}:{os.environ['PATH']}"
        where = {"PGHOST": str(server.socket), "PGPASSFILE": str(server.password_file)}
        env = {**os.environ, **passwords, "PATH": path, **where}
        subprocess.run(["bash", "-euc", script], env=env, check=True, capture_output=True)
        migrate(server.url_of("salesloop"))
        yield server
    server.remove()


def as_user(server: EmbeddedPostgres, user: str, database: str) -> str:
    return make_conninfo(server.url_of(database), user=user, password=PASSWORDS[user])


def test_the_application_s_user_works_through_the_role_only(deployed: EmbeddedPostgres) -> None:
    url = as_user(deployed, "salesloop", "salesloop")
    with connect_sync(url) as connection:
        assert connection.execute("SELECT count(*) FROM ledger.events").fetchone() == (0,)
    with psycopg.connect(url) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute("SELECT count(*) FROM ledger.events")


@pytest.mark.parametrize(("user", "database"), [("salesloop", "temporal"), ("temporal", "salesloop")])
def test_neither_user_enters_the_other_s_database(
    deployed: EmbeddedPostgres, user: str, database: str
) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(as_user(deployed, user, database))


def test_temporal_s_user_may_make_its_tables(deployed: EmbeddedPostgres) -> None:
    for database in ("temporal", "temporal_visibility"):
        with psycopg.connect(as_user(deployed, "temporal", database)) as connection:
            connection.execute("CREATE TABLE schema_version (n int)")
