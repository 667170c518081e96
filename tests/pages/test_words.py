"""Every fixed word of the pages is there in Chinese."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from jinja2.ext import babel_extract

from api.pages.admin.tabs import TABS
from api.pages.engine.control import within
from api.pages.engine.forms import controls_of
from api.pages.engine.rendering import TEMPLATES
from api.pages.engine.table import acts
from api.pages.form_words import HINTS, MORE, OF, SENT, more, worded
from api.pages.navigation import ENTRIES
from runtime.language import catalogue

ZH = catalogue("zh")


def said_in(template: Path) -> set[str]:
    with template.open("rb") as source:
        found = [said for _, _, said, _ in babel_extract(source, ["_", "ngettext"], [], {"silent": "false"})]
    return {text for said in found for text in ((said,) if isinstance(said, str) else said or ()) if text}


def missing(texts: set[str]) -> set[str]:
    return {
        text for text in texts if text.isascii() and ZH.gettext(text) == text and any(map(str.isalpha, text))
    }


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_of_a_template(template: Path) -> None:
    assert missing(said_in(template)) == set()


def test_of_navigation_and_tabs() -> None:
    assert missing({entry.title for entry in ENTRIES} | {title for _, title in TABS}) == set()


def test_of_every_form() -> None:
    titles = {text for act in acts().values() for text in (act.summary, more(act)) if text}
    fields = {
        text
        for act in acts().values()
        for control in within(map(partial(worded, act), controls_of(act)))
        for text in (control.label, control.help)
        if text
    }
    assert missing(titles | fields | set(SENT.values())) == set()


def test_what_forms_say_instead_is_of_acts_and_fields_that_are_there() -> None:
    assert {*MORE, *SENT} <= set(acts())
    there = {(name, control.place) for name, act in acts().items() for control in within(controls_of(act))}
    assert set(HINTS) <= there | {("", place) for _, place in there}
    assert set(OF) <= {place for _, place in there}
