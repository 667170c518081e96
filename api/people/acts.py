"""api: what people do with teams and the reps in them."""

from __future__ import annotations

from api.engine.acts import WHO, Act
from api.engine.roles import ADMIN, LEADERS
from domain.people import people as p

ACTS = (
    Act(p.FormTeam, "/teams", "Form a team, or name its manager anew", roles=ADMIN, creates="team_id", body="NewTeam",
        terminal="team form <name", typed="'East' --region CN"),
    Act(p.CorrectTeam, "/teams/{team_id}/corrections", "Set a team right", roles=ADMIN, about="A field left out stays as it is.",
        terminal="team correct", typed="East --region 'China, east'"),
    Act(p.ArchiveTeam, "/teams/{team_id}/archive", "Archive a team", roles=ADMIN, more="Nobody is hired or moved into it any more.",
        terminal="team archive", typed="East"),
    Act(p.HireRep, "/reps", "Hire a rep into a team, or move one there", roles=LEADERS,
        creates="rep_id", body="NewRep", about="`user_id` is the pseudonym that the rep's API keys carry.",
        terminal="rep hire <name", typed=f"{WHO} --team East --login li.wei"),
    Act(p.RepLeaves, "/reps/{rep_id}/leave", "A rep leaves", roles=LEADERS,
        more="A workflow then hands every open deal over; the rep's API keys stop counting.",
        terminal="rep leave", typed=WHO),
    Act(p.CorrectRep, "/reps/{rep_id}/corrections", "Set a rep right", roles=LEADERS, about="A field left out stays as it is.",
        terminal="rep correct", typed=f"{WHO} --login li.wei"),
    Act(p.PlanLeave, "/reps/{rep_id}/away", "A rep will be away", roles=LEADERS,
        more="Nothing is allocated to them by a rule meanwhile.", body="Away",
        terminal="rep away", typed=f"{WHO} --from 2026-12-24T00:00 --until 2027-01-02T00:00"),
    Act(p.ComeBack, "/reps/{rep_id}/back", "A rep is back early", roles=LEADERS,
        terminal="rep back", typed=WHO),
)  # fmt: skip
