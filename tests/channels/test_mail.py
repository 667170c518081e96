"""What a person reads in a mail, and what programs read in its headers."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.ext import babel_extract

from api.pages.engine.rendering import TEMPLATES as PAGES
from runtime.channels.mail import Letterhead, mail
from runtime.channels.words import SETTINGS, TEMPLATES, one_line
from runtime.language import catalogue
from tests.channels.messages import DEAL, LETTERHEAD, OTHER, message, notice, text_of

THREAD = f"<deal.{DEAL}@example.com>"


def read(*notices: Any, **said: Any) -> EmailMessage:
    """As whoever gets its bytes reads it."""
    return parsed(mail(message(*notices, **said), LETTERHEAD))


def parsed(written: bytes) -> EmailMessage:
    return message_from_bytes(written, policy=SMTP)


def receiver_of(found: EmailMessage) -> str:
    """As mail programs read it: the library's own reading of names puts blanks where a line was folded (CPython issue 128110)."""
    (raw,) = (value for name, value in found.raw_items() if name == "To")
    return str(make_header(decode_header(raw)))


def test_one_notice_is_its_subject_and_links_to_where_it_is_acted_on() -> None:
    found = read(notice("The promise to call <b>Wang</b> was missed"))
    assert found["Subject"] == "The promise to call <b>Wang</b> was missed"
    assert text_of(found) == (
        "The promise to call <b>Wang</b> was missed\n"
        "Nov 30, 2026 16:39\n"
        f"https://sales.example.com/desk/deals/{DEAL}\n"
        "\n"
        "-- \n"
        "You are told of promises at once\n"
        "Times are those of Asia/Shanghai.\n"
        "What you are told, and how: https://sales.example.com/desk/settings#notifications\n"
        "No more of these mails: https://sales.example.com/unsubscribe/token\n"
    )
    page = text_of(found, "html")
    assert "The promise to call &lt;b&gt;Wang&lt;/b&gt; was missed" in page
    assert f'href="https://sales.example.com/desk/deals/{DEAL}"' in page


def test_a_digest_says_how_much_it_tells_and_puts_together_what_is_of_a_deal() -> None:
    found = read(
        notice("First"), notice("Second", OTHER), notice("Third"), notice("Of none", None), language="zh"
    )
    assert found["Subject"] == "4 条通知"
    lines = [line for line in text_of(found).split("\n") if line and not line.startswith("2026年")][:7]
    at = "https://sales.example.com/desk"
    assert lines == [
        "First",
        "Third",
        f"{at}/deals/{DEAL}",
        "Second",
        f"{at}/deals/{OTHER}",
        "Of none",
        f"{at}/today",
    ]


def test_notices_of_a_deal_with_places_of_their_own_are_each_linked() -> None:
    found = read(notice("First"), notice("Of none", None), notice("Second", path="/desk/meetings/1"))
    assert text_of(found).index("Second") < text_of(found).index("Of none")
    assert text_of(found).count("https://sales.example.com/desk/deals/") == 1
    assert "https://sales.example.com/desk/meetings/1" in text_of(found)


def test_of_more_than_anybody_reads_the_first_are_shown_and_how_many_are_left() -> None:
    found = read(*(notice(f"Notice {n}.", UUID(int=n)) for n in range(1, 303)))
    assert found["Subject"] == "302 notices"
    assert ("Notice 300." in text_of(found), "Notice 301." in text_of(found)) == (True, False)
    assert "and 2 more: https://sales.example.com/desk\n" in text_of(found)
    assert ">and 2 more<" in text_of(found, "html")


def test_headers_are_what_mail_programs_go_by() -> None:
    written = mail(message(), LETTERHEAD, now=datetime(2026, 12, 1, 1, 2, 3, tzinfo=UTC))
    found = parsed(written)
    assert found["From"].addresses == (Address("Sales", "sales", "example.com"),)
    assert found["To"].addresses == (Address("Wang Wei", "wang", "example.net"),)
    assert found["Date"] == "Tue, 01 Dec 2026 09:02:03 +0800"
    assert found["Message-ID"] == f"<{UUID(int=9)}@example.com>"
    assert (found["References"], found["In-Reply-To"]) == (THREAD, THREAD)
    assert found["List-Unsubscribe"] == "<https://sales.example.com/unsubscribe/token>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (found["Auto-Submitted"], found["Content-Language"]) == ("auto-generated", "en")
    assert found["X-Salesloop-Notice"] == "promise.missed"
    assert found.get_content_type() == "multipart/alternative"


