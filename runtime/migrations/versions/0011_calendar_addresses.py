"""Calendar addresses: where a person's calendar program fetches what the person owes."""

from runtime.migrations import run

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run("0011_calendar_addresses.sql")
