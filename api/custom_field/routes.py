"""api: custom fields as they are declared, for whoever fills them in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path, Response

from api.custom_field.acts import ACTS
from api.custom_field.values import declared, schema_of
from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.reading import Look
from api.engine.routes import add_acts
from domain.custom_field.declaration import FieldSet, FieldSets, RecordKind, field_stream

TAGS = {
    "custom fields": "What a company declares that its customers, contacts, deals and leads say beside what is built in"
}
router = auth.router(tags=[*TAGS])
Reader = Annotated[Look, Depends(may_read())]

add_acts(router, ACTS)


class FieldSetsView(msgspec.Struct):
    """Of each kind of record its fields as they are declared now; version 0: none were ever."""

    sets: list[FieldSet]


class FieldVersionsView(msgspec.Struct):
    """Every version of one kind of record's fields, the oldest first."""

    versions: list[FieldSet]


class SchemaView(msgspec.Struct):
    """`schema` is JSON Schema 2020-12 of what `custom` may hold."""

    of: RecordKind
    version: int
    schema: dict[str, Any]


@router.get(
    "/custom-fields",
    operation_id="listCustomFields",
    summary="Custom fields as they are declared now",
    responses=shaped(FieldSetsView),
)
async def list_fields(look: Reader) -> Response:
    return look.json(FieldSetsView([await declared(look, record) for record in RecordKind]))


@router.get(
    "/custom-fields/{of}",
    operation_id="readCustomFields",
    summary="The custom fields of a kind of record, all versions",
    responses=shaped(FieldVersionsView),
)
async def read_fields(of: Annotated[RecordKind, Path()], look: Reader) -> Response:
    id = field_stream(of)
    held = (await look.services.ledger.load({id: FieldSets}))[id]
    return look.json(FieldVersionsView(list(held.versions) if isinstance(held, FieldSets) else []))


@router.get(
    "/custom-fields/{of}/schema",
    operation_id="readCustomFieldsSchema",
    summary="The JSON schema of custom fields as they are declared now",
    responses=shaped(SchemaView),
)
async def read_schema(of: Annotated[RecordKind, Path()], look: Reader) -> Response:
    """What may stand in `custom` of that kind of record. OpenAPI says only what any field might hold: fields are data."""
    found = await declared(look, of)
    return look.json(SchemaView(of, found.version, schema_of(found)))
