"""api: what people do with targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from api.engine.acts import WHICH, WHO, Act
from api.engine.roles import ADMIN, LEADERS
from domain.figures.shares import Method
from domain.target import commands as c


@dataclass(frozen=True)
class Division:
    """The parts, or what the target is divided into; see the request body `DivideTarget`."""

    into: Literal["quarter", "month", "week", "team", "rep"] | None = None
    children: tuple[c.Child, ...] = ()
    method: Method = Method.EQUAL
    basis: str = ""


ACTS = (
    Act(c.ProposeTarget, "/targets", "Propose a target", roles=LEADERS,
        more="All of it is needed. There is one target for a metric, scope and period.", status=201,
        location="/targets/{id}",
        about="Nothing here has a default that stands for an answer: what is left out is named in the refusal, all at once.",
        described={"unit": "Of the metric.", "currency": "Of money alone.", "achievable": "Why it can be reached.", "relevant": "What it is good for."},
        example={"metric": "revenue-won", "number": "1200000.00", "unit": "money", "currency": "CNY", "period": "2027-Q1",
            "scope": {"kind": "team", "id": "5f0c2a52-6c2e-4c0e-9b7f-2f2f0b8f5a10"}, "owner_id": WHICH,
            "achievable": "the team won 1.1 million last quarter with one rep less", "relevant": "a third of the year's plan"},
        terminal="target propose",
        typed="--metric revenue-won --number 1200000 --unit money --currency CNY --period 2027-Q1 --scope company "
        f"--owner {WHO} --achievable '1.1 million last quarter' --relevant 'a third of the plan'"),
    Act(c.AgreeTarget, "/targets/{target_id}/agree", "Agree to a target",
        more="Its owner agrees to the number it has now.", speaker="agreed_by",
        terminal="target agree", typed=f"{WHICH} --by {WHO}"),
    Act(c.DecomposeTarget, "/targets/{target_id}/divide", "Divide a target", name="divideTarget", roles=LEADERS,
        says=Division, by_hand="what it is divided into is worked out from what held just now; a key then stands for the request",
        terminal="target decompose", typed=f"{WHICH} --into month --method seasonal",
        help="Divide it; the parts sum to it exactly. With --into, weighted is by the days of each period, and seasonal by what the same "
        "days of the three years before brought. With each --part, its weight or number counts."),
    Act(c.ReviseTarget, "/targets/{target_id}/revise", "Revise a target", roles=LEADERS,
        more="Another number from a day on; what is past is judged by the number it had.", described={"from_day": "Left out: from today."},
        terminal="target revise <number", typed=f"{WHICH} 1300000 --why 'a colleague left'"),
    Act(c.RespreadTarget, "/targets/{target_id}/respread", "Divide what is left anew", roles=LEADERS,
        about="Divide what is left anew. `children` names every part that is not past; without them the parts stay in proportion.",
        terminal="target respread", typed=f"{WHICH} --why 'the plant opens in May'",
        help="Divide what is left anew. Without parts, the present ones stay in proportion."),
    Act(c.MoveTarget, "/targets/{target_id}/move", "Count it for another parent", roles=ADMIN,
        more="A rep changed teams: two teams' targets change with it.",
        about="`stays` is what counts where it was; left out, the share of the days that are over.",
        terminal="target move", typed=f"{WHICH} --parent {WHICH} --why 'she changed teams'"),
    Act(c.HandOverTarget, "/targets/{target_id}/handover", "Name another owner", roles=LEADERS, body="NewOwner",
        terminal="target handover to=owner_id", typed=f"{WHICH} --to {WHO}"),
    Act(c.WithdrawTarget, "/targets/{target_id}/withdraw", "Withdraw a target", roles=LEADERS,
        more="It no longer holds, nor do its parts.", body="Why",
        terminal="target withdraw", typed=f"{WHICH} --why 'reorganised'"),
)  # fmt: skip
