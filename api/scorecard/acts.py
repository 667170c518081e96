"""api: what people do with scorecards — defined, opened, scored by people, closed, commented on and appealed against."""

from __future__ import annotations

from api.engine.acts import WHICH, WHO, Act
from api.engine.roles import ADMIN, LEADERS
from domain.scorecard import decisions as d
from domain.scorecard.definition import DefineScorecard

ACTS = (
    Act(DefineScorecard, "/scorecard-definitions", "Publish a scorecard's next version", roles=ADMIN,
        more="Scorecards keep the version they were opened with. The same again publishes nothing.", status=201,
        location="/scorecard-definitions/{definition.name}", hide=("version",), flat=("definition",), needed=("measures",),
        about="The weights sum to 100 %.",
        example={"name": "field-sales",
            "measures": [
                {"key": "revenue", "kind": "quantitative", "weight": "60", "metric": "revenue-won", "basis": "attainment",
                 "curve": [{"at": "0.5", "score": "0"}, {"at": "1.2", "score": "100"}]},
                {"key": "team play", "kind": "qualitative", "weight": "40"}]},
        terminal="scorecard define <file=:file", typed="./field-sales.json"),
    Act(d.OpenScorecard, "/scorecards", "Open a scorecard", roles=LEADERS,
        more="There is one for a scope and period.", status=201, location="/scorecards/{id}",
        about="`currency` is that of its measures of money; it is needed for those and only for those.",
        terminal="scorecard open <definition", typed=f"field-sales --scope 'rep:Li Wei' --period 2027-Q1 --owner {WHO} --currency CNY"),
    Act(d.ScoreScorecard, "/scorecards/{scorecard_id}/scores", "Score what people score",
        more="The manager's scores count; the owner's stand beside them.", optional=("role",), speaker="scored_by", body="Scores",
        about="A rep scores as the owner. Measures left out keep what was said of them before.",
        described={"role": "Left out: the owner's for a rep, the manager's for others."},
        terminal="scorecard score <scores", typed=f"{WHICH} --role manager --by {WHO} 'team play=90'",
        help="Score what people score, 0 to 100. The manager's scores count."),
    Act(d.CloseScorecard, "/scorecards/{scorecard_id}/close", "Close a scorecard", roles=LEADERS,
        more="With the figures as known now. Later facts, also late ones, do not change it; closing again changes nothing.",
        hide=("position", "figures"),
        terminal="scorecard close", typed=WHICH),
    Act(d.HandOverScorecard, "/scorecards/{scorecard_id}/handover", "Name others for an open scorecard", roles=LEADERS,
        more="One of a cycle goes along when that is handed over.", body="CardPeople", about="Who is not named keeps their part.",
        terminal="scorecard handover", typed=f"{WHICH} --manager {WHO} --why 'parental leave'"),
    Act(d.CommentOnScorecard, "/scorecards/{scorecard_id}/comments", "Comment on a scorecard",
        creates="comment_id", speaker="author_id", body="CardComment",
        terminal="scorecard comment <text", typed=f"{WHICH} 'the fair cost a week' --by {WHO}"),
    Act(d.AppealScorecard, "/scorecards/{scorecard_id}/appeal", "Appeal against the score",
        more="It is reopened, and the original kept.", speaker="appealed_by", body="CardAppeal",
        terminal="scorecard appeal", typed=f"{WHICH} --why 'the Acme deal counts' --by {WHO}"),
)  # fmt: skip
