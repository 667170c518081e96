"""Every fact of a deal is told: who, what, when, before and after, why, through which door."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from domain.deal import commands as c
from domain.deal import facts as f
from domain.deal.promising import BY_RULE
from domain.engine.context import Actor, Channel
from domain.engine.facts import FACTS, Fact
from domain.engine.recorded import Meta
from domain.engine.values import Activity, ActivityKind, Direction, PromiseOutcome, Quote
from domain.policy.process import DEFAULT_PROCESS, REQUIREMENTS, declared_requirements
from domain.time.commitment import Deadlines
from projections.deal import history as deal_history
from projections.deal.events import DealEvent, changes, ids_in
from projections.deal.fold import DEAL_TOPICS
from projections.deal.rendered import TOLD_HERE, plain
from projections.deal.sentences import EN, SENTENCES, TERMS, ZH, SentenceRenderer, places
from projections.engine.paging import fetch_raw
from projections.people import directory
from runtime.codec import encode
from tests.domain.anything import anything
from tests.office import NOW
from tests.projections.telling import ALL_NEEDS, DAY, Books, call, needs, to, yuan


async def told(books: Books, deal_id: UUID) -> list[DealEvent]:
    await books.follow()
    return (await deal_history.listing(books.pool, deal_id)).items


async def test_a_fact_is_told_with_its_whole_envelope(books: Books) -> None:
    await books.hire("Chen Jie", user_id="u-7")
    deal_id, correlation = await books.opened(), uuid4()
    await books.given(
        c.ChangeAmount(deal_id=deal_id, amount=yuan(1200)),
        actor=Actor("user", "u-7"),
        channel=Channel.CLI,
        reason="the customer wants fewer",
        correlation_id=correlation,
        occurred_at=NOW - DAY,
    )

    last = (await told(books, deal_id))[-1]
    (recorded,) = [e for e in await books.office.ledger.stream(deal_id) if e.position == last.position]

    assert (last.topic, last.who, last.who_kind, last.who_name) == (
        "deal.amount-changed",
        "u-7",
        "user",
        "Chen Jie",
    )
    assert (last.channel, last.reason) == ("cli", "the customer wants fewer")
    assert last.correlation_id == correlation
    assert last.occurred_at == NOW - DAY
    assert last.recorded_at == recorded.recorded_at
    assert last.sentence == {
        "en": "changed the amount from nothing to 1,200 CNY",
        "zh": "金额由 无 改为 1,200 CNY",
    }
    (change,) = last.changes
    assert (change.field, change.before) == ("amount", None)
    assert change.after == {"amount": "1200", "currency": "CNY"}


async def test_a_history_holds_every_fact_of_the_deal_and_nothing_else(books: Books) -> None:
    deal_id, other = await books.opened(), await books.opened()
    await books.given(call(deal_id), needs(deal_id), to(deal_id, "solution"), call(other))

    history = await told(books, deal_id)

    recorded = await books.office.ledger.stream(deal_id)
    assert [(h.position, h.version, h.topic) for h in history] == [
        (e.position, e.originator_version, e.fact.TOPIC) for e in recorded
    ]


async def test_values_of_several_parts_are_compared_part_by_part(books: Books) -> None:
    deal_id = await books.opened()
    await books.given(needs(deal_id))
    recorded = next(h for h in await told(books, deal_id) if h.topic == "deal.needs-recorded")
    assert {change.field: change.after for change in recorded.changes} == {
        "needs.pain_points": ALL_NEEDS.pain_points,
        "needs.budget": {"amount": "50000", "currency": "CNY"},
        "needs.decision_process": ALL_NEEDS.decision_process,
        "needs.decision_makers": list(ALL_NEEDS.decision_makers),
    }


@pytest.mark.parametrize(("other", "name"), [("Chen Jie", "Chen Jie"), ("Chen Jun", None)])
async def test_nobodys_name_is_put_to_what_one_of_two_people_with_a_login_did(
    books: Books, other: str, name: str | None
) -> None:
    """Who comes back is another rep with the same login."""
    for one in ("Chen Jie", other):
        await books.hire(one, user_id="u-7")
    deal_id = await books.opened()
    await books.given(c.ChangeAmount(deal_id=deal_id, amount=yuan(1200)), actor=Actor("user", "u-7"))

    assert [(h.who, h.who_name) for h in await told(books, deal_id)][-1] == ("u-7", name)
    page = await deal_history.page_as_json(books.pool, deal_id, "en", None, 100)
    assert page is not None
    assert json.loads(page)["items"][-1]["who_name"] == name
    assert await directory.users(books.pool, ["u-7"]) == ({"u-7": name} if name else {})


async def test_people_are_told_by_name(books: Books) -> None:
    rep, deal_id = await books.hire("Wang Fang"), await books.opened()
    await books.given(c.HandOver(deal_id=deal_id, to=rep, handover_note="knows the plant"))
    handed = next(h for h in await told(books, deal_id) if h.topic == "deal.owner-changed")
    assert handed.sentence["en"] == ("gave the deal from Zhang Min to Wang Fang (handover): knows the plant")
    assert handed.sentence["zh"] == "负责人由 Zhang Min 变更为 Wang Fang（移交）：knows the plant"
    assert {change.field for change in handed.changes} == {"owner_id"}, "they are of one team"


@pytest.mark.parametrize(("topic", "version"), [("deal.teleported", 1), ("deal.stage-moved", 99)])
async def test_a_fact_of_a_newer_release_is_told_by_its_topic(books: Books, topic: str, version: int) -> None:
    deal_id = await books.opened()
    await books.follow()
    row = sql.SQL("""
        INSERT INTO read.deal_history SELECT deal_id, 99, 99, %s, %s, '{"to": "Mars"}', meta, occurred_at,
               recorded_at FROM read.deal_history WHERE deal_id = %s AND version = 1
    """)
    await books.connection.execute(row, [topic, version, deal_id])
    page = await deal_history.page_as_json(books.pool, deal_id, "en", None, 10)
    assert page is not None
    assert msgspec.json.decode(page)["items"][-1]["sentence"] == topic
    last = (await deal_history.listing(books.pool, deal_id)).items[-1]
    assert last.sentence == {"en": topic, "zh": topic}
    assert bytes(last.data) == b'{"to": "Mars"}'


def facts_of(topic: str, texts: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Fact]:
    hints = get_type_hints(FACTS[topic], include_extras=True)
    parts = {part.name: anything(hints[part.name], texts) for part in fields(FACTS[topic])}
    return st.builds(FACTS[topic], **parts)


def test_every_fact_of_a_deal_has_its_sentences() -> None:
    assert set(SENTENCES) == DEAL_TOPICS
    assert {topic for topic in FACTS if topic.split(".")[0] in ("deal", "promise")} == DEAL_TOPICS


def test_every_built_in_term_has_a_translation() -> None:
    known: dict[str, Any] = {
        "s": [stage.name for stage in DEFAULT_PROCESS.stages],
        "k": ActivityKind,
        "d": Direction,
        "u": ["reached", "no-answer", "offer-sent", "meeting-set"],
        "o": PromiseOutcome,
        "r": ["handover", "escalation", "rep-left", "rep-moved", "import", "allocation"],
        "m": (*REQUIREMENTS, *declared_requirements()),
        "w": [BY_RULE],
    }
    assert {kind: set(words) for kind, words in known.items()} == {
        k: set(words) for k, words in TERMS.items()
    }


def test_every_word_of_ours_is_told_from_the_vocabulary_that_its_field_is_from() -> None:
    """Whoever adds a field with a code says which words it has; what people type has no vocabulary."""
    coded = {ActivityKind: "k", Direction: "d", PromiseOutcome: "o"}
    for topic in SENTENCES:
        for named in places(topic):
            hint: Any = FACTS[topic]
            for name in named.path:
                hint = plain(get_type_hints(hint, include_extras=True)[name])
            assert hint is not bool, f"{topic}: {named} would read True or False"
            assert named.terms == coded.get(hint, named.terms)


OURS = [word for words in TERMS.values() for word in words]
THEIRS = st.sampled_from([*OURS, "True", "False", "None", "escalation", "下一步 {x!t} [~]"])


def told_both(fact: Fact, names: dict[UUID, str] | None = None) -> dict[str, str]:
    return {
        name: SentenceRenderer(language, names or {}).render(fact)
        for name, language in (("en", EN), ("zh", ZH))
    }


@given(THEIRS.filter(lambda word: word not in TERMS["s"]), THEIRS.filter(lambda word: word not in TERMS["s"]))
def test_a_word_of_a_user_is_never_translated(one: str, other: str) -> None:
    """But for the usual outcomes of a touch, and what a rule had promised: those are the same word whoever said it."""
    id, money = uuid4(), yuan(1)
    facts: list[Fact] = [
        f.StageMoved(before=one, after=other),
        f.DealReopened(before="won", stage=one),
        f.OverrideRequested(override_id=id, to=one, missing=(), requested_by="u-1"),
        f.TitleCorrected(before=one, after=other),
        f.DealLost(closed_on=NOW.date(), loss_reason=one, competitor=other),
        f.DealWon(amount=money, closed_on=NOW.date(), contract_reference=one),
        f.PromiseReworded(promise_id=id, before=other if one in TERMS["w"] else one, after=one),
        f.ActivityLogged(
            activity_id=id,
            activity=Activity(kind=ActivityKind.CALL, outcome="" if one in TERMS["u"] else one, summary=one),
        ),
        promise(what=one),
    ]
    for fact in facts:
        for language, sentence in told_both(fact).items():
            assert one in sentence, (language, fact)


CODES = [word for words in TERMS.values() for word, (_, zh) in words.items() if word != zh]


def test_what_an_undone_import_changed_is_told_part_by_part() -> None:
    """Also where the import had made the deal: all that was shown of it is nothing then."""
    was = f.ShownDeal(title="Boiler", status="won", stage="won", owner_id=UUID(int=2), team_id=UUID(int=3))
    undone = f.DealImportUndone(job_id=UUID(int=1), since=1, before=was, after=replace(was, status="open"))
    gone = replace(undone, after=None)
    assert [(one.field, one.before, one.after) for one in changes(undone)] == [("deal.status", "won", "open")]
    found = {one.field: (one.before, one.after) for one in changes(gone)}
    assert found["deal.title"] == ("Boiler", None)
    assert set(found) == {f"deal.{name}" for name in ("title", "status", "stage", "owner_id", "team_id")}
    assert told_both(undone)["en"] == "undid an import; the deal stands as it did before"
    assert told_both(gone)["en"] == "undid an import; the deal that it had made is gone"


@pytest.mark.parametrize("topic", sorted(DEAL_TOPICS))
@settings(max_examples=25)
@given(data=st.data())
def test_no_sentence_holds_a_code_of_ours_or_of_the_language(topic: str, data: st.DataObject) -> None:
    """With nothing that people typed in it: those may write what they like."""
    fact = data.draw(facts_of(topic, st.just("例")))
    for language, sentence in told_both(fact).items():
        words = set(re.findall(r"[A-Za-z][A-Za-z-]*", sentence)) - {"UTC"}
        assert not words & {"None", "True", "False"}, sentence
        if language == "zh":
            assert not words & set(CODES), sentence


def promise(**changes: Any) -> f.PromiseMade:
    times = Deadlines(remind_at=NOW, due_at=NOW + DAY, escalate_at=NOW + 2 * DAY, reassign_at=NOW + 3 * DAY)
    usual: dict[str, Any] = {"promise_id": UUID(int=1), "number": 1, "owner_id": UUID(int=2), "what": "call"}
    usual |= {"deadlines": times, "policy": "default", "policy_version": 1, "by_rule": False}
    return f.PromiseMade(**(usual | changes))


def test_what_a_rule_promises_is_not_told_as_what_somebody_promised() -> None:
    names = {UUID(int=2): "Li Wei"}
    assert told_both(promise(what=BY_RULE, by_rule=True), names) == {
        "en": "by rule the next step is: follow up, due 2026-03-03 09:00 UTC (Li Wei)",
        "zh": "按规则的下一步：跟进，到期 2026-03-03 09:00 UTC（Li Wei）",
    }
    said = told_both(promise(what=BY_RULE), names)
    assert said["en"] == "promised: follow up, due 2026-03-03 09:00 UTC (Li Wei)"
    assert said["zh"] == "约定跟进：follow up，到期 2026-03-03 09:00 UTC（Li Wei）", "somebody's own words"


def test_a_timer_that_is_set_anew_tells_the_times_that_changed() -> None:
    before = promise().deadlines
    after = replace(before, escalate_at=NOW + 4 * DAY)
    rearmed = f.PromiseRearmed(promise_id=UUID(int=1), before=before, after=after, policy_version=2, arming=2)
    assert told_both(rearmed) == {
        "en": "set the promise's timer anew; escalation 2026-03-06 09:00 UTC, was 2026-03-04 09:00 UTC",
        "zh": "重新设定跟进时间；上报 2026-03-06 09:00 UTC，原为 2026-03-04 09:00 UTC",
    }
    same = replace(rearmed, after=replace(before, remind_at=NOW + timedelta(seconds=1)))
    assert told_both(same)["en"] == "set the promise's timer anew", "to the minute nothing changed"


def test_a_corrected_closing_tells_what_was_and_what_is() -> None:
    before = f.Closing(closed_on=NOW.date(), amount=yuan(80), contract_reference="C-1")
    after = replace(before, closed_on=NOW.date() + DAY, amount=yuan(90))
    corrected = f.ClosingCorrected(before=before, after=after)
    assert told_both(corrected) == {
        "en": "corrected how the deal was closed; on 2026-03-03, was 2026-03-02; amount 90 CNY, was 80 CNY",
        "zh": "更正结单信息；日期 2026-03-03，原为 2026-03-02；金额 90 CNY，原为 80 CNY",
    }
    assert {change.field for change in changes(corrected)} == {"closing.closed_on", "closing.amount"}


def test_a_quote_that_takes_anothers_place_tells_both() -> None:
    before = Quote(reference="Q-7", amount=yuan(100))
    recorded = f.QuoteRecorded(quote=replace(before, amount=yuan(90)), before=before)
    (change,) = changes(recorded)
    assert (change.field, change.before["amount"]["amount"], change.after["amount"]["amount"]) == (
        "quote",
        "100",
        "90",
    )


def test_a_corrected_activity_tells_what_was_and_what_is() -> None:
    before = Activity(kind=ActivityKind.CALL, rep_id=UUID(int=2))
    after = replace(before, kind=ActivityKind.VISIT, rep_id=UUID(int=3))
    corrected = f.ActivityCorrected(activity_id=UUID(int=1), before=before, after=after)
    names = {UUID(int=2): "Li Wei", UUID(int=3): "Wang Fang"}
    assert ids_in(corrected) >= set(names)
    assert told_both(corrected, names) == {
        "en": "corrected a logged activity; kind visit, was call; by Wang Fang, was Li Wei",
        "zh": "更正活动记录；类型 拜访，原为 电话；销售 Wang Fang，原为 Li Wei",
    }


@pytest.mark.parametrize("topic", sorted(DEAL_TOPICS))
@settings(max_examples=25)
@given(data=st.data())
def test_any_fact_can_be_told_and_its_changes_are_what_differs(topic: str, data: st.DataObject) -> None:
    fact = data.draw(facts_of(topic))
    for language in (EN, ZH):
        sentence = SentenceRenderer(language, {}).render(fact)
        assert sentence
        assert "None" not in sentence.replace(str(fact), "") or "None" in str(fact)
    for change in changes(fact):
        assert change.field, f"{topic} does not say what its before and after are of"
        assert change.before != change.after or isinstance(change.before, dict), change


WRITE = """
INSERT INTO read.deal_history
SELECT %s, n, n, f.topic, f.schema, f.data::json, %s, %s, %s
  FROM unnest(%s::text[], %s::int2[], %s::text[]) WITH ORDINALITY AS f(topic, schema, data, n)
