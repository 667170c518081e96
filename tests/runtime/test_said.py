"""No sentence that the code says to people is without its Chinese."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic_core import PydanticKnownError
from pydantic_core.core_schema import ErrorType

import domain.registry  # noqa: F401 - what commands are made of
from api.capabilities import ACTS
from api.pages.engine.forms import controls_of
from runtime.language import ZH, catalogue, entries
from tests.runtime.said import texts

FOR_PROGRAMS = frozenset(
    {
        "Recorded, or nothing to change.", "As it is now.", "You have it.", "What to narrow the list down to.", "yearly audit",
        "in the zone of the cycle policy's calendar", "no act has the operation id {value}", "Value error, ",
        "permission denied to set role", "openid email profile", 'role "{app_role}" does not exist', "unsupported startup parameter", "(no log)",
        "a time needs a zone to be shown in another", "The log, as a file.", "yyyy-mm-dd hh:mm:ss",
        "there is no tool {name!r} for this key", "import job", "schemas of the same name: {taken}",
    }
)  # fmt: skip
"""Documentation, headers, and what other programs say."""
OF_FILES = (
    "codec",
    "projections/event_log",
    "recorder",
    "embedded_postgres",
    "server_home",
    "clean_data",
    "ending",
    "holiday_calendar.py:197",
    "api/engine/oidc",
    "api/mcp/catalogue",
    "api/pages/engine/compiling",
    "quick_check",
)
"""What is said by a broken installation, to programmers, or in the log alone: why a provider was not believed. To models; and code that is made."""


@pytest.mark.parametrize("room", ["domain", "api", "runtime", "projections"])
def test_every_sentence_has_its_chinese(room: str) -> None:
    known = {one.text for one in entries(ZH)} | FOR_PROGRAMS
    said = [(where, text) for where, text in texts(room) if text not in known]
    assert [one for one in said if not any(file in one[0] for file in OF_FILES)] == []


def test_every_refusal_of_the_terminal_has_its_chinese() -> None:
    known = {one.text for one in entries(ZH)}
    assert [one for one in texts("cli", refused=True) if one[1] not in known] == []


def test_every_act_and_what_it_asks_for_has_its_chinese() -> None:
    known = {one.text for one in entries(ZH)}
    said = {text for act in ACTS for text in (act.summary, act.more)}
    said |= {text for act in ACTS for control in controls_of(act) for text in (control.label, control.help)}
    said |= {
        option.replace("-", " ") for act in ACTS for control in controls_of(act) for option in control.options
    }
    assert {text for text in said - known if text and text.replace(" ", "-") not in known} == set()


GIVEN = {
    "gt": 1, "ge": 1, "lt": 9, "le": 9, "field_type": "List", "min_length": 1, "max_length": 2, "actual_length": 3, "pattern": "x",
    "expected": "'a' or 'b'", "error": "reason", "tz_expected": 1, "tz_actual": 2, "max_digits": 3, "decimal_places": 2, "whole_digits": 3,
    "class_name": "X", "discriminator": "kind", "tag": "t", "expected_tags": "a", "expected_version": 4,
}  # fmt: skip
OF_REQUESTS = [
    "missing",
    "extra",
    "json",
    "model",
    "greater",
    "less",
    "finite",
    "too",
    "string",
    "enum",
    "dict",
    "list",
    "tuple",
    "bool",
    "int",
    "float",
    "literal",
    "date",
    "time",
    "datetime",
    "timezone",
    "union",
    "uuid",
    "decimal",
    "none",
    "invalid",
]
"""How the names begin of what may be wrong with a request, or an option."""


KINDS = [
    kind
    for kind in get_args(ErrorType)
    if kind.split("_")[0] in OF_REQUESTS and not kind.endswith(("_argument", "_sentinel_error"))
]


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_validator_says_has_its_chinese(kind: Any) -> None:
    said = PydanticKnownError(kind, GIVEN).message()
    assert not catalogue(ZH).heard(said).isascii()
