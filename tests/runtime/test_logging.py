"""tests: one JSON object a line, and no password in it."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from runtime.logging import JsonLines, Plain, redact


def record(message: str, *args: object, **extra: Any) -> logging.LogRecord:
    made = logging.getLogger("test").makeRecord(
        "test", logging.INFO, "f", 1, message, args, None, extra=extra
    )
    made.created = 1_800_000_000.5
    return made


def test_a_line_is_json_with_its_extras() -> None:
    line = json.loads(JsonLines().format(record("appended %d", 3, position=17, name_zh="商机")))
    assert line == {
        "at": "2027-01-15T08:00:00.500+00:00",
        "level": "info",
        "logger": "test",
        "message": "appended 3",
        "position": 17,
        "name_zh": "商机",
    }


@pytest.mark.parametrize("formatter", [JsonLines(), Plain()])
def test_neither_a_message_nor_an_extra_shows_a_password(formatter: logging.Formatter) -> None:
    told = record("to %s", "postgresql://me:hunter2@db/x", url="http://a:hunter2@b/", api_key="hunter2")
    assert "hunter2" not in formatter.format(told)
    assert "postgresql://me:***@db/x" in formatter.format(told)


def test_an_error_is_told_in_its_line_without_its_password() -> None:
    told = record("failed")
    try:
        raise ValueError("password=hunter2 was wrong\nat line two")
    except ValueError as error:
        told.exc_info = (type(error), error, error.__traceback__)
    written = JsonLines().format(told)
    assert "\n" not in written
    assert "password=*** was wrong" in json.loads(written)["error"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://me@db/x", "postgresql://me@db/x"),
        ("postgresql://me:a%20b@db/x?sslmode=require", "postgresql://me:***@db/x?sslmode=require"),
        ("host=db password=hunter2 dbname=x", "host=db password=*** dbname=x"),
        ("password='two words' dbname=x", "password=*** dbname=x"),
        ('{"token": "abc", "n": 1}', '{"token": ***, "n": 1}'),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("reset the password of a user", "reset the password of a user"),
        ("at 10:30 by a@b", "at 10:30 by a@b"),
    ],
)
def test_only_secrets_are_blotted_out(given: str, shown: str) -> None:
    assert redact(given) == shown
