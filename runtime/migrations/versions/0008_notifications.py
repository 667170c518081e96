"""What people are told of: their rules, and each notice with what became of it."""

from runtime.migrations import run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run("0008_notifications.sql")
