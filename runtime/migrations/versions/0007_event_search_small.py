"""The index that the ledger is searched by, small enough that an append does not feel it."""

from runtime.migrations import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run("0007_event_search_small.sql")
