"""The schemas `ledger` and `app` as release 0cd94be left them."""

from runtime.migrations import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    run("0001_first_release.sql")
