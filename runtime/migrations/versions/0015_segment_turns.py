"""Segments: who is due because of one published rule alone."""

from runtime.migrations import run

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run("0015_segment_turns.sql")
