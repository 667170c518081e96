"""api: who did something, as pages say it — a person by name, a workflow by what it does and for which record. The id of a workflow is
nothing to read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from jinja2 import pass_context
from jinja2.runtime import Context

from api.pages.engine.rendering import add_filters
from api.pages.engine.shown import in_words, word

WORKFLOWS = {
    "follow-up": ("follow-up", "deal"),
    "handover": ("handover", "rep"),
    "rep-moved": ("handover", "rep"),
    "manager-handover": ("handover", "team"),
    **{kind: (kind.replace("-", " "), kind) for kind in ("action-item", "adjustment", "case", "cycle", "meeting", "meeting-schedule", "revisit", "silence-watch", "survey-invitation")},
}  # fmt: skip
"""By what the ids of workflows begin with: what they do, and for which kind of record."""
ROLLOUT = "policy"
OF_RECORD = re.compile(r"([a-z-]+)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-\d+)?")
OF_POLICY = re.compile(rf"{ROLLOUT}-(.+)-v(\d+)")


class Workflow(NamedTuple):
    """`does` is a word of ours; the record has a `kind` and an `id`. What follows a rule has its `name` instead."""

    does: str
    kind: str = ""
    id: str = ""
    name: str = ""


def workflow(id: str) -> Workflow | None:
    """What a workflow with this id is for; None for what is no such id."""
    if (found := OF_RECORD.fullmatch(id)) and found[1] in WORKFLOWS:
        return Workflow(*WORKFLOWS[found[1]], found[2])
    if found := OF_POLICY.fullmatch(id):
        return Workflow(ROLLOUT, name=f"{found[1]} {found[2]}")
    return None


@pass_context
def doer(context: Context, event: Mapping[str, Any]) -> str:
    """Of an event of a history: a name, else the login; of a workflow what it does."""
    if event["who_kind"] != "workflow":
        return str(event["who_name"] or event["who"])
    return workflow_text(context, event["who"])


@pass_context
def workflow_text(context: Context, id: str) -> str:
    found = workflow(id)
    if found is None:
        return word(context, "workflow")
    words = in_words(context)
    return str(words.gettext("%(kind)s workflow") % {"kind": words.gettext(found.does)})


add_filters(doer=doer, workflow=workflow_text, workflow_of=workflow)
