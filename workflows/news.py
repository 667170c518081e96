"""Workflows room: every fact that a workflow has to hear of, and what it means to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.deadlines import DEADLINES
from domain.engine.deadlines import DeadlineRules
from domain.engine.recorded import Recorded
from workflows.deal import messages as deal
from workflows.engine.delivery import News, Reader
from workflows.engine.messages import Moved
from workflows.people import messages as people
from workflows.policy import messages as policy


def moved_by(rules: DeadlineRules[Any]) -> Reader:
    def read(recorded: Recorded) -> Moved:
        over = isinstance(recorded.fact, rules.ends) or rules.rests(recorded)
        return Moved(recorded.position, rules.name, recorded.originator_id, over)

    return read


READERS: Mapping[str, Reader] = {
    **{fact.TOPIC: read for part in (deal, people, policy) for fact, read in part.NEWS.items()},
    **{topic: moved_by(rules) for rules in DEADLINES.values() for topic in rules.topics()},
}


def news_of(recorded: Recorded) -> News | None:
    """None: nothing. What a workflow did itself it knows from the answer, and is not told again."""
    read = READERS.get(recorded.fact.TOPIC)
    news = read(recorded) if read is not None else None
    return None if news is not None and recorded.meta.actor.id == news.workflow_id else news


TOPICS = list(READERS)
