"""runtime: how values become Temporal payloads and back — JSON by pydantic, as the SDK's own pydantic converter writes it.

The SDK makes a converter for each workflow run, and its cache of type adapters with it; building one takes milliseconds. Here all
converters of a process share one cache. Knows no workflow.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
)

from runtime.failures import Failures


@lru_cache(maxsize=1024)
def _adapter(type_hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(type_hint)


def prepare(types: Iterable[type]) -> None:
    """Build the adapters of these types now: the first message of a kind would else be prepared inside a workflow's task, which
    the server (and the SDK's deadlock detector, after two seconds) counts against it.
    """
    for kind in types:
        _adapter(kind)


class JsonPayloads(EncodingPayloadConverter):
    """Everything pydantic can: dataclasses, UUIDs, times, decimals, enums."""

    @property
    def encoding(self) -> str:
        return "json/plain"

    def to_payload(self, value: Any) -> Payload | None:
        return Payload(metadata={"encoding": b"json/plain"}, data=to_json(value))

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        return _adapter(Any if type_hint is None else type_hint).validate_json(payload.data)


class Payloads(CompositePayloadConverter):
    def __init__(self) -> None:
        usual = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(*(JsonPayloads() if isinstance(c, JSONPlainPayloadConverter) else c for c in usual))


DATA_CONVERTER = DataConverter(payload_converter_class=Payloads, failure_converter_class=Failures)
"""The same on every client, worker and replayer."""
