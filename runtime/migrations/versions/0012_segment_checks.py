"""Segments: when each customer is to be held against their rules."""

from runtime.migrations import run

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run("0012_segment_checks.sql")
