"""tests: notices as they stand once they were decided, put into their table without whoever decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg

from tests.house import House

ROW = (
    "INSERT INTO app.notices (position, account_id, channel, kind, deal_id, detail, state, due_at, tries, reason, settled_at)"
    " VALUES (%(position)s, %(account_id)s, %(channel)s, %(kind)s, %(deal_id)s, %(detail)s, %(state)s, '2026-11-30T01:00:00Z',"
    " %(tries)s, %(reason)s, %(settled_at)s)"
)
SENT = {
    "channel": "mail", "kind": "promise.missed", "deal_id": None, "detail": "", "state": "sent", "tries": 1, "reason": None,
    "settled_at": "2026-11-30T01:00:02Z",
}  # fmt: skip


def insert_notice(connection: psycopg.Connection[Any], account: UUID, position: int, **said: Any) -> None:
    """Sent by mail of a missed promise, unless something else is said."""
    connection.execute(ROW.encode(), {**SENT, "account_id": account, "position": position, **said})


def put_notice(house: House, account: UUID, position: int, **said: Any) -> None:
    with psycopg.connect(house.settings.database_url, autocommit=True) as connection:
        insert_notice(connection, account, position, **said)


def token_of(house: House, account: UUID) -> UUID:
    """That stands in mails to the account."""
    with psycopg.connect(house.settings.database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO app.notification_settings (account_id) VALUES (%s) ON CONFLICT DO NOTHING", [account]
        )
        row = connection.execute(
            "SELECT unsubscribe_token FROM app.notification_settings WHERE account_id = %s", [account]
        ).fetchone()
    assert row is not None
    token: UUID = row[0]
    return token


def mark_failed(house: House, account: UUID, channel: str = "mail") -> None:
    """As whoever follows the ledger marks an address that failed."""
    with psycopg.connect(house.settings.database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO app.failed_addresses (account_id, channel, address)"
            " SELECT id, %s, COALESCE(CASE %s WHEN 'mail' THEN email END, '') FROM app.accounts WHERE id = %s",
            [channel, channel, account],
        )
