"""Runtime room, file import: a table of a mapping file being read. Whatever somebody wrote is checked here before it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from domain.engine.fields import MAX_TEXT
from runtime.imports.cells import clean
from runtime.imports.suggest import did_you_mean

Table = dict[str, Any]
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Reading:
    """A table being read: takes typed values out of it and gathers what is wrong."""

    def __init__(self, table: Table, at: str, problems: list[str]) -> None:
        self.left, self.at, self.problems = dict(table), at, problems

    def wrong(self, key: str, message: str) -> None:
        self.problems.append(f"{self.at}{key}: {message}")

    def sign(self, key: str, default: str = "") -> str:
        """A text as it stands: spaces may be all of it."""
        value = self.left.pop(key, default)
        if not isinstance(value, str):
            self.wrong(key, f"must be a text, not {value!r}")
            return default
        return value

    def text(self, key: str, default: str = "", *, needed: bool = False, most: int = MAX_TEXT) -> str:
        """Words go through what cells go through."""
        value = self._word(key, self.sign(key, default))
        if needed and not value:
            self.wrong(key, "is missing")
        if len(value) > most:
            self.wrong(key, f"is longer than {most} characters")
        return value

    def _word(self, key: str, text: str) -> str:
        if found := _CONTROL.search(text):
            self.wrong(key, f"holds a character that no text has (U+{ord(found[0]):04X})")
        return clean(text)

    def flag(self, key: str) -> bool:
        value = self.left.pop(key, False)
        if not isinstance(value, bool):
            self.wrong(key, f"must be true or false, not {value!r}")
        return value is True

    def texts(self, key: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        value = self.left.pop(key, list(default))
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.wrong(key, "must be a list of texts")
            return tuple(default)
        return tuple(self._word(key, text) for text in value)

    def one_of(self, key: str, allowed: Iterable[str], default: str) -> str:
        value, known = self.text(key, default), tuple(allowed)
        if value not in known:
            self.wrong(key, f"{value!r} is not one of {', '.join(known)}{did_you_mean(value, known)}")
        return value

    def number(self, key: str, default: Decimal | int, *, most: int | None = None) -> Decimal:
        """A number above zero, written as TOML writes numbers."""
        value = self.left.pop(key, default)
        plain = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        number = Decimal(str(value)) if plain else Decimal(0)
        if not number.is_finite() or number <= 0:
            self.wrong(key, f"{value!r} must be a number above zero")
            return Decimal(default)
        if most is not None and number > most:
            self.wrong(key, f"{value!r} is more than {most}")
        return number

    def table(self, key: str) -> Table:
        value = self.left.pop(key, {})
        if not isinstance(value, dict):
            self.wrong(key, "must be a table")
            return {}
        return value

    def words(self, key: str) -> dict[str, str]:
        """A table of texts to texts."""
        words: dict[str, str] = {}
        for word, meaning in self.table(key).items():
            at, name = f"{key}.{word}", self._word(key, word)
            if not isinstance(meaning, str):
                self.wrong(at, f"must be a text, not {meaning!r}")
            elif words.setdefault(name, told := self._word(at, meaning)) != told:
                self.wrong(at, f"means {words[name]!r} already")
        return words

    def check_template(self, key: str, template: str, parts: tuple[str, ...]) -> None:
        """What stands in braces must be one of the parts."""
        for part in _PLACEHOLDER.findall(template):
            if part not in parts:
                self.wrong(key, f"{{{part}}} is not one of {', '.join(parts)}{did_you_mean(part, parts)}")

    def inside(self, key: str) -> Reading:
        return Reading(self.table(key), f"{self.at}{key}.", self.problems)

    def done(self, known: Iterable[str]) -> None:
        """Whatever was not taken out is not known here."""
        for key in self.left:
            self.wrong(key, f"is not a setting here{did_you_mean(key, tuple(known))}")
