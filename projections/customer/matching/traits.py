"""Projections room: what a customer is known by, out of its profile and contacts, and a lead out of what it said."""

from __future__ import annotations

from collections.abc import Iterable

from domain.customer.customer import Customer
from domain.customer.facts import Contact, Profile
from domain.lead.facts import LeadDetails
from projections.customer.matching import identifiers
from projections.customer.matching.names import company_name
from projections.customer.matching.scoring import Traits


def traits_of(customer: Customer) -> Traits:
    return traits_of_profile(customer.profile, customer.contacts.values())


def traits_of_profile(profile: Profile, contacts: Iterable[Contact] = ()) -> Traits:
    people = tuple(contacts)
    phones = (profile.phone, *(one.phone for one in people))
    return Traits(
        names=tuple(dict.fromkeys(map(company_name, names_of(profile)))),
        country=identifiers.country_code(profile.country),
        numbers=_all(identifiers.number(text) for text in (profile.registration_number, profile.tax_number)),
        webs=_all([identifiers.web_domain(profile.web)]),
        mails=_all(identifiers.mail_domain(one.mail) for one in people),
        phones=_all(identifiers.phone(text, profile.country) for text in phones if text),
    )


def traits_of_lead(lead: LeadDetails) -> Traits:
    """Of the company that it says it is of; without one, of the person by that name."""
    return Traits(
        names=(company_name(lead.company or lead.name),),
        mails=_all([identifiers.mail_domain(lead.mail)]),
        phones=_all([identifiers.phone(lead.phone)] if lead.phone else []),
    )


def names_of(profile: Profile) -> tuple[str, ...]:
    """Its name, and those in other scripts and languages."""
    return (profile.name, *(one.name for one in profile.other_names))


def _all(found: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, found))
