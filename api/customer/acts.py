"""api: what people do with customers and their contacts, and with products."""

from __future__ import annotations

from api.customer.merge_acts import MERGES
from api.engine.acts import WHICH, Act
from api.engine.roles import ADMIN
from domain.customer import (
    buying_roles,
    change_profile,
    commands,
    consents,
    duplicate_policy,
    duplicates,
    fields,
    notes,
    parent,
    product,
)

CUSTOMERS = (
    Act(commands.RegisterCustomer, "/customers", "Register a customer, or fill in its profile",
        more="Of one that is known, what is left empty stays as it is. Of a new one it is answered whom it may be already (`likely`): how likely, in per cent, and by what. Where the policy of duplicates wants a reason, it is refused without one.",
        described={"another_because": "Why it is none of those that it may be already; recorded."}, hide=("likely", "looked", "asks"),
        creates="customer_id", location="/customers/{customer_id}", flat=("profile",), body="NewCustomer",
        example={"name": "华东精密制造有限公司", "sector": "manufacturing", "country": "CN"},
        terminal="customer register <name other-name=other_names:other-name address=addresses:address tax=tax_number registration=registration_number set=custom:field",
        typed="'Acme Tools' --sector machinery --country DE --other-name zh=艾克米"),
    Act(change_profile.ChangeProfile, "/customers/{customer_id}/profile", "Change a part of its profile",
        more="What is not said stays; what `clear` names is emptied.", described={"clear": "Fields that are emptied, such as web."},
        example={"web": "www.acme.example", "tax_number": "DE811234567", "clear": ["parent"]},
        terminal="customer change other-name=other_names:other-name address=addresses:address tax=tax_number registration=registration_number",
        typed="'Acme Tools' --web www.acme.example --clear phone"),
    Act(parent.SetParent, "/customers/{customer_id}/parent", "Say which company it belongs to", more="Without one, to none.", body="ParentCompany",
        terminal="customer parent <parent:customer", typed="'Acme Tools' 'Acme Group'"),
    Act(fields.SetCustomerFields, "/customers/{customer_id}/fields", "Fill in a customer's custom fields", body="CustomerFields",
        more="A field that is not named stays as it is; null empties it.", example={"custom": {"tier": "gold"}},
        terminal="customer fields set=custom:field", typed="'Acme Tools' --set tier=gold"),
    Act(commands.AddContact, "/customers/{customer_id}/contacts", "Add a contact", creates="contact_id", body="NewContact",
        terminal="customer contact <name do-not-mail/may-mail=do_not_mail do-not-call/may-call=do_not_call consent=consents:consent set=custom:field",
        typed="'Acme Tools' 'Ms Zhao' --role buyer --buying-role decides --consent 'mail=trade fair'"),
    Act(commands.CorrectContact, "/customers/{customer_id}/contacts/{contact_id}", "Correct a contact",
        more="What is not said stays; what `clear` names is emptied.", described={"clear": "Of mail, phone and role."},
        terminal="customer correct-contact do-not-mail/may-mail=do_not_mail do-not-call/may-call=do_not_call",
        typed=f"'Acme Tools' {WHICH} --phone '+49 30 5550100'"),
    Act(fields.SetContactFields, "/customers/{customer_id}/contacts/{contact_id}/fields", "Fill in a contact's custom fields", body="ContactFields",
        more="A field that is not named stays as it is; null empties it.", example={"custom": {"newsletter": True}},
        terminal="customer contact-fields set=custom:field", typed=f"'Acme Tools' {WHICH} --set newsletter=yes"),
    Act(buying_roles.SetBuyingRole, "/customers/{customer_id}/contacts/{contact_id}/buying-role", "Say what part a contact has in deciding",
        more="With a deal it is said of that one. Without a role it is taken away.",
        terminal="customer buying-role", typed=f"'Acme Tools' {WHICH} --role decides"),
    Act(consents.GiveConsent, "/customers/{customer_id}/contacts/{contact_id}/consents", "Record a consent",
        more="Where they must not be written to or called, they may be from then on.", status=201,
        terminal="customer consent <purpose", typed=f"'Acme Tools' {WHICH} mail --source 'trade fair'"),
    Act(consents.WithdrawConsent, "/customers/{customer_id}/contacts/{contact_id}/consents/withdraw", "Record that a consent was withdrawn",
        more="They must not be written to or called from then on. Who never gave it objects so.",
        terminal="customer withdraw-consent <purpose", typed=f"'Acme Tools' {WHICH} mail --source 'a call'"),
    Act(notes.AddNote, "/customers/{customer_id}/notes", "Add a need, a preference, a competitor or a note", creates="note_id",
        more="The same id again sets it right.", described={"text": "Of a competitor its name.", "since": "When it is true, where that is known."},
        example={"kind": "competitor", "text": "Boilers & Sons", "since": "2026-01-15"},
        terminal="customer note <kind <text", typed="'Acme Tools' need 'spare parts within two days'"),
    Act(notes.CloseNote, "/customers/{customer_id}/notes/{note_id}/close", "Close a note", more="It is true no longer, and stays in the history.",
        terminal="customer close-note", typed=f"'Acme Tools' {WHICH} --why 'they have them now'"),
)  # fmt: skip
DUPLICATES = (
    Act(duplicates.TellCustomersApart, "/customers/{customer_id}/apart", "Say that two customers are different", body="ToldApart",
        more="They are not proposed as duplicates any more.",
        terminal="customer apart", typed=f"'Acme Tools' {WHICH} --because 'another company in the same building'"),
    Act(duplicates.CompareCustomersAgain, "/customers/{customer_id}/compare", "Take back that two customers are different", body="ComparedAgain",
        terminal="customer compare", typed=f"'Acme Tools' {WHICH}"),
    Act(duplicate_policy.PublishDuplicatePolicy, "/duplicate-policy", "Publish the next version of the policy of duplicates", roles=ADMIN,
        flat=("policy",), hide=("name", "version"), status=201, location="/duplicate-policy", body="NewDuplicatePolicy",
        about="Scores in per cent; null for never. From `tell_from` on a likely duplicate is told of, from `ask_from` on a person who enters one is asked, from `refuse_from` on everybody has to say why it is another.",
        example={"tell_from": 60, "ask_from": 85, "refuse_from": 95},
        terminal="customer duplicate-policy", typed="--tell-from 60 --ask-from 85 --refuse-from 95"),
)  # fmt: skip
PRODUCTS = (
    Act(product.ListProduct, "/products", "List a product, or list it anew", roles=ADMIN, creates="product_id", body="NewProduct",
        terminal="product add <name", typed="'MES 40' --price '12000 CNY'"),
    Act(product.ArchiveProduct, "/products/{product_id}/archive", "Archive a product", roles=ADMIN,
        terminal="product archive", typed="'MES 40'"),
)  # fmt: skip
ACTS = (*CUSTOMERS, *DUPLICATES, *MERGES, *PRODUCTS)
