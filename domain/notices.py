"""Domain room: everything that people can be told of, as the capabilities declare it in `NOTICES`.

What no fact says is declared here: whoever finds it decides that it is told.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.capabilities import load
from domain.engine.notices import NoticeRule

IMPORT_FINISHED, READ_MODEL_STOPPED = "import.finished", "read-model.stopped"
UNRECORDED = (
    NoticeRule(
        name=IMPORT_FINISHED,
        called="finished imports",
        says="The import “{source}” is over: {state}; {accepted} of {rows} rows taken in, {refused} refused",
    ),
    NoticeRule(
        name=READ_MODEL_STOPPED,
        called="read models that stopped",
        says="The read model {model} stopped at position {position}: what it shows stays as it was there",
    ),
)
NOTICES: tuple[NoticeRule, ...] = (
    *(rule for module in load("domain") for rule in getattr(module, "NOTICES", ())),
    *UNRECORDED,
)
BY_TOPIC: Mapping[str, tuple[NoticeRule, ...]] = {
    topic: tuple(rule for rule in NOTICES if topic in {fact.TOPIC for fact in rule.facts})
    for topic in dict.fromkeys(fact.TOPIC for rule in NOTICES for fact in rule.facts)
}
"""What a fact of this topic may mean to people."""
CALLED: Mapping[str, str] = {rule.name: rule.called for rule in NOTICES}
GROUPS: Mapping[str, str] = {
    "promise": "promises",
    "deal": "deals that are given to you",
    "override": "approvals at gates",
    "lead": "leads that are given to you",
    "customer": "customers that are merged",
    "target": "targets",
    "cycle": "cycles",
    "action-item": "action items",
    "adjustment": "adjustments",
    "meeting": "review meetings",
    "case": "service cases",
    "revisit": "revisits",
    "survey-answer": "answers of customers",
    "recipient": "addresses that take nothing",
    "webhook": "webhooks that were switched off",
    "import": "finished imports",
    "read-model": "read models that stopped",
}
"""What all names with this beginning are about."""
EVERYTHING = "everything that concerns you"


def called(what: str) -> str:
    """What a rule of a person's is about, in English: one kind, a group of them, or everything."""
    return CALLED.get(what) or GROUPS.get(what) or EVERYTHING
