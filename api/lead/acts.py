"""api: what people do with leads."""

from __future__ import annotations

from api.engine.acts import WHICH, WHO, Act
from api.engine.roles import LEADERS
from domain.lead.commands import AllocateLead, CaptureLead, ConvertLead, CorrectLead, DiscardLead
from domain.lead.fields import SetLeadFields

FLAGS = "do-not-mail/may-mail=do_not_mail do-not-call/may-call=do_not_call"
ACTS = (
    Act(CaptureLead, "/leads", "Capture a lead",
        creates="lead_id", location="/leads/{lead_id}", hide=("likely", "looked",), more="Answered with the customers that it is likely of (`likely`), where it names none.",
        about="`source` names the channel or campaign, `origin` how they came in; `qualified_by` is the rep who found out that they may buy.",
        example={"name": "Wang Wei", "interest": "MES for 40 seats", "source": "trade fair Shanghai"},
        terminal=f"lead capture <name {FLAGS}", typed="'Wang Wei' --source 'trade fair'"),
    Act(CorrectLead, "/leads/{lead_id}/correct", "Set right what is known of a lead",
        about="A field left out stays as it is.",
        terminal=f"lead correct {FLAGS}", typed=f"{WHICH} --phone '+49 30 1234'"),
    Act(AllocateLead, "/leads/{lead_id}/allocate", "Allocate a lead to a rep", roles=LEADERS,
        more="The lead has an owner and the owner's allocations count it, in one commit.", hide=("receipt",),
        about="`to` is the rep. The receipt says that it was done by hand; the envelope's `reason` says why.",
        terminal="lead allocate", typed=f"{WHICH} --to {WHO}"),
    Act(ConvertLead, "/leads/{lead_id}/convert", "Convert a lead into a deal",
        more="The deal is its owner's, with a promise.", creates="deal_id", location="/deals/{deal_id}",
        terminal="lead convert <title set=custom:field", typed=f"{WHICH} 'MES, 40 seats'"),
    Act(SetLeadFields, "/leads/{lead_id}/fields", "Fill in a lead's custom fields", body="LeadFields",
        more="A field that is not named stays as it is; null empties it.", example={"custom": {"interest_level": "high"}},
        terminal="lead fields set=custom:field", typed=f"{WHICH} --set interest_level=high"),
    Act(DiscardLead, "/leads/{lead_id}/discard", "Discard a lead",
        terminal="lead discard", typed=f"{WHICH} --why 'a student'"),
)  # fmt: skip
