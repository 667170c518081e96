"""Mails as files: one a message, whole, in order."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from runtime.channels.file import FileChannel
from runtime.channels.message import TryAgain, Undeliverable
from tests.channels.messages import AT, LETTERHEAD, message, notice

FIRST = "20261130T083900.000000-00000000-0000-0000-0000-000000000001.eml"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_message_is_a_file_that_mail_programs_read(tmp_path: Path) -> None:
    await FileChannel(tmp_path / "mail", LETTERHEAD).send(message(notice("承诺已逾期"), number=1))
    assert names(tmp_path / "mail") == [FIRST]
    found = message_from_bytes((tmp_path / "mail" / FIRST).read_bytes(), policy=default)
    assert (found["Subject"], found["To"]) == ("承诺已逾期", "Wang Wei <wang@example.net>")


async def test_a_repeat_is_the_same_file_though_its_first_notice_is_told_no_more(tmp_path: Path) -> None:
    later = notice("Second", at=AT + timedelta(minutes=5))
    await FileChannel(tmp_path, LETTERHEAD).send(message(notice("First"), later, number=1))
    for channel in (FileChannel(tmp_path, LETTERHEAD), FileChannel(tmp_path, LETTERHEAD)):
        await channel.send(message(later, number=1))
        assert names(tmp_path) == [FIRST]
    assert message_from_bytes((tmp_path / FIRST).read_bytes(), policy=default)["Subject"] == "Second"


async def test_files_are_listed_in_the_order_of_what_happened(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path, LETTERHEAD)
    for number, minutes in ((3, 30), (1, 20), (2, 10)):
        await channel.send(message(notice(at=AT + timedelta(minutes=minutes)), number=number))
    assert [int(name[-5]) for name in names(tmp_path)] == [2, 1, 3]


async def test_other_mails_in_the_folder_are_nobody_s_business(tmp_path: Path) -> None:
    others = {"Re-Your-offer.eml", "20261130T083900.000000-my-copy-of-a-mail-that-is-long-enough.eml"}
    for name in others:
        (tmp_path / name).write_text("Subject: another\n\n")
    await FileChannel(tmp_path, LETTERHEAD).send(message(number=1))
    assert set(names(tmp_path)) == {FIRST, *others}


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from runtime.channels import file
from tests.channels.messages import LETTERHEAD, message

def killed(*_): os.kill(os.getpid(), signal.SIGKILL)

setattr(*{"sync": (file.os, "fsync"), "rename": (file.Path, "replace")}[sys.argv[2]], killed)
asyncio.run(file.FileChannel(Path(sys.argv[1]), LETTERHEAD).send(message(number=1)))
"""


@pytest.mark.parametrize("moment", ["sync", "rename"])
def test_who_is_killed_while_writing_leaves_no_mail_and_the_repeat_writes_one(
    tmp_path: Path, moment: str
) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), moment], check=False, timeout=60)
    assert ended.returncode == -9
    assert list(tmp_path.glob("*.eml")) == []
    asyncio.run(FileChannel(tmp_path, LETTERHEAD).send(message(number=1)))
    assert names(tmp_path) == [FIRST]


async def test_a_folder_that_cannot_be_written_is_for_now_and_no_address_for_good(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(TryAgain, match="file-17"):
        await FileChannel(tmp_path / "mail", LETTERHEAD).send(message())
    with pytest.raises(Undeliverable, match="address-invalid"):
        await FileChannel(tmp_path / "mail", LETTERHEAD).send(message(to="nobody"))
