"""Workflows room: the tables this room keeps, handed to `migrate`. Run again and again; nothing is ever dropped."""

from __future__ import annotations

FOLLOWER_POSITIONS = """
CREATE TABLE IF NOT EXISTS app.follower_positions (
    name       text        PRIMARY KEY,
    position   bigint      NOT NULL DEFAULT 0 CHECK (position >= 0),
    error      text,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
)"""

SWEEPS = """
CREATE TABLE IF NOT EXISTS app.sweeps (
    at              timestamptz PRIMARY KEY,
    open_deals      bigint NOT NULL,
    timers          bigint NOT NULL,
    on_the_way      bigint NOT NULL,
    without_promise bigint NOT NULL,
    without_timer   bigint NOT NULL,
    left_over       bigint NOT NULL,
    ownerless       bigint NOT NULL
)"""


CLOCKS = """
ALTER TABLE app.sweeps ADD COLUMN IF NOT EXISTS loops bigint NOT NULL DEFAULT 0,
                       ADD COLUMN IF NOT EXISTS without_clock bigint NOT NULL DEFAULT 0,
                       ADD COLUMN IF NOT EXISTS wrongly_armed bigint NOT NULL DEFAULT 0"""


def statements() -> list[str]:
    """DDL for the schema `app`, run as the application's role."""
    return [FOLLOWER_POSITIONS, SWEEPS, CLOCKS]
