"""api: what people do with surveys, and read of them."""

from __future__ import annotations

from api.engine.acts import WHICH, Act, Reads
from api.engine.roles import ADMIN
from domain.survey import commands as c

TAGS = {"surveys": "What customers are asked, and what they answer"}
EXAMPLE = {
    "name": "after-a-win", "en": "How was it to buy from us?", "zh": "您的购买体验如何？",
    "questions": [
        {"key": "recommend", "kind": "0-10", "counts": "nps", "needed": True,
         "en": "How likely are you to recommend us to a colleague?", "zh": "您有多大可能向同事推荐我们？"},
        {"key": "why", "kind": "text", "en": "What is the main reason for your score?", "zh": "您打出该分数的主要原因是什么？"},
    ],
    "rules": [{"on": "deal-won"}], "send_after_days": 7, "act_within": "2bd",
}  # fmt: skip
ACTS = (
    Act(c.PublishSurvey, "/surveys", "Publish a survey's next version", roles=ADMIN, flat=("survey",),
        hide=("version",), status=201, location="/surveys/{id}", body="NewSurvey",
        more="Invitations that were made keep the version that they were made with. The same again publishes nothing.",
        example=EXAMPLE, terminal="survey publish <file=:file", typed="./after-a-win.json"),
    Act(c.InviteToSurvey, "/survey-invitations", "Ask a customer", creates="invitation_id", kind="survey-invitation",
        location="/survey-invitations/{invitation_id}", asker="owner_id", hide=("on",),
        more="The contact that is named, or else the first who may be asked. Where nobody may, that is noted, and why.",
        described={"owner_id": "For whom it counts where it is about no deal and no case. Left out: whoever asks."},
        example={"survey": "after-a-win", "customer_id": WHICH},
        terminal="survey invite <survey", typed="after-a-win --customer 'Acme'"),
    Act(c.RecordSurveyAnswer, "/survey-answers", "Note what a customer answered", creates="answer_id", kind="survey-answer",
        location="/survey-answers/{answer_id}", asker="owner_id",
        more="After a call or a visit; when it was said earlier than now, `occurred_at` says so.",
        described={"owner_id": "For whom it counts where it is about no deal and no case. Left out: whoever asks."},
        example={"survey": "after-a-win", "customer_id": WHICH, "replies": [{"question": "recommend", "answer": "9"}]},
        terminal="survey answer <survey replies=replies:reply", typed="after-a-win --customer 'Acme' --replies recommend=9"),
)  # fmt: skip
READS = (
    Reads(
        model="projections.survey.answers:SurveyAnswers",
        of="SurveyAnswer",
        path="/survey-answers",
        by="owner customer contact deal case survey came_by=link|entered|imported low loop=none|open|closed since until",
        many="Answers of customers, page by page",
        more="The newest first. Those of your team; auditors and admins see all.",
        one="One answer",
        history=True,
        terminal="survey",
        columns="answered_at customer_id nps csat low loop survey owner_id answer_id",
        spare="owner_id survey loop",
        fields="survey survey_version customer_id contact_id deal_id case_id owner_id came_by answered_at replies nps csat low loop "
        "item_id outcome loop_minutes invitation_id",
        typed="--survey after-a-win --low",
    ),
    Reads(
        model="projections.survey.answers:SurveyInvitations",
        of="SurveyInvitation",
        path="/survey-invitations",
        by="owner customer contact survey status=waiting|sent|withheld|answered|expired",
        many="Whom surveys were sent to, page by page",
        more="And to whom not, and why. The newest first. Those of your team; auditors and admins see all.",
        one="One invitation",
        terminal="survey invitations",
        columns="made_at customer_id survey status reason sent_at trigger expires_at owner_id",
        spare="owner_id expires_at trigger survey",
    ),
    Reads(
        model="projections.survey.answers:PublishedSurveys",
        of="Survey",
        path="/surveys",
        by="name active",
        many="Surveys, the newest version of each",
        one="One survey",
        terminal="survey published",
        columns="name survey.version active survey.en survey.rules survey.quiet_days survey.open_days",
    ),
)
