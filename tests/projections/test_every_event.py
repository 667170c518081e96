"""No event is forgotten without a word: whoever adds one decides here, and in the read models, what it does to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from cli.views.cycle_sentences import SAID, STEPS
from domain.cycle.policy import Step
from domain.deadlines import DEADLINES
from domain.deal import facts as f
from domain.deal.deal import Deal
from domain.engine.facts import FACTS, Fact
from domain.people.handover import handovers
from projections.deal.fold import ByDeal
from projections.deal.history import DealHistory
from projections.engine.catalog import ALL, BY_NAME
from projections.ports.loads import OPEN
from runtime.codec import decode_fact
from tests.domain.stored_names import read_sample
from workflows.news import TOPICS

UNFOLLOWED = {
    "scorecard-definition.published": "a scorecard names its version, which is read from the stream it stands in",
    "custom-fields.published": "what is declared is read from the stream it stands in",
    "duplicate-policy.published": "what is entered is held to it as it stands in its stream",
    "recipient.address-failed": "which addresses take nothing stands in a table of the application, beside accounts",
    "recipient.address-restored": "likewise",
    "webhook.switched-off": "how an endpoint is stands in tables of the application",
    "survey-contact.asked": "its invitation tells it; this is for decisions",
    "survey-contact.not-asked": "likewise",
    "survey-contact.declined": "likewise",
}
"""What no read model follows, and why. The history of a deal has every fact of it, so it does not count here."""

WORK = (
    *("deal.activity-logged", "deal.activity-corrected", "deal.needs-recorded", "deal.quote-recorded"),
    "deal.fields-set",
)
GATES = ("deal.override-requested", "deal.override-decided", "deal.blocked", "deal.unblocked")
TELLING = ("promise.reminded", "promise.missed", "promise.escalated")
PASSED_OVER: dict[str, dict[str, tuple[str, ...]]] = {
    "agenda": {
        "what it makes of promises are facts of their own": (*WORK, "deal.process-moved"),
        "the agenda tells no amount, date or product": (
            *("deal.amount-changed", "deal.expected-close-moved", "deal.product-corrected"),
            "deal.closing-corrected",
        ),
        "it is no promise": (*GATES, "deal.import-noted"),
    },
    "funnel": {
        "it moves no deal and no money": (*WORK, *GATES, "deal.expected-close-moved", "deal.import-noted"),
        "the funnel names nobody": ("deal.title-corrected", "deal.customer-corrected", "deal.product-corrected"),
        "the move to lost is a fact of its own": ("deal.lost",),
        "promises are the agenda's": tuple(topic for topic in FACTS if topic.startswith("promise.")),
    },
    "rep_load": {
        "it makes nobody's load another": (*WORK, *GATES, "deal.stage-moved", "deal.process-moved"),
        "load names no deal": (
            *("deal.title-corrected", "deal.customer-corrected", "deal.product-corrected"),
            *("deal.expected-close-moved", "deal.import-noted"),
        ),
        "the promise is live as before": (*TELLING, "promise.reworded"),
        "names are the directory's": ("rep.corrected",),
    },
    "contributions": {
        "no metric counts it": (
            *("deal.needs-recorded", "deal.quote-recorded", "deal.expected-close-moved", "deal.title-corrected"),
            *("deal.fields-set", "deal.import-noted"),
        ),
        "what it means to a gate counts when a deal moves": GATES,
        "a promise counts when it ends, by its last due time": (*TELLING, "promise.rearmed", "promise.reworded"),
    },
}  # fmt: skip
"""Of the facts that a read model chooses from, those it does not follow, and why."""
CHOOSES_FROM = {
    "agenda": ("deal.", "promise."),
    "funnel": ("deal.", "promise."),
    "rep_load": ("deal.", "promise.", "rep."),
    "contributions": ("deal.", "promise."),
}
CHOSEN_ELSEWHERE = (
    "directory",
    "search",
    "handed_over",
    "known_customers",
    "customers",
    "merged",
    "custom_values",
)
"""Read models that follow some facts of a stream, and say so themselves."""
UNDELIVERED = {
    "no workflow waits for it": (
        *("team.", "customer.", "product.", "lead.", "target.", "scorecard", "survey-answer."),
    ),
    "its own workflow records it": ("webhook.", "recipient.", "segment-membership."),
    "a follower of its own hears of it": ("segment.", "survey."),
    "a deal's timer hears of its promise, and of its end": ("deal.", "promise."),
    "read when something is decided": (
        "process.",
        "cycle-policy.",
        "service-policy.",
        "duplicate-policy.",
        "rep.",
        "survey-contact.",
        "lifecycle-policy.",
        "custom-fields.",
        "revisit-policy.",
        "offer.",
    ),
}
"""The beginnings of what is told to no workflow, and why; what is told all the same is not meant."""
TOLD_OF_THESE = {
    "deal.won", "deal.lost", "deal.import-undone", "promise.made", "promise.rearmed", "rep.left", "rep.moved", "team.manager-changed",
}  # fmt: skip


UNSHOWN = {
    "the figures beside it show it": ("cycle.checked-in", "cycle.fell-behind", "cycle.recovered"),
    "nobody in the demonstration does it": (
        *("cycle.self-assessed", "cycle.commented", "cycle.appealed", "cycle.appeal-decided", "cycle.paused"),
        *("cycle.decision-asked", "cycle.decision-taken", "cycle.decision-handed-over", "cycle.resumed"),
        *("cycle.cadence-changed", "cycle.handed-over", "cycle.left-unacknowledged"),
    ),
    "it is said before the watching begins": ("cycle.cancelled",),
}  # fmt: skip
"""What the demonstration says nothing of while a cycle goes by, and why."""


def test_the_demonstration_tells_every_fact_of_a_cycle_or_has_a_reason_not_to() -> None:
    unshown = {topic for topics in UNSHOWN.values() for topic in topics}
    assert {topic for topic in FACTS if topic.startswith("cycle.")} - SAID.keys() == unshown
    assert set(STEPS) == set(Step) - {Step.HOLD}, "a meeting is held, not a cycle"


def test_every_event_is_followed_by_a_read_model_or_it_says_why_not() -> None:
    followed = {topic for projection in ALL if projection is not DealHistory for topic in projection.topics}
    assert FACTS.keys() - followed == set(UNFOLLOWED)


@pytest.mark.parametrize("name", CHOOSES_FROM)
def test_what_a_read_model_passes_over_is_passed_over_for_a_reason(name: str) -> None:
    among = {topic for topic in FACTS if topic.startswith(CHOOSES_FROM[name])}
    reasoned = [topic for topics in PASSED_OVER[name].values() for topic in topics]
    assert len(reasoned) == len(set(reasoned))
    assert among - BY_NAME[name].topics == set(reasoned)


def test_a_read_model_of_whole_streams_follows_every_fact_of_theirs() -> None:
    chosen = {*CHOOSES_FROM, *CHOSEN_ELSEWHERE}
    whole = [one for one in ALL if one.name not in chosen]
    for projection in whole:
        kinds = {topic.partition(".")[0] for topic in projection.topics}
        assert {topic for topic in FACTS if topic.partition(".")[0] in kinds} == projection.topics, (
            projection.name
        )


def test_what_is_told_to_no_workflow_is_so_for_a_reason() -> None:
    beginnings = tuple(beginning for those in UNDELIVERED.values() for beginning in those)
    untold = {topic for topic in FACTS if topic.startswith(beginnings)} - TOLD_OF_THESE
    assert FACTS.keys() - set(TOPICS) == untold


def test_what_hears_of_another_stream_is_not_filled_stream_by_stream() -> None:
    """A share of the streams would not have the company's."""
    assert [one.name for one in ALL if one.by_stream and "cycle-policy.published" in one.topics] == []


