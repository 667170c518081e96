"""api: how an administrator declares custom fields. Values are said in the acts of what has them."""

from __future__ import annotations

from api.engine.acts import Act
from api.engine.roles import ADMIN
from domain.custom_field.commands import DeclareField, PublishFields

ACTS = (
    Act(PublishFields, "/custom-field-sets", "Publish the custom fields of a kind of record", roles=ADMIN, flat=("declared",),
        hide=("version",), status=201, location="/custom-fields/{declared.name}",
        more="All of them at once. A field or choice that was there before is retired, not left out: what was recorded stays readable.",
        described={"name": "Whose fields: those of customers, contacts, deals or leads."},
        example={"name": "deal", "fields": [{"name": "seats", "label": "Seats", "label_zh": "席位数", "type": "number", "decimals": 0,
            "required_from": [{"process": "default", "stage": "solution"}]}]},
        terminal="field publish <file=:file", typed="./fields.json --reason 'the new price list'"),
    Act(DeclareField, "/custom-fields", "Declare a custom field", roles=ADMIN, flat=("field",), status=201,
        location="/custom-fields/{of}",
        more="Or change the one of that name: the whole of it. The other fields stay as they are.",
        example={"of": "customer", "name": "tier", "label": "Tier", "label_zh": "等级", "type": "choice",
            "choices": [{"name": "gold", "label": "Gold", "label_zh": "金牌"}, {"name": "silver", "label": "Silver", "label_zh": "银牌"}]},
        terminal="field declare <of <name <type hint=help hint-zh=help_zh choices=choices:field-choice required-from=required_from:field-stage"
        " required/optional=required personal/impersonal=personal retired/in-use=retired",
        typed="deal seats number --label Seats --decimals 0 --required-from default:solution"),
)  # fmt: skip
