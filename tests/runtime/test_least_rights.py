"""tests: the login our processes have can work the ledger and become nobody else, in `salesloop dev` as in the deployment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege

from api.engine.accounts import Accounts, NewAccount
from api.engine.roles import Role
from api.engine.users import KeyStore, NewKey
from domain.engine.errors import Forbidden
from runtime.database import connect_sync
from runtime.embedded_postgres import APPLICATION
from runtime.ledger import open_ledger
from runtime.servers import EmbeddedPostgres

HOUR = timedelta(hours=1)


@pytest.fixture
def application_url(database_url: str) -> str:
    """What a role is started with: the application's login, without a password."""
    return make_conninfo(database_url, user=APPLICATION, passfile="/dev/null")


@pytest.fixture
def application(application_url: str) -> Iterator[Connection[Any]]:
    with connect_sync(application_url) as connection:
        yield connection


@pytest.mark.parametrize("role", ["postgres", "salesloop_owner", "pg_read_server_files"])
def test_it_cannot_become_anybody_else(application: Connection[Any], role: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        application.execute(f"SET ROLE {role}")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ledger.events",
        "ALTER TABLE ledger.events DISABLE TRIGGER ALL",
        "DELETE FROM ledger.packs",
        "UPDATE ledger.packs SET bytes = ''",
        "TRUNCATE ledger.packs",
        "INSERT INTO ledger.packs (stored_at) VALUES (now())",
        "INSERT INTO ledger.receipts VALUES ('k', 'f', '{}', 0, 0, 0)",
        "DROP FUNCTION ledger.append_alone",
        "DROP TABLE app.api_keys",
        "DROP SCHEMA app CASCADE",
        "UPDATE app.api_keys SET role = 'admin'",
        "DELETE FROM app.api_keys",
        "UPDATE app.accounts SET role = 'admin'",
        "UPDATE app.accounts SET email = 'me@example.org'",
        "INSERT INTO app.sign_in_links (account_id) SELECT id FROM app.accounts",
        "UPDATE app.calendar_addresses SET token_hash = sha256('x')",
        "UPDATE app.sessions SET expires_at = now() + interval '9 years'",
        "INSERT INTO app.account_identities VALUES ('https://me', 'me')",
        "DELETE FROM app.account_changes",
        "SELECT app.note_change(NULL, 'boss', 'created', '')",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION app.create_key(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE app.mine (id int)",
        "CREATE ROLE mine",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_it_may_not_reach_round_what_the_house_keeps(application: Connection[Any], statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        application.execute(statement)


ID = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
OTHER = ID.replace("0", "1")
ACCOUNT = f"SELECT app.create_account('{ID}', 'wang', '', NULL, 'auditor', NULL, NULL, NULL, NULL, 'ops')"
NOTHING = ", ".join(["'{}'"] * 7)
AS_OWNER = """
CREATE FUNCTION pg_temp.runs() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    IF current_user <> 'salesloop_app' THEN RAISE EXCEPTION 'runs as %', current_user; END IF;
    RETURN true;
END $$
"""


@pytest.mark.parametrize(
    "call",
    [
        f"SELECT ledger.append_alone('{{}}', '', '', '{{}}', 1, '{{}}', '{{}}', {NOTHING})",
        f"SELECT ledger.append('{{}}', {NOTHING}, {NOTHING}, '{{}}', '{{}}')",
        "SELECT app.create_key('0123456789abcdef', sha256('x'), 'me', 'auditor', NULL, NULL, '', 'me', NULL)",
        "SELECT app.revoke_key('0123456789abcdef')",
        f"SELECT app.create_account('{OTHER}', 'li', '', NULL, 'auditor', NULL, NULL, 'en', 'UTC', 'me')",
        f"SELECT app.set_role('{ID}', 'auditor', NULL, NULL, 'me')",
        f"SELECT app.create_link('{ID}', sha256('x'), true, now(), 'me')",
        "SELECT app.spend_link('x', 'y')",
        f"SELECT app.open_session(sha256('x'), '{ID}', NULL, NULL, now())",
        "SELECT app.touch_session(sha256('x'))",
        "SELECT app.end_session(sha256('x'))",
        f"SELECT app.link_identity('{ID}', 'a', 'b', 'me')",
        f"SELECT app.set_preferences('{ID}', 'zh', 'UTC')",
        f"SELECT app.set_calendar('{ID}', sha256('x'), 'me')",
        f"SELECT app.end_calendar('{ID}', 'me')",
        "SELECT app.note_calendar(sha256('x'), 'tag')",
        f"SELECT app.disable_account('{ID}', 'me')",
        f"SELECT app.enable_account('{ID}', 'me')",
    ],
)
def test_what_runs_with_the_owner_s_rights_runs_nothing_of_the_caller_s(
    application: Connection[Any], call: str
) -> None:
    """Temporary types and tables come before all others, where a function does not say otherwise."""
    application.execute(ACCOUNT)
    application.execute(AS_OWNER)
    for name in ("timestamptz", "json", "text", "int8", "bool", "uuid", "int4", "bytea"):
        application.execute(f"CREATE DOMAIN pg_temp.{name} AS pg_catalog.{name} CHECK (pg_temp.runs())")
    application.execute(call)


def test_the_owner_s_login_needs_its_password(application_url: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(application_url, user="postgres"))


class TestAnAdministratorsKey:
    async def test_is_not_made_by_the_application(self, application_url: str) -> None:
        async with open_ledger(application_url, min_size=1, max_size=2) as ledger:
            keys = KeyStore(ledger)
            with pytest.raises(Forbidden, match="made by the operator"):
                await keys.create(NewKey("me", Role.ADMIN), "me")
            assert await keys.all() == []

    async def test_is_made_by_the_operator_and_others_by_both(
        self, application_url: str, database_url: str
    ) -> None:
        async with open_ledger(database_url, min_size=1, max_size=2) as ledger:
            _, token = await KeyStore(ledger).create(NewKey("ops", Role.ADMIN), "cli")
        async with open_ledger(application_url, min_size=1, max_size=2) as ledger:
            keys = KeyStore(ledger)
            assert (await keys.user(token)).role is Role.ADMIN
            id, _ = await keys.create(NewKey("wang", Role.AUDITOR), "ops")
            assert await keys.revoke(id) is not None
            assert [key["role"] for key in await keys.all()] == ["admin", "auditor"]


class TestAnAdministratorsAccount:
    async def test_is_the_operator_s_with_all_that_belongs_to_it(
        self, application_url: str, database_url: str
    ) -> None:
        async with open_ledger(database_url, min_size=1, max_size=2) as ledger:
            operators = Accounts(ledger)
            admin = await operators.create(NewAccount("ops", Role.ADMIN), "cli")
            other = await operators.create(NewAccount("wang", Role.AUDITOR), "cli")
            token = await operators.link(admin, "cli", HOUR)
        async with open_ledger(application_url, min_size=1, max_size=2) as ledger:
            accounts = Accounts(ledger)
            for refused in (
                accounts.create(NewAccount("me", Role.ADMIN), "me"),
                accounts.set_role(other, Role.ADMIN, None, None, "me"),
                accounts.set_role(admin, Role.AUDITOR, None, None, "me"),
                accounts.set_email(admin, "me@example.org", "me"),
                accounts.link(admin, "me", HOUR),
                accounts.enable(admin, "me"),
                accounts.link(other, "me", HOUR, once=False),
            ):
                with pytest.raises(Forbidden, match="operator"):
                    await refused
            assert await accounts.spend("x" * 43, "hash") is None
            assert await accounts.spend(token, "hash") == admin, "by the link that the operator made"
            assert await accounts.spend(token, "hash") is None

    async def test_is_disabled_by_whoever_may(self, application_url: str, database_url: str) -> None:
        async with open_ledger(database_url, min_size=1, max_size=2) as ledger:
            admin = await Accounts(ledger).create(NewAccount("ops", Role.ADMIN), "cli")
        async with open_ledger(application_url, min_size=1, max_size=2) as ledger:
            assert await Accounts(ledger).disable(admin, "boss") is not None


def test_the_operator_s_password_survives_and_a_lost_one_is_set_anew(scratch: Path) -> None:
    server = EmbeddedPostgres(scratch / "postgres").start()
    first = server.password_file.read_text()
    server.stop()
    with server:
        assert server.password_file.read_text() == first
        assert server.password_file.stat().st_mode & 0o077 == 0
    server.password_file.unlink()
    with server, psycopg.connect(server.url) as connection:
        assert server.password_file.read_text() != first
        assert connection.execute("SELECT current_user").fetchone() == ("postgres",)
    server.remove()
