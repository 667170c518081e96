"""api: what people do with revisits, and read of them and of the policies that ask for them."""

from __future__ import annotations

from api.engine.acts import WHICH, WHO, Act, Reads
from api.engine.roles import ADMIN, LEADERS
from domain.revisit import commands as c
from domain.revisit.policy import PublishRevisitPolicy

PATHS = ("revisits", "revisit-policies")
TAGS = {"revisits": "Customers without an open deal, who sees them again and until when"}
ACTS = (
    Act(PublishRevisitPolicy, "/revisit-policies", "Publish a revisit policy's next version", roles=ADMIN, flat=("policy",),
        hide=("version",), status=201, location="/revisit-policies/{id}", body="NewRevisitPolicy",
        more="“default” is in force: every customer without an open deal gets a revisit at once, in the stages that have a rule.",
        example={"name": "default", "catch_up_days": 30, "rules": [{"stage": "loyal", "every_days": 90}, {"stage": "repeat", "every_days": 120}]},
        terminal="revisit policy <file=:file", typed="./revisits.json"),
    Act(c.PromiseRevisit, "/revisits", "See a customer again by a time", status=201, location="/revisits/{id}", asker="owner_id",
        more="Whether a policy asks for it or not. A customer has one live revisit at most.",
        described={"owner_id": "Left out: whoever asks."},
        example={"customer_id": WHICH, "due_at": "2027-01-15T10:00:00+08:00"},
        terminal="revisit set", typed="--customer 'Acme' --due 2027-01-15T10:00"),
    Act(c.RecordRevisit, "/revisits/{revisit_id}/record", "The customer was seen", body="Revisited",
        more="Kept or late by when that was. The next one follows by the policy.",
        about="When it was earlier than now, `occurred_at` says so. `offered` names the offers that were made.",
        terminal="revisit record", typed=f"{WHICH} --kind call --note 'all is well' --offered spring"),
    Act(c.MoveRevisit, "/revisits/{revisit_id}/due", "Set another due time of a revisit", roles=LEADERS, body="NewRevisitTime",
        more="What was overdue stays so: it can be late, but no longer kept.",
        terminal="revisit move", typed=f"{WHICH} --due 2027-02-01T10:00"),
    Act(c.HandOverRevisit, "/revisits/{revisit_id}/handover", "Name who sees the customer again", roles=LEADERS, body="RevisitHandOver",
        terminal="revisit handover", typed=f"{WHICH} --to {WHO}"),
    Act(c.ExcuseRevisit, "/revisits/{revisit_id}/excuse", "They need not be seen this time", roles=LEADERS, body="RevisitNotMade",
        terminal="revisit excuse", typed=f"{WHICH} --why 'they have just moved'"),
    Act(c.BreakRevisit, "/revisits/{revisit_id}/break", "They will not be seen this time", body="RevisitNotMade",
        terminal="revisit break", typed=f"{WHICH} --why 'nobody is there'"),
)  # fmt: skip
READS = (
    Reads(
        model="projections.revisit:Revisits",
        of="Revisit",
        path="/revisits",
        by="owner customer stage outcome=open|kept|late|broken|excused|released due_before",
        many="Revisits, page by page",
        more="What is due first comes first. Those of your team; auditors and admins see all.",
        one="The revisit of one customer",
        history=True,
        terminal="revisit",
        columns="due_at outcome stage owner_id customer_id revisit_id",
        fields="revisit_id customer_id owner_id due_at outcome stage reminded missed escalated done_at kind note policy_version",
        typed="--owner 'Li Wei' --outcome open",
    ),
    Reads(
        model="projections.revisit:PublishedRevisitPolicies",
        of="RevisitPolicy",
        path="/revisit-policies",
        by="name",
        many="Revisit policies, the newest version of each",
        one="One revisit policy",
        terminal="revisit policies",
        columns="name policy.version policy.rules policy.catch_up_days",
    ),
)
