"""runtime: a notice's sentence, in its reader's language and zone, with names where the ledger has ids. Made when it is sent, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.customer.customer import Customer
from domain.engine.aggregate import Aggregate
from domain.engine.notices import Person, Titled, Word
from domain.engine.values import Words
from domain.notices import called
from domain.notification.hours import Cadence
from domain.people.people import Rep
from runtime.language import Catalogue, catalogue
from runtime.notices.accounts import Account, Way

Places = Mapping[str, Any]
SOMEBODY = "somebody"
DAY = "yMMMEd"
WHY = {
    Cadence.AT_ONCE: "You get this because you are told of {what} at once.",
    Cadence.HOURLY: "You get this because you are told of {what} once an hour.",
    Cadence.DAILY: "You get this because you are told of {what} once a day.",
}
PATHS = {
    "deal": "/desk/deals/{id}",
    "lead": "/desk/leads/{id}",
    "customer": "/desk/customers/{id}",
    "target": "/desk/targets/{id}",
    "cycle": "/desk/cycles/{id}",
    "case": "/desk/cases/{id}",
    "revisit": "/desk/revisits/{id}",
    "survey answer": "/desk/surveys/answers/{id}",
    "meeting": "/desk/meetings/{id}",
    "adjustment": "/desk/adjustments/{id}",
    "action item": "/desk/action-items/{id}",
    "import": "/desk/admin/imports/{id}",
    "recipient": "/desk/admin/accounts",
    "webhook": "/desk/admin/webhooks/{id}",
    "read model": "/desk/admin/read-models",
}
"""Where each kind of thing is looked at."""


def path_to(kind: str, id: object) -> str:
    return PATHS[kind].format(id=id)


def needed(places: Iterable[Places]) -> dict[UUID, type[Aggregate]]:
    """Whose names have to be known."""
    return dict(_needed(value for one in places for value in one.values()))


def _needed(values: Iterable[Any]) -> Iterator[tuple[UUID, type[Aggregate]]]:
    for value in values:
        if isinstance(value, Person) and value.id is not None:
            yield value.id, Rep
        elif isinstance(value, Titled) and value.customer_id is not None:
            yield value.customer_id, Customer


@dataclass(frozen=True)
class Wording:
    """For one reader. `names` are the aggregates that `needed` asked for."""

    account: Account
    names: Mapping[UUID, Aggregate]

    def sentence(self, says: str, places: Places) -> str:
        template = self._words.gettext(says)
        return template.format(**{name: self._said(value) for name, value in places.items()})

    def why(self, way: Way) -> str:
        return self._words.say(WHY[way.cadence], what=self._words.pgettext("notice", called(way.what)))

    @property
    def _words(self) -> Catalogue:
        return catalogue(self.account.language)

    def _said(self, value: Any) -> str:
        match value:
            case Person(id=id):
                return self._name(id)
            case Titled():
                return self._titled(value)
            case Word():
                return self._words.pgettext("stage", value)
            case Words():
                return value.zh if self.account.language == "zh" else value.en
            case datetime():
                return self._time(value)
            case Decimal():
                return self._number(value)
            case tuple():
                return ("、" if self.account.language == "zh" else ", ").join(map(self._said, value))
        return str(value)

    def _name(self, id: UUID | None) -> str:
        rep = self.names.get(id) if id is not None else None
        name = rep.known_as.name if isinstance(rep, Rep) else ""
        return name or self._words.gettext(SOMEBODY)

    def _titled(self, thing: Titled) -> str:
        customer = self.names.get(thing.customer_id) if thing.customer_id is not None else None
        name = customer.profile.name if isinstance(customer, Customer) else ""
        if not (name and thing.title):
            return thing.title or name
        return f"{thing.title}（{name}）" if self.account.language == "zh" else f"{thing.title} ({name})"

    def _time(self, at: datetime) -> str:
        from babel.dates import format_skeleton

        local = at.astimezone(ZoneInfo(self.account.hours.timezone))
        return f"{format_skeleton(DAY, local, locale=self.account.language)} {local:%H:%M}"

    def _number(self, number: Decimal) -> str:
        from babel.numbers import format_decimal

        return format_decimal(number, locale=self.account.language, decimal_quantization=False)
