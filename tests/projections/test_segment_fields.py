"""Rules of segments that ask for stages of the lifecycle, and for custom fields by their types."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.custom_field.commands import PublishFields
from domain.custom_field.declaration import CustomField, FieldChoice, FieldSet, RecordKind
from domain.custom_field.value import FieldType, said_text
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.engine.errors import Invalid
from domain.lifecycle.policy import LifecyclePolicy, LifecycleStage, PublishLifecyclePolicy
from domain.lifecycle.stages import standing
from domain.segment.segment import PublishSegment, Segment
from projections.segment import evaluating
from tests.office import NOW
from tests.projections.telling import Books
from tests.projections.test_segments import registered, won

DAY = timedelta(days=1)


async def test_the_stage_of_the_lifecycle_is_the_one_that_its_tables_have(books: Books) -> None:
    """Random purchases and days, by a policy of small numbers; two stages of the same name in a row are told apart."""
    policy = LifecyclePolicy(name="default", loyal_purchases=3, loyal_within_days=40, dormant_after_days=20)
    await books.given(PublishLifecyclePolicy(policy=policy))
    chance, bought = random.Random(15), dict[UUID, list[datetime]]()
    for n in range(8):
        id = await registered(books, str(n))
        bought[id] = sorted(NOW + chance.randrange(90) * DAY for _ in range(n))
        for day in bought[id]:
            deal = await books.opened(customer_id=id)
            await won(books, deal, 1, day)
    await books.follow()
    zone = ZoneInfo(DEFAULT_CYCLE_POLICY.calendar.timezone)
    seen = set[str]()
    for now in (NOW + n * DAY for n in (0, 30, 50, 70, 89, 120)):
        today = now.astimezone(zone).date()
        for id, days in bought.items():
            held = standing([day.date() for day in days], policy, today)
            since = held.since or NOW.astimezone(zone).date()
            rule = f"lifecycle.stage == '{held.stage}' and lifecycle.since == '{since}'"
            found = await evaluating.held(books.pool, [Segment(name="s", label="S", rule=rule)], [id], now)
            assert found.inside[id] == {"s"}, (rule, days, now)
            seen.add(held.stage)
    assert seen == set(LifecycleStage)


async def test_custom_fields_are_asked_by_type_and_unknown_ones_are_refused(books: Books) -> None:
    fields = (
        CustomField(name="tier", label="Tier", type=FieldType.TEXT),
        CustomField(name="seats", label="Seats", type=FieldType.NUMBER),
        CustomField(name="budget", label="Budget", type=FieldType.MONEY),
        CustomField(
            name="grade",
            label="Grade",
            type=FieldType.CHOICE,
            choices=tuple(FieldChoice(name=name, label=name) for name in ("gold", "silver")),
        ),
        CustomField(name="signed", label="Signed", type=FieldType.DATE),
        CustomField(name="partner", label="Partner", type=FieldType.YES_NO),
        CustomField(name="born", label="Born", type=FieldType.DATE, personal=True),
    )
    await books.given(PublishFields(declared=FieldSet(name=RecordKind.CUSTOMER, fields=fields)))
    said = {"tier": "gold", "seats": "40", "budget": "1200.50 CNY", "partner": "yes", "born": "1990-01-02"}
    custom = {name: said_text(text) for name, text in said.items()}
    id = uuid.uuid4()
    await books.given(RegisterCustomer(customer_id=id, profile=Profile(name="a"), custom=custom))
    await books.follow()
    rules = {
        "custom.tier == 'gold' and custom.tier in ['gold', 'silver']": True,
        "custom.seats > 39.5 and custom.budget <= 1200.5": True,
        "custom.partner == true": True,
        "custom.partner == false or custom.born > '1900-01-01' or custom.none == 1": False,
    }
    for rule, holds in rules.items():
        held = await evaluating.held(books.pool, [Segment(name="s", label="S", rule=rule)], [id], NOW)
        assert bool(held.inside[id]) is holds, rule
    fits = "custom.grade in ['gold'] and custom.seats == null and custom.signed < '2026-01-01' and custom.partner == true"
    await books.given(
        PublishSegment(segment=Segment(name="s", label="S", rule=f"custom.tier == 'gold' or {fits}"))
    )
    for rule, said_of_it in (
        ("custom.teir == 'gold'", "no custom field of customers is called teir; did you mean 'tier'?"),
        ("custom.born > '1990-01-01'", "born holds data about persons: no rule may ask for it"),
        ("custom.seats == 'many'", "custom.seats is compared with a value that is not a number"),
        ("custom.budget in ['1', '2']", "custom.budget is compared with a value that is not a number"),
        ("custom.tier > 3", "custom.tier is compared with a value that is not a text"),
        ("custom.partner == 'yes'", "custom.partner is compared with a value that is not true or false"),
        (
            "custom.signed > '2026-02-30'",
            "custom.signed is compared with a value that is not a day such as '2026-11-30'",
        ),
        (
            "custom.grade == 'golden'",
            "custom.grade: 'golden' is not one of gold, silver; did you mean 'gold'?",
        ),
        ("custom.grade > 'gold'", "custom.grade has no order: compare it by == != or in"),
        ("'1' in custom.signed", "custom.signed: only a text can contain another"),
    ):
        with pytest.raises(Invalid) as refused:
            await books.given(PublishSegment(segment=Segment(name="s", label="S", rule=rule)))
        assert [error.message for error in refused.value.errors] == [said_of_it]
