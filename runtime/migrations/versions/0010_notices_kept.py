"""Notices are kept for a while, and not for ever."""

from runtime.migrations import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run("0010_notices_kept.sql")
