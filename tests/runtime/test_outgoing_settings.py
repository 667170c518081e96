"""What is set about mail and chat is read strictly; what is wrong is named, and no password with it."""

from __future__ import annotations

from email.headerregistry import Address
from pathlib import Path

import pytest

from runtime.outgoing import HOSTED, NotOutgoing, Outgoing, Smtp
from runtime.settings import NotConfigured, Settings

FROM = {"SALESLOOP_MAIL_FROM": "Sales <sales@example.com>"}


def smtp(url: str) -> Smtp:
    found = Outgoing.from_env({"SALESLOOP_SMTP_URL": url, **FROM}).smtp
    assert found is not None
    return found


def test_without_settings_mails_are_files_and_chat_goes_to_services_with_hosts_of_their_own() -> None:
    found = Outgoing.from_env({})
    assert (found.smtp, found.sender.addr_spec, found.chat_schemes) == (None, "salesloop@localhost", HOSTED)
    assert found == Outgoing()
    assert not {"json", "jsons", "xml", "form", "mailto"} & HOSTED


def test_a_server_with_tls_from_the_first_byte() -> None:
    assert smtp("smtps://sales%40example.com:p%2Fw%25@mail.example.com") == Smtp(
        "mail.example.com", 465, tls=True, starttls=False, username="sales@example.com", password="p/w%"
    )


def test_a_server_with_starttls_which_is_required() -> None:
    found = smtp("smtp://mail.example.com:2525?timeout=5")
    assert found == Smtp("mail.example.com", 2525, tls=False, starttls=True, timeout=5)
    assert smtp("smtp://mail.example.com").port == 587


def test_a_relay_without_tls_may_have_a_password_on_this_machine_alone() -> None:
    assert smtp("smtp://relay.example.com?starttls=never").starttls is False
    assert smtp("smtp://u:p@127.0.0.1:25?starttls=never").password == "p"
    with pytest.raises(NotOutgoing, match="a password goes over TLS only"):
        smtp("smtp://u:p@relay.example.com?starttls=never")


def test_passwords_are_in_no_representation() -> None:
    assert "hush" not in repr(smtp("smtps://user:hush@mail.example.com"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mail.example.com", "must be like"),
        ("http://mail.example.com", "must be like"),
        ("smtp://", "must be like"),
        ("smtp://mail.example.com/hush", "must be like"),
        ("smtp://user:hu/sh@mail.example.com", "cannot be read"),
        ("smtp://user:hush@mail.example.com:port", "cannot be read"),
        ("smtp://user:2525?hush@mail.example.com", "has an option"),
        ("smtp://hush@mail.example.com", "names a user and no password"),
        ("smtp://mail.example.com?starttls=offered", "starttls must be required or never"),
        ("smtp://mail.example.com?timeout=0", "timeout must be"),
        ("smtp://mail.example.com?timeout=1.5", "timeout must be"),
        ("smtp://mail.example.com?timeout=301", "timeout must be"),
        ("smtp://mail.example.com?ca=/nowhere.pem", "ca must be a file"),
    ],
)
def test_a_server_that_cannot_be_is_named_without_its_password(url: str, said: str) -> None:
    with pytest.raises(NotOutgoing, match=f"SALESLOOP_SMTP_URL.*{said}") as wrong:
        smtp(url)
    assert "hu" not in str(wrong.value).replace("such", "")


def test_a_file_that_holds_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("none")
    with pytest.raises(NotOutgoing, match="ca must be a file"):
        smtp(f"smtp://mail.example.com?ca={tmp_path / 'ca.pem'}")


def test_mails_are_from_somebody() -> None:
    assert Outgoing.from_env(FROM).sender == Address("Sales", "sales", "example.com")
    assert (
        Outgoing.from_env({"SALESLOOP_MAIL_FROM": "sales@example.com"}).sender.addr_spec
        == "sales@example.com"
    )
    with pytest.raises(NotOutgoing, match="SALESLOOP_MAIL_FROM must say"):
        Outgoing.from_env({"SALESLOOP_SMTP_URL": "smtp://mail.example.com"})


@pytest.mark.parametrize(
    "wrong", ["sales", "@", "a@b@c", "a@b, c@d", "<>", "销售@example.com", "a@b\r\nBcc: c@d"]
)
def test_who_they_are_from_is_one_address(wrong: str) -> None:
    with pytest.raises(NotOutgoing, match="SALESLOOP_MAIL_FROM must be like"):
        Outgoing.from_env({"SALESLOOP_MAIL_FROM": wrong})


def test_who_asks_customers_is_named_in_their_language_and_else_by_the_sender() -> None:
    assert Outgoing.from_env(FROM).called("zh") == "Sales"
    assert Outgoing.from_env({}).called("en") == ""
    found = Outgoing.from_env({**FROM, "SALESLOOP_COMPANY": "Acme", "SALESLOOP_COMPANY_ZH": "顶点公司"})
    assert (found.called("en"), found.called("zh")) == ("Acme", "顶点公司")
    assert Outgoing.from_env({"SALESLOOP_COMPANY_ZH": "顶点公司"}).called("en") == "顶点公司"
    for wrong in ("a\nb", "x" * 101):
        with pytest.raises(NotOutgoing, match="SALESLOOP_COMPANY must be a name"):
            Outgoing.from_env({"SALESLOOP_COMPANY": wrong})


def test_schemes_of_chat_are_names_with_commas() -> None:
    found = Outgoing.from_env({"SALESLOOP_CHAT_SCHEMES": "Slack, json://,"})
    assert found.chat_schemes == {"slack", "json"}
    for wrong in (",", "a b", "slack;json", "https://hooks.example.com"):
        with pytest.raises(NotOutgoing, match="SALESLOOP_CHAT_SCHEMES"):
            Outgoing.from_env({"SALESLOOP_CHAT_SCHEMES": wrong})


def test_the_processes_name_it_at_the_start() -> None:
    with pytest.raises(NotConfigured, match="SALESLOOP_SMTP_URL"):
        Settings.from_env({"DATABASE_URL": "postgresql:///x", "SALESLOOP_SMTP_URL": "mail", **FROM})


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ({}, "http://127.0.0.1:8765"),
        ({"SALESLOOP_API_HOST": "0.0.0.0", "SALESLOOP_API_PORT": "80"}, "http://127.0.0.1:80"),  # noqa: S104 - asked, not opened
        ({"SALESLOOP_API_HOST": "::"}, "http://[::1]:8765"),
        ({"SALESLOOP_PUBLIC_URL": "https://sales.example.com/"}, "https://sales.example.com"),
    ],
)
def test_links_begin_with_what_people_have_in_their_browsers(
    said: dict[str, str], begins: str, tmp_path: Path
) -> None:
    env = {"DATABASE_URL": "postgresql:///x", "SALESLOOP_DATA": str(tmp_path), **said}
    assert Settings.from_env(env).public_url == begins
