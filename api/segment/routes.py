"""api: segments — their members as of any day and as known on any, and what a rule would change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from annotated_types import MaxLen
from fastapi import Depends, Response
from pydantic import Field

from api.custom_field.values import declared
from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Day, Instant, Paging, ShortText
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.roles import LEADERS, Role
from api.engine.scopes import KnownAt
from api.segment.acts import TAGS
from domain.custom_field.declaration import CustomField, RecordKind
from domain.engine.errors import NotFound
from domain.engine.fields import PLAIN
from domain.segment.custom import asks_custom, must_fit
from domain.segment.fields import CUSTOM, FIELDS, RuleField
from domain.segment.rule import MAX_RULE, parse
from projections.customer import NEEDED as OF_CUSTOMERS
from projections.cycle import company
from projections.engine.paging import Page
from projections.segment import asking, reading
from projections.segment.published import PublishedSegments
from projections.segment.reading import Member, SegmentPreview, Shown

EXAMPLES = {
    "NewSegment.name": "silent-buyers",
    "segments.name": "silent-buyers",
}
router = auth.router(tags=[*TAGS])

DAY = timedelta(days=1)
WAITS_FOR = (*reading.WAITS_FOR, *OF_CUSTOMERS)
Anybody = Annotated[Look, Depends(may_read())]
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]
Leader = Annotated[Look, Depends(may_read(*LEADERS, Role.AUDITOR, waits_for=(*asking.NEEDED, *OF_CUSTOMERS)))]


class SegmentField(msgspec.Struct):
    """What a rule can ask of a customer: `kind` is text, number, date, days (whole days since something happened) or recent (how often
    within the last days), of a custom field its type. `choices` are all its values; empty where it may have any. `says_zh` is what a custom
    field is called in Chinese.
    """

    name: str
    kind: str
    says: str
    says_zh: str
    choices: list[str]


class SegmentFields(msgspec.Struct):
    fields: list[SegmentField]


class SegmentCounts(msgspec.Struct):
    """`members` by the segment's name; one that nobody is in is left out."""

    members: dict[str, int]


class MemberFilters(Paging):
    """Left out, `as_of` is now. A day is the company's, to its end."""

    as_of: Annotated[
        Day | Instant | None, Field(description="a day, to its end, or a time: who was in then")
    ] = None
    known_at: KnownAt = None


class PreviewQuery(Paging):
    """`name` is of the segment that the rule would be the next version of; one that is not there yet has nobody in."""

    rule: Annotated[str, MaxLen(MAX_RULE), PLAIN] = ""
    name: ShortText = ""
    shown: Annotated[
        Shown, Field(description="of whom the list is: all that would be in, or those who enter or leave")
    ] = "enters"


@router.get(
    "/segments/fields",
    operation_id="listSegmentFields",
    summary="What rules can ask",
    responses=shaped(SegmentFields),
)
async def fields(look: Anybody) -> Response:
    """Custom fields of customers stand behind the others; those about persons no rule may ask for."""
    custom = [one for one in (await declared(look, RecordKind.CUSTOMER)).asked if not one.personal]
    return look.json(SegmentFields([*map(_field, FIELDS.values()), *map(_custom, custom)]))


def _field(one: RuleField) -> SegmentField:
    return SegmentField(one.name, one.kind, one.says, "", [*one.choices])


def _custom(one: CustomField) -> SegmentField:
    choices = [choice.name for choice in one.choices if not choice.retired]
    return SegmentField(f"{CUSTOM}{one.name}", one.type, one.label, one.label_zh or one.label, choices)


@router.get(
    "/segments/counts",
    operation_id="countSegmentMembers",
    summary="How many are in each segment now",
    responses=shaped(SegmentCounts),
)
async def counts(look: Reader) -> Response:
    """Of customers that your team may see; auditors and admins see all."""
    return look.json(SegmentCounts(await reading.counts(look.services.pool, look.team_id)))


@router.get(
    "/segments/preview",
    operation_id="previewSegment",
    summary="What a rule would change",
    responses=shaped(SegmentPreview),
)
async def preview(look: Leader, asked: Annotated[PreviewQuery, Depends(query(PreviewQuery))]) -> Response:
    """Nothing is recorded. Of customers that your team may see, and asked of what is your team's: its deals, purchases, touches, cases and
    answers. Auditors and admins see all, as the published rule does.
    """
    rule = parse(asked.rule)
    if asks_custom(rule):
        must_fit(rule, await declared(look, RecordKind.CUSTOMER))
    found = await reading.preview(
        look.services.pool,
        asked.rule,
        asked.name,
        datetime.now(UTC),
        asked.shown,
        seen_by=look.team_id,
        cursor=asked.cursor,
        limit=asked.limit,
    )
    return look.json(found)


@router.get(
    "/segments/{segment_id}/members",
    operation_id="listSegmentMembers",
    summary="Who is in a segment",
    responses=shaped(Page[Member]),
)
async def members(
    segment_id: UUID, look: Reader, asked: Annotated[MemberFilters, Depends(query(MemberFilters))]
) -> Response:
    """As of a day, and as known on another. Those that your team may see; auditors and admins see all."""
    segment = await PublishedSegments.get(look.services.pool, segment_id)
    if segment is None:
        raise NotFound(f"no segment has the id {segment_id}", kind="segment", id=str(segment_id))
    position = await look.known(("segment_stays",), asked.known_at)
    as_of = await _instant(look, asked.as_of)
    found = await reading.members(
        look.source,
        segment.name,
        as_of,
        position,
        seen_by=look.team_id,
        cursor=asked.cursor,
        limit=asked.limit,
    )
    return look.json(found)


async def _instant(look: Look, when: date | datetime | None) -> datetime:
    """The last instant of a day; now where nothing is said."""
    if when is None or isinstance(when, datetime):
        return when or datetime.now(UTC)
    return (await company.in_force(look.services.pool)).begins(when + DAY) - timedelta.resolution