"""
SAID = Meta(Actor("user", "u-7", run="r-1"), Channel.CLI, uuid4(), 'they said "so"')


def some_facts(topic: str) -> list[Fact]:
    found: list[Fact] = []

    @settings(max_examples=12)
    @given(fact=facts_of(topic))
    def collect(fact: Fact) -> None:
        found.append(fact)

    collect()
    return [fact for fact in found if b"\\u0000" not in encode(fact)]


async def write(books: Books, deal_id: UUID, facts: list[Fact], meta: Meta = SAID) -> None:
    """Into the history, as the ledger would hold them."""
    columns = [f.TOPIC for f in facts], [f.SCHEMA for f in facts], [encode(f).decode() for f in facts]
    await books.connection.execute(WRITE, [deal_id, encode(meta).decode(), NOW, NOW - DAY, *columns])


async def check_pages(books: Books, deal_id: UUID, language: str, limit: int, *, newest: bool) -> int:
    """Page by page, what the database renders is what is rendered here; the number of items."""
    cursor, told = None, 0
    while True:
        expected = await deal_history.listing(
            books.pool, deal_id, cursor, limit, newest_first=newest, languages=(language,)
        )
        found = await deal_history.page_as_json(
            books.pool, deal_id, language, cursor, limit, newest_first=newest
        )
        assert found is not None
        page = json.loads(found)
        assert page["next_cursor"] == expected.next_cursor
        for item, event in zip(page["items"], expected.items, strict=True):
            times = {"occurred_at": event.occurred_at, "recorded_at": event.recorded_at}
            assert {name: datetime.fromisoformat(item.pop(name)) for name in times} == times
            wanted = {n: v for n, v in json.loads(encode(event)).items() if n not in times}
            assert item == wanted | {"sentence": event.sentence[language]}
        told, cursor = told + len(page["items"]), expected.next_cursor
        if cursor is None:
            return told


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_database_tells_every_fact_as_it_is_told_here(books: Books, language: str) -> None:
    """Whatever stands in them, and whoever is known by name."""
    await books.hire("Chen Jie", user_id="u-7")
    real, any_deal = await books.opened(), uuid4()
    await books.given(call(real), needs(real), to(real, "contact"), actor=Actor("user", "u-7"))
    await books.follow()
    facts = [fact for topic in sorted(DEAL_TOPICS - TOLD_HERE) for fact in some_facts(topic)]
    await write(books, any_deal, facts)
    for deal_id, ordinary in ((any_deal, False), (real, True)):
        query = deal_history.page_query(language, newest_first=False, ordinary=ordinary)
        ((rendered, *_),) = await fetch_raw(books.pool, query, [deal_id, 0, len(facts)])
        assert rendered is not None, "nothing of this has to be told here"
    assert await check_pages(books, any_deal, language, 50, newest=False) == len(facts)
    assert await check_pages(books, any_deal, language, 7, newest=True) == len(facts)
    assert await check_pages(books, real, language, 100, newest=False) > 4


async def test_a_page_with_what_the_database_cannot_tell_is_told_here(books: Books) -> None:
    deal_id, teleported = await books.opened(), uuid4()
    await books.follow()
    move = "UPDATE read.deal_history SET {} WHERE deal_id = %s AND version = 1"
    await write(books, teleported, some_facts("deal.stage-moved")[:2])
    await books.connection.execute(move.format("topic = 'deal.teleported'"), [teleported])
    assert await check_pages(books, teleported, "en", 10, newest=False) == 2
    nothing_printable = r"""data = replace(data::text, '"source":""', '"source":"\u0000"')::json"""
    await books.connection.execute(move.format(nothing_printable), [deal_id])
    assert await check_pages(books, deal_id, "en", 10, newest=False) > 1
    assert await deal_history.page_as_json(books.pool, uuid4(), "en", None, 10) is None


def test_parts_without_a_value_are_left_out() -> None:
    won: Any = FACTS["deal.won"]
    fact = won(amount=yuan("7.50"), closed_on=datetime(2026, 1, 2, tzinfo=UTC).date(), contract_reference="")
    assert SentenceRenderer(EN, {}).render(fact) == "won the deal over 7.50 CNY on 2026-01-02"
    assert SentenceRenderer(ZH, {}).render(fact) == "成交，金额 7.50 CNY，日期 2026-01-02"
