"""Webhooks: where events are sent, how far each endpoint is, and what became of each try."""

from runtime.migrations import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run("0009_webhooks.sql")
