"""What people are told of, in the terminal: chosen for somebody, and who was told."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from unittest import mock
from uuid import UUID

import psycopg
import pytest

from tests.cli.conftest import Terminal
from tests.noticing import insert_notice

SECRET = "slack://T0KENAAAA/T0KENBBBB/T0KENCCCCwxyz"


@pytest.fixture(scope="module")
def login(terminal: Terminal) -> str:
    assert (
        terminal.run("user", "add", "told", "--role", "auditor", "--email", "told@example.com").returncode
        == 0
    )
    return "told"


@pytest.fixture
def typed() -> Iterator[None]:
    with mock.patch.object(sys, "stdin", io.StringIO(f"{SECRET}\n")):
        yield


def test_what_somebody_is_told_of_is_set_rule_by_rule(terminal: Terminal, login: str) -> None:
    set_ = ("notifications", "set", login)
    assert terminal.run(*set_, "*", "--mail", "daily").returncode == 0
    assert terminal.run(*set_, "promise", "--mail", "at-once", "--chat", "hourly").returncode == 0
    found = {
        one["what"]: (one["mail"], one["chat"])
        for one in terminal.json("notifications", "rules", login)["told"]
    }
    assert (found["promise.missed"], found["deal.given"]) == (("at-once", "hourly"), ("daily", "off"))
    assert terminal.run(*set_, "promise", "--chat", "no-rule").returncode == 0
    rules = [
        (one["what"], one["channel"], one["cadence"])
        for one in terminal.json("notifications", "rules", login)["rules"]
    ]
    assert rules == [("*", "mail", "daily"), ("promise", "mail", "at-once")]
    shown = terminal.run("notifications", "rules", login).stdout
    assert "told@example.com" in shown
    assert "promise.missed" in shown
    chinese = terminal.run("notifications", "rules", login, "--lang", "zh").stdout
    assert "邮件发往" in chinese
    assert "立即" in chinese


def test_quiet_hours_are_said_and_taken_away(terminal: Terminal, login: str) -> None:
    quiet = ("notifications", "quiet", login)
    assert (
        terminal.run(
            *quiet, "--from", "21:00", "--until", "07:30", "--daily", "09:00", "--working-days"
        ).returncode
        == 0
    )
    shown = terminal.run("notifications", "rules", login).stdout
    assert "21:00–07:30" in shown
    assert "nothing is sent" in shown
    found = terminal.json(*quiet, "--never", "--any-day")
    assert (found["quiet_from"], found["quiet_until"], found["working_days"], found["daily_time"]) == (
        None,
        None,
        False,
        "09:00",
    )


@pytest.mark.usefixtures("typed")
def test_an_address_of_a_chat_is_read_from_beside_and_shown_masked(terminal: Terminal, login: str) -> None:
    done = terminal.run("notifications", "chat", login)
    assert done.returncode == 0, done.stderr
    assert "slack://…wxyz" in done.stdout
    assert "T0KEN" not in done.stdout
    assert terminal.json("notifications", "chat", login, "--none")["chat_url"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["set", "told", "promise"], 2, "say --mail, --chat or both"),
        (["set", "told", "promise.kept", "--mail", "off"], 1, "WHAT: is nothing that people are told of"),
        (["set", "told", "promise.misst", "--mail", "off"], 1, "near it are: promise.missed"),
        (["set", "told", "zzz", "--mail", "off"], 1, "each with several: *, "),
        (["set", "nobody-here", "promise", "--mail", "off"], 1, "no account has the login nobody-here"),
        (["quiet", "told"], 2, "say what is to change"),
        (["quiet", "told", "--from", "21:00"], 1, "--until: say when it ends, too"),
        (["quiet", "told", "--from", "9pm", "--until", "07:00"], 1, "--from: must be a time of day"),
        (["quiet", "told", "--never", "--from", "21:00"], 2, "--never is said without"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    terminal: Terminal, login: str, arguments: list[str], code: int, said: str
) -> None:
    done = terminal.run("notifications", *arguments)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_a_mail_that_came_back_is_reported_and_the_address_tried_again(
    terminal: Terminal, login: str
) -> None:
    assert terminal.json("notifications", "bounced", login)["recorded"] == 1
    with psycopg.connect(terminal.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "INSERT INTO app.failed_addresses (account_id, channel, address) SELECT id, 'mail', email FROM app.accounts WHERE login = %s",
            [login],
        )
    assert [one["login"] for one in terminal.json("notifications", "failing")] == [login]
    assert "被退回" in terminal.run("notifications", "failing", "--lang", "zh").stdout
    again = terminal.run("notifications", "bounced", login, "--lang", "zh")
    assert again.stdout == f"没有变化: {login}, 不再通过邮件发送\n", again.stdout
    restored = terminal.run("notifications", "restore", login)
    assert restored.stdout.endswith(f": {login}, sent to every address\n"), restored.stderr
    assert terminal.json("notifications", "failing") == []
    refused = terminal.run("notifications", "bounced", login, "--why", "told@example.com")
    assert (refused.returncode, "--why: must be a word or two" in refused.stderr) == (1, True)


def test_who_was_told_of_a_deal_and_what_failed_is_listed(terminal: Terminal, login: str) -> None:
    deal = terminal.json("deals", "list", "--limit", "1")["items"][0]["deal_id"]
    with psycopg.connect(terminal.env["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute("SELECT id FROM app.accounts WHERE login = %s", [login]).fetchone()
        assert row is not None
        account: UUID = row[0]
        insert_notice(connection, account, 1, deal_id=deal)
        insert_notice(connection, account, 2, deal_id=deal, state="failed", reason="smtp-550")
    (failed, sent) = terminal.json("deals", "notices", deal)["items"]
    assert (failed["state"], failed["reason"], failed["to"], sent["state"]) == (
        "failed",
        "smtp-550",
        "told",
        "sent",
    )
    shown = terminal.run("deals", "notices", deal, "--tz", "Asia/Shanghai").stdout
    assert "2026-11-30 09:00" in shown
    assert "about" not in shown, "all of it is about the deal"
    assert deal[:8] in terminal.run("notifications", "list", "--login", login).stdout
    assert terminal.json("notifications", "list", "--state", "failed", "--login", login)["items"] == [failed]
    chinese = terminal.run("notifications", "list", "--login", login, "--lang", "zh").stdout
    assert "已发送" in chinese
    page = terminal.run("notifications", "list", "--login", login, "--limit", "1").stdout
    assert "more: --cursor" in page
