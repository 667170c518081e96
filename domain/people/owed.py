"""Domain room: what people owe, as whoever hands it over asks for it. A value; nothing enters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

Owed = Mapping[str, Sequence[UUID]]
"""What is a person's and not over, by the kind of its stream (`cycle`, `action-item`): what the read model of that kind says is owed by
the person.
"""