def test_what_is_of_no_deal_or_of_several_is_in_no_thread() -> None:
    for notices in ([notice(deal=None)], [notice(), notice(deal=OTHER)]):
        found = read(*notices)
        assert (found["References"], found["In-Reply-To"]) == (None, None)


def test_one_click_is_offered_over_https_alone_and_nothing_where_there_is_no_link() -> None:
    plain = Letterhead(LETTERHEAD.sender, "http://127.0.0.1:8765")
    found = parsed(mail(message(), plain))
    assert found["List-Unsubscribe"] == "<http://127.0.0.1:8765/unsubscribe/token>"
    assert found["List-Unsubscribe-Post"] is None
    assert read(unsubscribe=None)["List-Unsubscribe"] is None


def test_a_zone_that_the_system_does_not_know_is_utc() -> None:
    found = read(timezone="Nowhere/Lost")
    assert "Nov 30, 2026 08:39\n" in text_of(found)
    assert "Times are those of UTC." in text_of(found)
    assert parsedate_to_datetime(found["Date"]).utcoffset() is not None


BREAKS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("between", BREAKS)
def test_nothing_that_is_told_becomes_a_header(between: str) -> None:
    evil = f"Missed{between}Bcc: all@example.com{between}{between}<script>"
    found = read(notice(evil), name=evil, why=evil)
    assert found["Bcc"] is None
    assert found["Subject"] == "Missed Bcc: all@example.com <script>"
    assert [one.addr_spec for one in found["To"].addresses] == ["wang@example.net"]
    assert "<script>" not in text_of(found, "html")


@given(st.text(min_size=1, max_size=400).filter(lambda text: one_line(text) != ""))
def test_any_sentence_comes_back_from_its_bytes(sentence: str) -> None:
    found = read(notice(sentence), name=sentence)
    whole = one_line(sentence)
    assert found["Subject"] == (whole if len(whole) <= 150 else f"{whole[:149]}…")
    assert text_of(found).startswith(f"{whole}\n")
    assert [one.addr_spec for one in found["To"].addresses] == ["wang@example.net"]


WORDS = (
    "deal",
    "王伟",
    "承诺",
    "Zürich",
    "“回电话”",
    "A",
    "n°5",
    "é",
    "won",
    "2026-11-30",
    "已逾期。",
    "(x)",
    "a,b",
    "=?x?=",
    '"',
)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join))
def test_words_of_several_scripts_keep_the_blanks_between_them(sentence: str) -> None:
    found = read(notice(sentence[:150]), name=sentence[:60])
    assert found["Subject"] == sentence[:150].strip()
    assert receiver_of(found).replace("\\", "").replace('"', "") == (
        f"{sentence[:60].strip()} <wang@example.net>".replace('"', "")
    )


def test_long_words_and_lines_stay_within_what_servers_take() -> None:
    written = mail(message(notice("长" * 3000 + "x" * 3000), notice("y" * 5000)), LETTERHEAD)
    assert max(len(line) for line in written.split(b"\r\n")) <= 998
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert "长" * 3000 + "x" * 3000 in text_of(parsed(written))
    assert receiver_of(read(name="长" * 3000)) == f"{'长' * 100} <wang@example.net>"


def test_a_survey_names_who_asks() -> None:
    for company, said in (("Acme & Co", "Acme & Co would like to know"), ("", "We would like to know")):
        mail = read(template="survey", company=company)
        assert said in text_of(mail)
        assert said.replace("&", "&amp;") in text_of(mail, "html")


@pytest.mark.parametrize("template", sorted(TEMPLATES.iterdir()), ids=lambda path: path.name)
def test_every_word_around_the_notices_has_its_chinese(template: Path) -> None:
    with template.open("rb") as source:
        said = {text for _, _, text, _ in babel_extract(source, ["_"], [], {"silent": "false"})}
    assert {text for text in said if catalogue("zh").gettext(str(text)) == text} == set()


def test_the_link_to_the_settings_leads_to_a_part_of_the_page_that_there_is() -> None:
    path, _, anchor = SETTINGS.partition("#")
    assert path == "/desk/settings"
    assert f'id="{anchor}"' in (PAGES / "notifications.html").read_text(encoding="utf-8")
