"""Surveys: what their links are signed with."""

from runtime.migrations import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run("0013_survey_key.sql")
