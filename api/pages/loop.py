"""api: what the pages of the loop share — who somebody is, whose something is, figures by their metric, and what a review's pack holds,
ready to be shown. What is shown is read by the pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from jinja2 import pass_context
from jinja2.runtime import Context

from api.engine.roles import Role
from api.pages.colleagues import reps_of
from api.pages.engine.page import Page
from api.pages.engine.rendering import add_filters
from api.pages.engine.shown import NOTHING, figure_text, word_text
from domain.figures.metrics import Unit, find_metric
from domain.figures.scope import PUBLISHED
from runtime.language import catalogue

PAGE_OF = 50
MEASURED = ("number", "actual", "value", "effect")
"""Values of a pack in the unit of their metric."""
STEPS = {
    "propose": "proposeTarget",
    "agree": "agreeTargets",
    "self-assess": "assessSelf",
    "assess": "assessCycle",
    "decide": "takeDecision",
    "give-feedback": "giveFeedback",
    "acknowledge": "acknowledgeFeedback",
    "decide-appeal": "decideAppeal",
}
"""The act that gives what a cycle waits for."""
SAID = {
    "propose": "propose a target",
    "agree": "agree to the targets",
    "self-assess": "give one's own assessment",
    "assess": "give the manager's assessment",
    "decide": "take a decision",
    "give-feedback": "give feedback",
    "acknowledge": "acknowledge the feedback",
    "decide-appeal": "decide the appeal",
    "hold": "record what came of the meeting",
}
"""What is asked of somebody, as it is said."""
SECTIONS = {
    "targets": "targets",
    "scorecard": "scorecard",
    "scores": "scores",
    "funnel": "funnel",
    "promises": "promises",
    "since_last_review": "changed since the last review",
    "entered_late": "entered late",
    "stalled": "stalled deals",
    "longest": "stalled longest",
    "action_items": "action items",
    "low_answers": "low answers of customers",
    "adjustments": "adjustments",
}
"""Of a pack, as they are called."""
LINKED = ("targets", "longest", "action_items", "low_answers", "adjustments")
"""Whose rows are about records with a page."""
LABELS = {"mean_days": "days", "number": "target", "entered_on": "entered"}
UNNAMED = ("promises", "deals", "score", "outcome", "facts")
"""Values of a pack that need no name beside the section's."""


@pass_context
def step(context: Context, value: str) -> str:
    return word_text(context["page"].language, SAID.get(value, value))


@pass_context
def metric(context: Context, value: Mapping[str, Any], said: str = "name") -> str:
    """What a metric is called, or how it is defined."""
    language = context["page"].language
    return metric_text(language, value["key"], value[said][language])


def metric_text(language: str, key: str, text: str) -> str:
    """With the kind or stage of one of a family in that language."""
    family, _, code = key.partition(":")
    used_as = "stage" if family == "stage-conversion" else "activity"
    return text.replace(code, word_text(language, code, used_as)) if code else text


add_filters(step=step, metric=metric)


