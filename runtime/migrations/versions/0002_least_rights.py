"""API keys and the schema `app` become the owner"s."""

from runtime.migrations import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run("0002_least_rights.sql")
