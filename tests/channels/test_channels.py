"""Which channels there are follows from the settings."""

from __future__ import annotations

from dataclasses import replace
from email.headerregistry import Address
from pathlib import Path

from runtime.channels import channels
from runtime.channels.chat import ChatChannel
from runtime.channels.file import FileChannel
from runtime.channels.smtp import SmtpChannel
from runtime.outgoing import Outgoing, Smtp
from runtime.settings import Settings
from runtime.sign_in import SignIn

SERVER = Smtp("mail.example.com", 465, tls=True, starttls=False)


async def test_mails_are_files_until_there_is_a_server(tmp_path: Path) -> None:
    settings = Settings("", "", data_dir=tmp_path)
    mails = channels(settings)["mail"]
    assert isinstance(mails, FileChannel)
    assert mails.folder == tmp_path / "mail"
    assert isinstance(channels(replace(settings, outgoing=Outgoing(smtp=SERVER)))["mail"], SmtpChannel)


async def test_they_are_from_and_lead_to_what_is_set() -> None:
    outgoing = Outgoing(SERVER, Address("Sales", "sales", "example.com"), frozenset({"slack"}))
    found = channels(
        Settings("", "", outgoing=outgoing, sign_in=SignIn(public_url="https://sales.example.com"))
    )
    mails, chat = found["mail"], found["chat"]
    assert isinstance(mails, SmtpChannel)
    assert isinstance(chat, ChatChannel)
    assert mails.letterhead.sender.addr_spec == "sales@example.com"
    assert mails.letterhead.public_url == chat.public_url == "https://sales.example.com"
    assert chat.schemes == {"slack"}
