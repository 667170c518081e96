"""An index that the ledger is searched by."""

from runtime.migrations import run

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run("0006_event_search.sql")
