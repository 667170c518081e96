"""Projections room: the published lifecycle policies."""

from __future__ import annotations

from uuid import UUID

import msgspec

from domain.lifecycle.policy import LifecyclePolicies, LifecyclePolicy
from projections.engine.stream_view import Events, StreamView


class LifecyclePolicySeen(msgspec.Struct, kw_only=True):
    """The newest version of a lifecycle policy."""

    policy_id: UUID
    name: str
    policy: LifecyclePolicy
    position: int
    version: int


class PublishedLifecyclePolicies(StreamView[LifecyclePolicies, LifecyclePolicySeen]):
    name = "lifecycle_policies"
    columns = ("policy_id", "name")
    indexes = {"name": "(name)"}
    order = ("name",)

    @classmethod
    def show(cls, policies: LifecyclePolicies, events: Events) -> LifecyclePolicySeen:
        return cls.filled(policies, events, name=policies.current.name, policy=policies.current)
