"""api: what people do where two customers turn out to be one, or one to be two."""

from __future__ import annotations

from api.engine.acts import WHICH, Act
from api.engine.roles import LEADERS
from domain.customer import merge

MERGES = (
    Act(merge.MergeCustomers, "/customers/{customer_id}/merge", "Merge another record into this customer", roles=LEADERS, hide=("told",),
        more="The id of the other stands for this one from then on. Where `keep` names no record for a field, this one's value is kept, or "
        "else the other's.",
        described={"gone_id": "The record that goes.", "keep": "Of which of the two records a field of the profile is kept."},
        example={"gone_id": WHICH, "keep": [{"field": "name", "customer_id": WHICH}]},
        terminal="customer merge <gone", typed="'Acme Tools' 'ACME Tools GmbH' --keep name='ACME Tools GmbH'"),
    Act(merge.UnmergeCustomer, "/customers/{customer_id}/unmerge", "Take a merged record out again", roles=LEADERS, hide=("since", "told"),
        more="It is as it was. What was said or made since the merge stays with the customer that it was merged into, but for what is named; "
        "`/customers/{customer_id}/since-merge` lists it. What was said of a contact goes with the contact where that goes.",
        described={"fields": "Changes of the profile since the merge that go with it.", "contacts": "Contacts added or changed since that go with it.",
            "notes": "Needs, preferences, competitors and notes said or closed since that go with it.",
            "consents": "Contacts whose consents and withdrawals since go with it.", "roles": "Contacts whose part in deciding, said since, goes with it.",
            "custom": "Custom fields filled in since that go with it.", "contact_custom": "Contacts whose custom fields, filled in since, go with it.", "parent": "The company that it was said since to belong to goes with it.",
            "deals": "Deals that go with it.", "leads": "Leads that go with it.", "cases": "Service cases that go with it.",
            "rest_stays": "Needed where there is more than is named."},
        terminal="customer unmerge field=fields contact=contacts note=notes consent=consents role=roles custom=custom contact-custom=contact_custom parent/no-parent=parent deal=deals lead=leads case=cases rest-stays/no-rest=rest_stays", typed=f"{WHICH} --deal 1C1I7A6R --rest-stays"),
)  # fmt: skip
