"""api: templates to HTML. Everything is escaped; a name that a template does not get is an error, not a blank."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

from api.pages.engine import shown, static
from api.pages.engine.compiling import Compiled
from api.pages.engine.kept import Kept, Reader
from runtime.language import catalogue

TEMPLATES = Path(__file__).parent.parent / "templates"
SHARED = ("parts", "controls", "charts")
"""Templates of macros that every other one has, by these names."""

FILTERS = dict(shown.FILTERS)
GLOBALS: dict[str, Any] = {"static": static.address, "now": shown.now_of}
"""What every template has. Pages add what they alone know, before the first one is rendered."""


def add_filters(**filters: Callable[..., Any]) -> None:
    FILTERS.update(filters)


def add_globals(**values: Any) -> None:
    GLOBALS.update(values)


@cache
def environment(language: str) -> Compiled:
    made = Compiled(
        catalogue(language),
        loader=FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(FILTERS)
    made.tests["past"] = shown.is_past
    made.globals.update(GLOBALS)
    return made


def pieces(template: str, page: Reader, *, partial: bool, values: dict[str, Any]) -> Iterator[str]:
    """The page of the template, rendered as it is asked for; where `partial`, its middle alone, which base.html sees to however many
    templates stand between.
    """
    made = environment(page.language)
    found = made.get_template(template)
    given: dict[str, Any] = {"page": page, "kept": Kept(page)}
    for name in SHARED:  # a later one may use an earlier one, and none what a page alone has: what is kept would be made of it unnamed
        given[name] = made.get_template(f"{name}.html").make_module(dict(given))
    yield from found.generate(values | given, middle_alone=partial)
