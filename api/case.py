"""api: what people do with service cases, and read of them."""

from __future__ import annotations

from api.engine.acts import WHICH, WHO, Act, Reads
from api.engine.roles import ADMIN
from domain.case import commands as c
from domain.survey.commands import NoteFeedback

PATHS = ("cases", "service-policies")
TAGS = {"service cases": "What customers need help with, and the policies of it"}
ACTS = (
    Act(c.PublishServicePolicy, "/service-policies", "Publish a service policy's next version", roles=ADMIN, flat=("policy",),
        hide=("version",), status=201, location="/service-policies/{id}", body="NewServicePolicy",
        more="Cases opened from now are under it, and those that are reopened. The same again publishes nothing.",
        example={"name": "gold", "calendar": {"timezone": "Asia/Shanghai", "country": "CN", "years": [2027]},
            "severe": {"answer": "30m", "solve": "4bh"}, "normal": {"answer": "2bh", "solve": "2bd"},
            "minor": {"answer": "1bd", "solve": "5bd"}, "feedback_after": "5bd", "reopen_days": 14},
        terminal="case policy <file=:file", typed="./gold.json"),
    Act(c.OpenCase, "/cases", "Open a service case", creates="case_id", location="/cases/{case_id}", asker="owner_id",
        more="Its clocks run from when it happened, where that is said to be earlier than now.",
        about="A case that was solved too long ago to be reopened is named in `follows`.",
        described={"owner_id": "Left out: whoever asks.", "follows": "The earlier case.", "deal_id": "The deal of the customer it is about."},
        example={"title": "the line stands still", "customer_id": WHICH, "severity": "severe", "category": "defect"},
        terminal="case open <title", typed="'the line stands still' --customer 'Acme' --severity severe"),
    Act(c.AnswerCase, "/cases/{case_id}/answer", "The customer has the first answer",
        terminal="case answer", typed=f"{WHICH} --note 'a technician comes tomorrow'"),
    Act(c.WaitForCustomer, "/cases/{case_id}/wait", "Wait for the customer", more="The clocks stand still; what is left of them is kept.",
        terminal="case wait <what", typed=f"{WHICH} 'a photo of the valve'"),
    Act(c.ResumeCase, "/cases/{case_id}/resume", "The customer is waited for no more", body="Resumed",
        terminal="case resume", typed=WHICH),
    Act(c.ChangeSeverity, "/cases/{case_id}/severity", "Change the severity", more="The clocks are set as for a case of the other severity.",
        terminal="case severity <severity", typed=f"{WHICH} normal"),
    Act(c.LinkCase, "/cases/{case_id}/deal", "Say which deal it is about",
        terminal="case link <deal", typed=f"{WHICH} 1C1I7A6R"),
    Act(c.UnlinkCase, "/cases/{case_id}/unlink", "It is about no deal any more", body="Unlinked",
        terminal="case unlink", typed=WHICH),
    Act(c.HandOverCase, "/cases/{case_id}/handover", "Name another owner", body="CaseHandOver",
        terminal="case handover", typed=f"{WHICH} --to {WHO}"),
    Act(c.SolveCase, "/cases/{case_id}/solve", "The customer has the solution", more="They are asked how it went.",
        terminal="case solve <solution", typed=f"{WHICH} 'a new valve'"),
    Act(c.ReopenCase, "/cases/{case_id}/reopen", "Reopen it", more="For as many days as its service policy says; afterwards a new case follows it.",
        terminal="case reopen", typed=f"{WHICH} --why 'it leaks again'"),
    Act(NoteFeedback, "/cases/{case_id}/feedback", "Note how it went",
        more="1 (badly) to 5 (well), by whoever heard it. That closes the case; a low score opens an action item.",
        terminal="case feedback <score", typed=f"{WHICH} 4 --text 'quick'"),
)  # fmt: skip
READS = (
    Reads(
        model="projections.case:Cases",
        of="Case",
        path="/cases",
        by="owner customer deal severity category status overdue due_before",
        many="Service cases, page by page",
        more="A team's board: what is due first comes first. Those of your team; auditors and admins see all.",
        one="One service case",
        history=True,
        terminal="case",
        columns="due_at severity status missed owner_id customer_id title case_id",
        fields="case_id customer_id owner_id severity category status due_at missed deal_id product_id follows reopened solution score said "
        "policy policy_version",
        typed="--team 'North' --status open",
    ),
    Reads(
        model="projections.case:PublishedServicePolicies",
        of="ServicePolicy",
        path="/service-policies",
        by="name",
        many="Service policies, the newest version of each",
        one="One service policy",
        terminal="case policies",
        columns="name policy.version policy.severe policy.normal policy.minor policy.feedback_after policy.reopen_days policy.calendar",
    ),
)
