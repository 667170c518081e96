"""runtime: how every process writes its log — one JSON object a line on stderr, plain text on a terminal.

Messages name what happened and ids; personal data and secrets may not enter. Passwords inside addresses are blotted out here,
as a last guard.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

BLOT = "***"
SECRETS = re.compile(
    r"(?P<before>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)"  # scheme://user:PASSWORD@host
    r"|(?P<key>\b(?:password|passwd|pwd|secret|token|api[_-]?key|authorization)\b[\"']?\s*[=:]\s*(?:bearer\s+)?)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&\"']+)",
    re.IGNORECASE,
)
STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
QUIET = dict.fromkeys(("httpx", "httpcore", "psycopg.pool", "uvicorn.access", "mcp"), "WARNING")


def redact(text: str) -> str:
    """The text with passwords in addresses, and values of keys such as `password=`, replaced by ***."""
    return SECRETS.sub(lambda found: (found["before"] or found["key"]) + BLOT, text)


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller passed as `extra=`."""
    return {name: value for name, value in vars(record).items() if name not in STANDARD}


class JsonLines(logging.Formatter):
    """`{"at", "level", "logger", "message", …extras, "error"}`, times in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **extras(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(_blotted(line), ensure_ascii=False, default=str)


def _blotted(value: Any) -> Any:
    """Redacted before it becomes JSON, so that a blot can never unbalance a line."""
    if isinstance(value, dict):
        return {name: _blotted(BLOT if _secret_name(name) else held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_blotted(held) for held in value]
    return value if isinstance(value, int | float | bool | None) else redact(str(value))


def _secret_name(name: object) -> bool:
    return bool(re.search(r"password|passwd|secret|token|api_?key|authorization", str(name), re.IGNORECASE))


class Plain(logging.Formatter):
    """For a person at a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s  %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        more = "".join(
            f" {name}={BLOT if _secret_name(name) else value}" for name, value in extras(record).items()
        )
        return redact(super().format(record) + more)


def configure(level: str = "INFO", *, json_lines: bool | None = None, to: TextIO | None = None) -> None:
    """Send every logger to stderr or `to`, JSON unless that is a terminal. Calling it again replaces what it set before."""
    stream = to or sys.stderr
    handler = logging.StreamHandler(stream)
    as_json = not stream.isatty() if json_lines is None else json_lines
    handler.setFormatter(JsonLines() if as_json else Plain())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, quieter in QUIET.items():
        logging.getLogger(name).setLevel(quieter)
