"""The receiver of docs/webhooks.md takes what is sent: events, and the message of a test."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from runtime.codec import encode
from runtime.webhooks.signing import message_id, new_secret, signed
from runtime.webhooks.trying import content

GUIDE = Path(__file__).parents[2] / "docs" / "webhooks.md"
ENDPOINT = UUID("0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11")


def of_the_guide(secret: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    found = re.search(r"```python\n(.+?)^HTTPServer", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None
    monkeypatch.setenv("SECRET", secret)
    names: dict[str, Any] = {"__name__": "guide"}
    exec(found[1], names)  # noqa: S102 - what people copy
    return names["Receiver"]


def answered(port: int, body: str, headers: dict[str, str]) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/", body.encode(), headers)
    return connection.getresponse().status


def test_the_message_of_a_test_is_taken_and_another_s_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    secret, event, at = new_secret(), uuid4(), datetime.now(UTC)
    body = encode(content("json", event, at)).decode()
    message = message_id(ENDPOINT, 0, event)
    with HTTPServer(("127.0.0.1", 0), of_the_guide(secret, monkeypatch)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        assert answered(server.server_port, body, signed(message, at, body, [secret])) == 204
        assert answered(server.server_port, body, signed(message, at, body, [new_secret()])) == 400
        server.shutdown()
