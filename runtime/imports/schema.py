"""Runtime room, file import: the tables of import jobs and of rows last told. DDL only, for `runtime.schema.migrate`."""

from __future__ import annotations

JOBS = """
CREATE TABLE IF NOT EXISTS app.import_jobs (
    id             uuid        PRIMARY KEY,
    source         text        NOT NULL,
    mapping        text        NOT NULL,
    file_digest    text        NOT NULL,
    mapping_digest text        NOT NULL,
    dry_run        boolean     NOT NULL,
    actor          text        NOT NULL,
    state          text        NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
    runs           integer     NOT NULL DEFAULT 1,
    rows_total     bigint      NOT NULL DEFAULT 0,
    rows_done      bigint      NOT NULL DEFAULT 0,
    accepted       bigint      NOT NULL DEFAULT 0,
    unchanged      bigint      NOT NULL DEFAULT 0,
    refused        bigint      NOT NULL DEFAULT 0,
    events         bigint      NOT NULL DEFAULT 0,
    result         json,
    started_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    finished_at    timestamptz
)
"""

INDEX = """
CREATE INDEX IF NOT EXISTS import_jobs_by_content
    ON app.import_jobs (file_digest, mapping_digest, started_at DESC)
"""

ROWS = """
CREATE TABLE IF NOT EXISTS app.import_rows (
    id       uuid        PRIMARY KEY,
    digest   text        NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now()
)
"""
"""What the last import said of a customer, product or rep. Deals remember it in the ledger, with what their gates ask."""


def statements() -> list[str]:
    """Idempotent DDL, in order."""
    return [JOBS, INDEX, ROWS]
