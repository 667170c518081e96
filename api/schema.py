"""api: the tables of the front desk itself. Read models and the ledger may not enter."""

from __future__ import annotations

API_KEYS = """
CREATE TABLE IF NOT EXISTS app.api_keys (
    id          text        PRIMARY KEY CHECK (id ~ '^[a-z0-9]{16}$'),
    secret_hash bytea       NOT NULL CHECK (length(secret_hash) = 32),
    user_id     text        NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
    role        text        NOT NULL CHECK (role IN ('rep', 'manager', 'auditor', 'admin')),
    rep_id      uuid,
    team_id     uuid,
    label       text        NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text        NOT NULL,
    revoked_at  timestamptz,
    expires_at  timestamptz,
    CHECK (role <> 'rep' OR rep_id IS NOT NULL),
    CHECK (role <> 'manager' OR team_id IS NOT NULL)
)
"""


def statements() -> list[str]:
    """DDL, idempotent, run as the application's role by the migration."""
    return [API_KEYS]
