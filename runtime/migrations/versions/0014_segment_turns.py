"""Segments: who is due because of one published rule alone."""

from runtime.migrations import run

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run("0014_segment_turns.sql")
