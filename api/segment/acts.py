"""api: what people do with segments, and the list of them."""

from __future__ import annotations

from api.engine.acts import Act, Reads
from api.engine.roles import ADMIN
from domain.segment.segment import PublishSegment

TAGS = {"segments": "Rules about customers, and who is in by them since when"}
ACTS = (
    Act(PublishSegment, "/segments", "Publish a segment's next version", roles=ADMIN, flat=("segment",), hide=("version",),
        status=201, location="/segments/{id}", body="NewSegment",
        more="Every customer is then held against its rule. The same again publishes nothing; the rule `false` empties it.",
        described={
            "name": "By which targets, figures and exports name it.",
            "rule": "Fields compared with values, joined by and, or, not. What fields there are: listSegmentFields.",
            "label": "What it is called.", "label_zh": "What it is called in Chinese; left out, the label.",
        },
        example={"name": "silent-buyers", "rule": "purchases.count >= 1 and activity.days_since_last >= 60", "label": "Silent buyers",
            "label_zh": "沉默客户", "description": "bought, and nobody spoke to them for two months"},
        terminal="segment publish <name <rule", typed="silent-buyers 'purchases.count >= 1 and activity.days_since_last >= 60' --label 'Silent buyers'"),
)  # fmt: skip
READS = (
    Reads(
        model="projections.segment.published:PublishedSegments",
        of="Segment",
        path="/segments",
        by="name",
        many="Segments, the newest version of each",
        one="A segment with its versions",
        terminal="segment",
        columns="name label rule published_at segment_id",
        fields="segment_id name label label_zh description rule published_at version",
        typed="--name silent-buyers",
    ),
)
