"""api: lifecycle policies, as administrators publish them."""

from __future__ import annotations

from api.engine.acts import Act, Reads
from api.engine.roles import ADMIN
from domain.lifecycle.policy import PublishLifecyclePolicy

TAGS = {
    "lifecycle": "Prospect, first purchase, repeat, loyal, dormant, won back: stages, transitions, cohorts, churn and value"
}
ACTS = (
    Act(PublishLifecyclePolicy, "/lifecycle-policies", "Publish a lifecycle policy's next version", roles=ADMIN, flat=("policy",),
        hide=("version",), status=201, location="/lifecycle-policies/{id}", body="NewLifecyclePolicy",
        more="The stages of earlier days stay as the version of those days has them. The same again publishes nothing.",
        example={"name": "default", "loyal_purchases": 3, "loyal_within_days": 365, "dormant_after_days": 180},
        terminal="lifecycle policy <file=:file", typed="./lifecycle.json"),
)  # fmt: skip
READS = (
    Reads(
        model="projections.lifecycle.policies:PublishedLifecyclePolicies",
        of="LifecyclePolicy",
        path="/lifecycle-policies",
        by="name",
        many="Lifecycle policies, the newest version of each",
        more="“default” is the company's; another one is a draft that every table can be asked by.",
        one="One lifecycle policy",
        terminal="lifecycle policies",
        columns="name policy.version policy.loyal_purchases policy.loyal_within_days policy.dormant_after_days",
    ),
)
