"""A follow-up policy is data with a version; its arithmetic is told in test_policy.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.engine.checking import check
from domain.engine.errors import Invalid, NotFound
from domain.policy.follow_up import DEFAULT_POLICY, FollowUpPolicy, short_fuse
from domain.policy.policies import Policies, PolicyPublished, PublishPolicy, policy_stream
from domain.time.duration import Duration
from tests.domain.given_when_then import given

BRISK = replace(DEFAULT_POLICY, due_after=Duration(1, "business_days"))


def publish(policy: FollowUpPolicy) -> PublishPolicy:
    return PublishPolicy(policy=policy)


class TestPublishing:
    def test_the_default_is_built_in_as_version_1(self) -> None:
        assert given().history.load(Policies, policy_stream("default")).current == DEFAULT_POLICY
        check(DEFAULT_POLICY)

    def test_gives_the_next_version_whatever_number_came_along(self) -> None:
        given().when(publish(replace(BRISK, version=99))).then(
            PolicyPublished(policy=replace(BRISK, version=2))
        )

    def test_another_policy_starts_at_version_1(self) -> None:
        given().when(publish(short_fuse())).then(PolicyPublished(policy=short_fuse()))

    def test_the_same_again_is_silence(self) -> None:
        given().when(publish(DEFAULT_POLICY)).silence()
        scenario = given(publish(BRISK)).when(publish(BRISK)).silence()
        assert (scenario.answer["policy"], scenario.answer["version"]) == ("default", 2)

    def test_keeps_every_version(self) -> None:
        held = given(publish(BRISK)).history.load(Policies, policy_stream("default"))
        assert [p.version for p in held.versions] == [1, 2]

    def test_a_policy_that_nobody_published_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            _ = given().history.load(Policies, policy_stream("brisk")).current


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "x" * 61}, "name"),
            ({"name": "a\x00"}, "name"),
            ({"due_after": Duration(0, "days")}, "due_after"),
            ({"max_reassignments": -1}, "max_reassignments"),
            ({"calendar": replace(DEFAULT_POLICY.calendar, timezone="Mars/Olympus")}, "calendar.timezone"),
            ({"calendar": replace(DEFAULT_POLICY.calendar, source="x" * 301)}, "calendar.source"),
            ({"due_after_by_stage": {"x" * 301: Duration(1, "days")}}, "due_after_by_stage"),
            ({"due_after_by_stage": {str(n): Duration(1, "days") for n in range(201)}}, "due_after_by_stage"),
        ],
    )
    def test_a_policy_that_cannot_be(self, changes: dict[str, object], field: str) -> None:
        wrong = replace(DEFAULT_POLICY, **changes)  # type: ignore[arg-type]
        given().when(publish(wrong)).refused(Invalid, fields=[field])
