"""Review packs are kept in bytes."""

from runtime.migrations import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run("0004_packs.sql")
