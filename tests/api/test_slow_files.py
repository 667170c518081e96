"""Files that nobody takes: what is held for them is let go of in the end, whatever their reader does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from api.engine.exports import File

SCOPE = {"type": "http", "asgi": {"spec_version": "2.4"}, "method": "GET", "path": "/deals", "headers": []}


class Reader:
    """Takes the head and one piece, and nothing after them."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def send(self, message: Any) -> None:
        if len(self.taken) == 2:
            await asyncio.Event().wait()
        self.taken.append(message)

    async def receive(self) -> Any:
        return await asyncio.Event().wait()


async def test_a_file_that_is_not_taken_is_broken_off_and_its_place_is_free_again() -> None:
    reader, held, let_go = Reader(), AsyncExitStack(), []

    async def pieces() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"a,b\n"
        finally:
            let_go.append("the query")

    held.callback(let_go.append, "the place")
    file = File(pieces(), held, {})
    file.seconds = 0.05
    with pytest.raises(TimeoutError):
        await file(SCOPE, reader.receive, reader.send)
    assert let_go == ["the query", "the place"]
    assert [message.get("more_body", True) for message in reader.taken] == [True, True]