# -- what a deal's facts change --------------------------------------------------------------------

DEAL_FACTS = [topic for topic in FACTS if topic.startswith(("deal.", "promise."))]
STATE = (
    *("title", "customer_id", "product_id", "owner_id", "team_id", "process", "process_version", "policy", "stage"),
    *("status", "amount", "expected_close"),
)  # fmt: skip
UNTOUCHED = "nothing"


def sample(topic: str) -> Fact:
    schema = FACTS[topic].SCHEMA
    return decode_fact(topic, schema, read_sample(topic, schema))


def changes(topic: str) -> set[str]:
    """The attributes of a deal that a fact sets, whatever they were."""
    deal: Any = Deal(UUID(int=1))
    for name in STATE:
        setattr(deal, name, UNTOUCHED)
    deal.replay(sample(topic), 2)
    return {name for name in STATE if getattr(deal, name) != UNTOUCHED}


def test_every_fact_that_brings_a_deal_into_a_stage_is_declared_with_its_field() -> None:
    assert {FACTS[topic] for topic in DEAL_FACTS if "stage" in changes(topic)} == set(f.STAGE_IN)
    for fact, name in f.STAGE_IN.items():
        deal = Deal(UUID(int=1)).replay(sample(fact.TOPIC), 1)
        assert deal.stage == getattr(sample(fact.TOPIC), name)


@pytest.mark.parametrize("projection", [one for one in ALL if issubclass(one, ByDeal)])
def test_what_changes_a_deal_changes_every_row_that_shows_it(projection: type[ByDeal[Any]]) -> None:
    shown = set(projection.deal_table.names) & set(STATE)
    for topic in DEAL_FACTS:
        meant = changes(topic) & shown
        assert not meant or topic in projection.topics, f"{topic} changes {meant}"


def test_what_has_deadlines_or_is_handed_over_says_in_its_read_model_what_is_open() -> None:
    """The sweep looks for its workflows there, and a handover for what somebody has."""
    assert DEADLINES.keys() <= OPEN.keys()
    assert {rules.name for rules in handovers()} <= {kind for kind, model in OPEN.items() if model.owed_by}