class People:
    """Who and whose, for one reader. Ids are as JSON has them."""

    def __init__(self, page: Page, reps: Sequence[Any], teams: Sequence[Any]) -> None:
        self.page = page
        self.reps = reps
        self.teams = [one for one in teams if one["active"]]
        words = catalogue(page.language)
        self._said, self._said_as = words.gettext, words.pgettext
        self.names = {one["id"]: one["name"] for one in (*teams, *reps)}
        self._managers = {one["parent_id"]: one["name"] for one in teams if one["parent_id"]}

    def who(self, id: str | None) -> str:
        if not id:
            return str(self._said("nobody"))
        manages = self._managers.get(id)
        return self.names.get(id) or (
            self._said("the manager of %(team)s") % {"team": manages} if manages else id[:8]
        )

    def whose(self, scope: Mapping[str, Any]) -> str:
        """Of the company, a team or a rep, and what narrows it."""
        whose = str(self._said("company")) if scope["id"] is None else self.who(scope["id"])
        narrowed = (scope[part].removeprefix(PUBLISHED) for part in ("segment", "channel") if scope.get(part))
        return " · ".join([whose, *narrowed])

    def is_me(self, id: str | None) -> bool:
        """Whether it is for this reader to do; an administrator says for whom they speak."""
        user = self.page.session.user
        return user.role is Role.ADMIN or (id is not None and id == str(user.person_id))

    def metric(self, key: str) -> str:
        found = find_metric(key)
        return metric_text(self.page.language, key, getattr(found.name, self.page.language)) if found else key

    def figure(self, value: Any, key: str, currency: str = "") -> str:
        """As its metric is counted."""
        found = find_metric(key)
        unit = found.unit if found else Unit.COUNT
        return figure_text(self.page.language, value, unit, currency)

    def behind(self, one: Mapping[str, Any]) -> str:
        """The address of the events behind an attainment."""
        scope = one["scope"]
        query = {
            "metric": one["metric"],
            "since": one["period"]["start"],
            "until": one["day"],
            "scope": scope["kind"],
            "scope_id": scope["id"],
            "currency": one["currency"],
        }
        return self.page.at(f"/desk/figures/events?{urlencode({n: v for n, v in query.items() if v})}")

    def beside(self, pack: Mapping[str, Any], *, changed: bool = False) -> list[dict[str, Any]]:
        """The sections of a pack, each with its rows: what it was when frozen, and as known now. `changed`: only what differs."""
        return [
            {"name": SECTIONS.get(section, section), "code": section, "rows": rows}
            for section, lines in groupby(pack["lines"], lambda line: line["section"])
            if (rows := list(self._rows(list(lines), changed=changed)))
        ]

    def _rows(self, lines: Sequence[Any], *, changed: bool) -> Iterator[dict[str, Any]]:
        for about, group in groupby(lines, lambda line: line["about"]):
            values = list(group)
            differs = any(one["then"] != one["now"] for one in values)
            if differs or not changed:
                yield {
                    "about": self._about(values[0], about),
                    "link": self._link(values[0]["section"], about),
                    "then": self._values(values, "then"),
                    "now": self._values(values, "now"),
                    "differs": differs,
                }

    def _about(self, line: Mapping[str, Any], about: str) -> str:
        if line["metric"]:
            return self.metric(line["metric"])
        return self.names.get(about) or (about[:8] if is_id(about) else self._code(about))

    def _code(self, text: str, used_as: str = "stage") -> str:
        """A stage, or another fixed word."""
        found = str(self._said_as(used_as, text))
        return str(self._said(text)) if found == text else found

    def _link(self, section: str, about: str) -> str:
        of = {"action_items": "action-items", "longest": "deals"}.get(section, section)
        return f"/desk/{of}/{about}" if section in LINKED and is_id(about) else ""

    def _values(self, lines: Sequence[Any], when: str) -> str:
        named = [
            f"{self._label(line)} {self._value(line, line[when])}".strip()
            for line in lines
            if line[when] is not None
        ]
        return " · ".join(named) or NOTHING

    def _label(self, line: Mapping[str, Any]) -> str:
        name = line["name"]
        return "" if name in UNNAMED else str(self._said(LABELS.get(name, name)))

    def _value(self, line: Mapping[str, Any], text: str) -> str:
        if line["name"] in MEASURED and line["metric"]:
            return self.figure(text, line["metric"], line["currency"])
        if line["name"] == "attained":
            return figure_text(self.page.language, text, Unit.RATIO)
        return self._code(text) if text[:1].isalpha() else text


async def people_of(page: Page) -> People:
    reps, teams = await asyncio.gather(reps_of(page), page.listed("/teams"))
    return People(page, reps, teams)


async def asked_for(page: Page, path: str, *names: str, **fixed: Any) -> Any:
    """A page of a list, narrowed down by those names of the address."""
    narrowed = {name: page.query[name] for name in names}
    return await page.read(path, **fixed | narrowed, limit=PAGE_OF, cursor=page.query["cursor"])


async def titles_of(page: Page, ids: Sequence[str], most: int = 20) -> dict[str, str]:
    """Of the first of those deals, as far as they are this person's to see."""
    found = {id: await page.find(f"/deals/{id}") for id in list(dict.fromkeys(ids))[:most]}
    return {id: deal["title"] for id, deal in found.items() if deal}


def is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
