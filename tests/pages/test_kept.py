"""What is rendered once for several is what each would have been shown, and nobody's own is in it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from sys import getsizeof
from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from jinja2 import DictLoader
from jinja2.exceptions import TemplateAssertionError
from markupsafe import Markup, escape

from api.engine.roles import Role
from api.pages.engine import shown
from api.pages.engine.compiling import Compiled
from api.pages.engine.kept import EACH, FAST, Kept, Part, Parts
from api.pages.engine.page import Page
from api.pages.engine.shared import KEY, TOKEN
from runtime.language import catalogue
from tests.house import House
from tests.pages.conftest import hidden

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True)
class Anybody:
    language: str = "en"
    zone: ZoneInfo = UTC_ZONE
    role: Role = Role.REP
    as_of: date | None = None


class Desk:
    """Templates that are given texts, and count how often each text was asked for: as often as it was rendered."""

    def __init__(
        self, template: str, parts: Parts | None = None, included: Mapping[str, str] | None = None
    ) -> None:
        self.parts = parts or Parts()
        self.asked: list[str] = []
        self._included = included or {}
        self.made = {language: self._environment(language, template) for language in ("en", "zh")}

    def _environment(self, language: str, template: str) -> Compiled:
        made = Compiled(
            catalogue(language),
            loader=DictLoader({"one.html": template, **self._included}),
        )
        made.filters.update(shown.FILTERS, heard_of=self._heard_of)
        made.tests["past"] = shown.is_past
        return made

    def _heard_of(self, text: str) -> str:
        self.asked.append(text)
        return text

    def shows(self, page: Any, **values: Any) -> str:
        template = self.made[page.language].get_template("one.html")
        return template.render(page=page, kept=Kept(page, self.parts), **values)


LINE = "{% call kept(one) %}{{ one.text | heard_of }} {{ _('overdue') }}{% endcall %}"
ONE = {"text": "pumps"}


def test_the_same_is_rendered_once() -> None:
    desk = Desk(LINE)
    assert desk.shows(Anybody(), one=ONE) == desk.shows(Anybody(), one=dict(ONE)) == "pumps overdue"
    assert desk.asked == ["pumps"]


def test_other_content_is_rendered_anew() -> None:
    desk = Desk(LINE)
    desk.shows(Anybody(), one=ONE)
    assert desk.shows(Anybody(), one={"text": "fans"}) == "fans overdue"


@pytest.mark.parametrize(
    "other",
    [
        Anybody(language="zh"),
        Anybody(zone=ZoneInfo("Asia/Shanghai")),
        Anybody(role=Role.MANAGER),
        Anybody(as_of=date(2026, 1, 1)),
    ],
    ids=["language", "zone", "role", "as-of"],
)
def test_for_a_reader_of_another_kind_too(other: Anybody) -> None:
    desk = Desk(LINE)
    desk.shows(Anybody(), one=ONE)
    desk.shows(other, one=ONE)
    assert desk.asked == ["pumps", "pumps"]


def test_what_is_escaped_stays_escaped() -> None:
    desk = Desk(LINE)
    for _ in range(2):
        assert desk.shows(Anybody(), one={"text": "<b>"}).startswith("&lt;b&gt;")


def test_two_places_are_two_parts() -> None:
    desk = Desk("{% call kept(one) %}a{% endcall %}{% call kept(one) %}b{% endcall %}")
    assert [desk.shows(Anybody(), one=ONE) for _ in range(2)] == ["ab", "ab"]


# --- until when ------------------------------------------------------------------------------------------------------

DUE = "{% call kept(one) %}{{ one.text | heard_of }}{% if one.due is past %} late{% endif %}{% endcall %}"


def test_what_falls_due_is_late_from_then_on() -> None:
    desk, due = Desk(DUE), datetime.now(UTC) + timedelta(hours=1)
    one = {"text": "call", "due": due.isoformat()}
    assert desk.shows(Anybody(), one=one) == "call"
    (key,) = desk.parts.recent
    assert desk.parts.get(key, (due - timedelta(seconds=1)).timestamp())
    assert desk.parts.get(key, due.timestamp()) is None


def test_a_part_around_it_is_kept_no_longer() -> None:
    desk, due = (
        Desk("{% call kept(one) %}" + DUE + "{% endcall %}"),
        datetime.now(UTC) + timedelta(hours=1),
    )
    one = {"text": "call", "due": due.isoformat()}
    desk.shows(Anybody(), one=one)
    outer = [key for key in desk.parts.recent if key[0] == "one.html:1"]
    assert outer
    assert all(desk.parts.get(key, due.timestamp()) is None for key in desk.parts.recent)


def test_what_is_told_from_now_is_rendered_each_time() -> None:
    desk = Desk("{% call kept(one) %}{{ one.text | heard_of }} {{ one.at | ago }}{% endcall %}")
    for _ in range(2):
        desk.shows(Anybody(), one={"text": "call", "at": "2026-01-01T00:00:00+00:00"})
    assert desk.asked == ["call", "call"]


# --- nobody's own ----------------------------------------------------------------------------------------------------


def page_of(name: str) -> Page:
    session = SimpleNamespace(
        name=name,
        csrf=f"token of {name}",
        language="en",
        timezone="UTC",
        user=SimpleNamespace(role=Role.REP, user_id=uuid4()),
    )
    url = SimpleNamespace(path=f"/desk/of/{name}", query="")
    return Page(SimpleNamespace(url=url, query_params={}), session)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "own",
    ["page.session.name", "page.session.csrf", "page.new_key()", "page.with_query()", "page.query_of()"],
)
def test_what_looks_at_the_session_or_the_address_is_kept_for_nobody(own: str) -> None:
    template = "{% call kept(one) %}{% call kept(one) %}{{ " + own + " }}{% endcall %}{% endcall %}"
    desk = Desk(template)
    first, second = desk.shows(page_of("Ann"), one=ONE), desk.shows(page_of("Bob"), one=ONE)
    assert "Ann" not in second
    assert own == "page.query_of()" or first != second
    assert desk.parts.size == 0


def test_a_part_names_all_that_it_is_made_of() -> None:
    with pytest.raises(TemplateAssertionError, match="kept is made of other"):
        Desk("{% call kept(one) %}{{ one.text }}{{ other }}{% endcall %}").shows(Anybody(), one=1, other=2)
    with pytest.raises(TemplateAssertionError, match="kept takes names"):
        Desk("{% call kept(one.text) %}{{ one.text }}{% endcall %}").shows(Anybody(), one=ONE)


def test_a_part_names_what_is_included_in_it_too() -> None:
    included = {"line.html": "{{ one.text }}{% include 'more.html' %}", "more.html": "{{ other }}"}
    unnamed = Desk("{% call kept(one) %}{% include 'line.html' %}{% endcall %}", included=included)
    with pytest.raises(TemplateAssertionError, match="kept is made of other"):
        unnamed.shows(Anybody(), one=ONE, other=2)
    named = Desk("{% call kept(one, other) %}{% include 'line.html' %}{% endcall %}", included=included)
    assert named.shows(Anybody(), one=ONE, other=2) == "pumps2"


@pytest.mark.parametrize(
    "taken",
    ["{% include which %}", "{% import 'line.html' as line %}", "{% from 'line.html' import said %}"],
)
def test_what_cannot_be_looked_into_is_refused(taken: str) -> None:
    desk = Desk("{% call kept(one, which) %}" + taken + "{% endcall %}", included={"line.html": ""})
    with pytest.raises(TemplateAssertionError, match="may include templates by their names"):
        desk.shows(Anybody(), one=ONE, which="line.html")


def test_kept_goes_by_no_other_name() -> None:
    with pytest.raises(TemplateAssertionError, match="kept is called with a block"):
        Desk("{% set k = kept %}{% call k('here') %}a{% endcall %}").shows(Anybody())


def test_a_manager_may_drag_what_an_auditor_looks_at(house: House) -> None:
    deal = house.open_deal("north", title="Both look at it")
    after = {"after": str(house.position), "sort": "-opened_at", "text": "Both look"}
    for _ in range(2):
        managers = house.browser("north-manager").get("/desk/board", params=after).text
        auditors = house.browser("auditor").get("/desk/board", params=after).text
        assert f'data-drag="{deal}"' in managers
        assert "Both look at it" in auditors
        assert "data-drag" not in auditors


def test_forms_of_promises_are_each_ones_own(house: House) -> None:
    house.open_deal("north", title="Seen by two")
    ann, bob = house.browser("north"), house.browser("north")
    pages = [
        client.get("/desk/today", params={"after": str(house.position)}).text for client in (ann, bob, ann)
    ]
    tokens = [hidden(page, "csrf") for page in pages]
    assert tokens[0] == tokens[2] != tokens[1]
    assert not [place for page in pages for place in (TOKEN, KEY) if place in page]
    keys = [key for page in pages for key in _all(page, "key")]
    assert keys
    assert len(set(keys)) == len(keys), "two forms of one key: the second does nothing"


def test_a_card_in_chinese_has_no_english(house: House, rep: httpx.Client) -> None:
    house.open_deal("north", title="In two languages")
    asked = {"after": str(house.position), "text": "In two", "sort": "-opened_at"}
    assert "0 days here" in rep.get("/desk/board", params=asked).text
    chinese = house.browser("north")
    chinese.headers["Accept-Language"] = "zh-CN"
    assert "days here" not in chinese.get("/desk/board", params=asked).text


def _all(html: str, name: str) -> list[str]:
    return [piece.split('"', 1)[0] for piece in html.split(f'name="{name}" value="')[1:]]


def test_keys_of_json_hide_no_method_of_it() -> None:
    desk = Desk("{% for name, value in one.items() %}{{ name }}={{ value }}{% endfor %} {{ one.name }}")
    assert desk.shows(Anybody(), one={"items": 1, "name": 2}) == "items=1name=2 2"


# --- how much --------------------------------------------------------------------------------------------------------


TEN = Part(Markup("x") * 10, float("inf"))
PLAIN = EACH + getsizeof(TEN.text)


def test_what_was_not_shown_for_longest_is_compressed_first_and_shown_as_it_was() -> None:
    parts, texts = Parts(recent=3 * PLAIN), {key: escape(key) * 10 for key in "abcd"}
    for key in "abc":
        parts.put(key, Part(texts[key], 1.0))
    parts.put("a", Part(texts["a"], 1.0))
    assert parts.get("b", 0)
    parts.put("d", Part(texts["d"], 1.0))
    assert [*parts.recent] == ["a", "b", "d"]
    assert [*parts.compressed] == ["c"]
    assert parts.recent.size == 3 * PLAIN
    for key, text in texts.items():
        part = parts.get(key, 0)
        assert part == Part(text, 1.0)
        assert type(part.text) is Markup
        assert parts.get(key, 1.0) is None


def test_what_is_compressed_goes_for_good_in_the_same_order() -> None:
    parts = Parts(most=2 * (EACH + getsizeof(zlib.compress(TEN.text.encode(), FAST))), recent=PLAIN)
    for key in "abcd":
        parts.put(key, TEN)
    assert [*parts.recent, *parts.compressed] == ["d", "b", "c"]
    assert parts.get("a", 0) is None


def test_what_is_said_otherwise_by_now_does_not_come_back() -> None:
    parts = Parts(recent=PLAIN)
    for key in "ab":
        parts.put(key, TEN._replace(expires=1.0))
    parts.put("a", Part(Markup("y"), 2.0))
    parts.put("b", Part(Markup("z"), 2.0))
    assert parts.get("a", 1.0) == Part(Markup("y"), 2.0)
