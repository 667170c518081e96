"""cli: how a command fails — a line for people, and the code the program ends with."""

from __future__ import annotations

from typing import NoReturn

REFUSED, USAGE, UNREACHABLE, INTERRUPTED = 1, 2, 3, 130


class Failure(Exception):
    """Told in one line; the program ends with `code`."""

    def __init__(self, message: str, code: int = REFUSED) -> None:
        super().__init__(message)
        self.code = code


def fail(message: str, code: int = REFUSED) -> NoReturn:
    raise Failure(message, code)
