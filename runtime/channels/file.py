"""runtime: mails as files, where no server takes them: one `.eml` a message, which any mail program opens."""

from __future__ import annotations

import asyncio
import os
import re
from functools import cached_property
from pathlib import Path
from uuid import UUID

from runtime.channels.mail import Letterhead, mail
from runtime.channels.message import Message, TryAgain

SUFFIX = ".eml"
OURS = re.compile(
    rf"\d{{8}}T\d{{6}}\.\d{{6}}-([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}){re.escape(SUFFIX)}$"
)
"""People may keep other mails beside ours."""


class FileChannel:
    """Files are named by the time of the first notice and the message's id, so that a listing has them in order. Whoever opens one
    finds it whole: it has its name only once it is on the disk.
    """

    def __init__(self, folder: Path, letterhead: Letterhead) -> None:
        self.folder, self.letterhead = folder, letterhead

    async def send(self, message: Message) -> None:
        written = mail(message, self.letterhead)
        try:
            await asyncio.to_thread(self._write, message, written)
        except OSError as wrong:
            raise TryAgain(f"file-{wrong.errno}") from wrong

    async def close(self) -> None:
        """Nothing is kept."""

    def _write(self, message: Message, written: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = self._names.setdefault(message.id, _name(message))
        unfinished = self.folder / f".{message.id}.part"
        with unfinished.open("wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.folder / name)
        _keep_name(self.folder)

    @cached_property
    def _names(self) -> dict[UUID, str]:
        """Of the files that are there, by the message: a repeat may be without the first notice, and is the same file."""
        return {
            UUID(found[1]): path.name
            for path in self.folder.glob(f"*{SUFFIX}")
            if (found := OURS.match(path.name))
        }


def _name(message: Message) -> str:
    return f"{message.notices[0].at:%Y%m%dT%H%M%S.%f}-{message.id}{SUFFIX}"


def _keep_name(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
