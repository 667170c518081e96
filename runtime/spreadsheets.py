"""runtime: text for a spreadsheet. What begins like a formula would be computed by who opens the file: it is marked as text. Pure."""

from __future__ import annotations

from typing import Any

FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet takes for a formula begins so; the wide signs are those of Chinese and Japanese keyboards."""


def inert(value: Any) -> Any:
    """As text, where a spreadsheet would compute it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
