"""No sentence that the code says to people is without its Chinese."""

from __future__ import annotations

import pytest

from runtime.language import ZH, entries
from tests.runtime.said import texts

FOR_PROGRAMS = frozenset(
    {
        "Recorded, or nothing to change.", "As it is now.", "You have it.", "What to narrow the list down to.", "yearly audit",
        "in the zone of the cycle policy's calendar", "no act has the operation id {value}", "Value error, ",
        "permission denied to set role", 'role "{app_role}" does not exist', "unsupported startup parameter", "(no log)",
        "a time needs a zone to be shown in another",
    }
)  # fmt: skip
"""Documentation, headers, and what other programs say."""
OF_FILES = (
    "codec",
    "recorder",
    "embedded_postgres",
    "server_home",
    "clean_data",
    "ending",
    "holiday_calendar.py:169",
)
"""Of the runtime: what is said by a broken installation, or to programmers."""


@pytest.mark.parametrize("room", ["domain", "api", "runtime", "projections"])
def test_every_sentence_has_its_chinese(room: str) -> None:
    known = {one.text for one in entries(ZH)} | FOR_PROGRAMS
    said = [(where, text) for where, text in texts(room) if text not in known]
    assert [one for one in said if not any(file in one[0] for file in OF_FILES)] == []


def test_every_refusal_of_the_terminal_has_its_chinese() -> None:
    known = {one.text for one in entries(ZH)}
    assert [one for one in texts("cli", refused=True) if one[1] not in known] == []
