"""People's accounts, and the sessions of who is signed in."""

from runtime.migrations import run

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run("0005_accounts.sql")
