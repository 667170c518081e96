"""The sweep"s report counts runs armed otherwise than the ledger says."""

from runtime.migrations import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run("0003_wrongly_armed.sql")
