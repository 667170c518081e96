"""The sweep's report counts revisits, and those that were missing."""

from runtime.migrations import run

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run("0014_revisits.sql")
