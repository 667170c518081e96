"""Projections room: processes that fill a read model's new tables, each from its share of the streams.

They end with the process that started them, however that ends, and write only as long as the tables they were told
of are the ones being filled.
"""

from __future__ import annotations

import asyncio
import base64
import os
import pickle
import queue
import sys
import threading
import traceback
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from typing import Any, NoReturn, Self

import msgspec
from psycopg import AsyncConnection

import domain.registry  # noqa: F401 - every fact is known before the first is folded
from projections.engine import positions
from projections.engine.catalog import BY_NAME
from projections.engine.projection import Projection, StreamShare
from runtime.codec import encode
from runtime.database import connect
from runtime.garbage import seldom_collected
from runtime.programs import python

LONGEST_ANSWER = 1_000_000
NOT_WAITING = "SET synchronous_commit = off"
Report = Callable[[int], None]


class Order(msgspec.Struct, frozen=True):
    """Fill the tables of this generation from position 0 to `upto`, from one share of the streams, about `stretch` facts
    of it at a time.
    """

    url: str
    name: str
    suffix: str
    generation: int
    upto: int
    share: StreamShare
    stretch: int


class Answer(msgspec.Struct, omit_defaults=True):
    """How far an order is, that it is done, or the error it failed with: an exception, pickled."""

    position: int = 0
    done: bool = False
    failed: str = ""


class WorkerLost(Exception):
    """A process that filled a share ended before it was done."""


async def fill(order: Order, report: Report) -> None:
    """Raises Fenced, and what the facts raise."""
    model = BY_NAME[order.name](order.suffix)
    model.share = order.share
    model.hold_back()
    stride = order.stretch * order.share.of
    with seldom_collected():
        async with await connect(order.url) as connection:
            await connection.execute(NOT_WAITING)
            for after in range(0, order.upto, stride):
                upto = min(after + stride, order.upto)
                await _write(connection, order, model, after, upto)
                report(upto)
            async with connection.transaction():
                await positions.belong(connection, order.name, order.suffix, order.generation)
                await model.flush(connection)


async def _write(
    connection: AsyncConnection[Any], order: Order, model: Projection, after: int, upto: int
) -> None:
    async with connection.transaction():
        await positions.belong(connection, order.name, order.suffix, order.generation)
        await model.apply(connection, after, upto)


# -- the side that orders -------------------------------------------------------------------------


class Workers:
    """`async with Workers(most) as workers:` as many processes as there is work for, but no more than that; leaving the
    block ends them.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._idle: list[Process] = []
        self._all: list[Process] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._all:
            _kill(process)
        await asyncio.gather(*(process.wait() for process in self._all))

    async def fill(self, order: Order, report: Report) -> None:
        """Raises what `fill` raises in the process, and WorkerLost. Cancelled, it ends the process."""
        async with self._free:
            process = self._idle.pop() if self._idle else await self._start()
            try:
                answer = await _ask(process, order, report)
            except BaseException:
                _kill(process)
                raise
            self._idle.append(process)
        if answer.failed:
            raise pickle.loads(base64.b64decode(answer.failed))  # noqa: S301 - from our own process

    async def _start(self) -> Process:
        # In a session of its own: a terminal's Ctrl-C is for the one who orders.
        process = await asyncio.create_subprocess_exec(
            *python("-m", "projections.engine.rebuild_workers"),
            stdin=PIPE,
            stdout=PIPE,
            limit=LONGEST_ANSWER,
            start_new_session=True,
        )
        self._all.append(process)
        return process


async def _ask(process: Process, order: Order, report: Report) -> Answer:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(encode(order) + b"\n")
    while line := await process.stdout.readline():
        answer = msgspec.json.decode(line, type=Answer)
        if answer.done or answer.failed:
            return answer
        report(answer.position)
    raise WorkerLost(f"a process that filled {order.name} ended with {await process.wait()}: start again")


def _kill(process: Process) -> None:
    if process.returncode is None:
        process.kill()


# -- the side that works --------------------------------------------------------------------------


def main() -> NoReturn:
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(orders,), daemon=True).start()
    while True:
        _answer(asyncio.run(_carried_out(orders.get())))


def _hear(orders: queue.SimpleQueue[Order]) -> NoReturn:
    """Orders come from whoever started this process; their end is its end."""
    for line in sys.stdin.buffer:
        orders.put(msgspec.json.decode(line, type=Order))
    os._exit(0)


async def _carried_out(order: Order) -> Answer:
    try:
        await fill(order, lambda position: _answer(Answer(position)))
    except Exception as error:  # noqa: BLE001 - it is raised where the order came from
        return Answer(failed=_packed(error))
    return Answer(done=True)


def _packed(error: Exception) -> str:
    error.add_note("".join(traceback.format_exception(error)))
    try:
        packed = pickle.dumps(error)
        pickle.loads(packed)  # noqa: S301 - what was packed just now
    except Exception:  # noqa: BLE001 - any class may refuse
        packed = pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return base64.b64encode(packed).decode()


def _answer(answer: Answer) -> None:
    sys.stdout.buffer.write(encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
