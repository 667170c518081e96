"""Domain room: customers that one which is entered is likely to be already, as whoever looked for them found them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from annotated_types import Ge, Le, MaxLen

from domain.engine.fields import ShortText

Score = Annotated[int, Ge(0), Le(100)]
"""How likely two customers are one, in per cent."""
MOST_LIKELY = 10
"""So many are told of, the likeliest first."""


class Looked(StrEnum):
    """Among whom it was looked for them: all customers; all but those that were entered just now; none, as it could not be looked."""

    ALL = "all"
    MOST = "most"
    NONE = "none"


class Evidence(StrEnum):
    """What two customers have in common: a registration or tax number, the name, one that is written nearly so, a web domain, the domain
    of mail addresses, a phone number.
    """

    NUMBER = "number"
    NAME = "name"
    SIMILAR_NAME = "similar-name"
    WEB = "web-domain"
    MAIL = "mail-domain"
    PHONE = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A customer, how likely it is the one that is entered, and by what. `teams` are those who have deals or leads with it; of one that
    the writer may not see there is no more to tell.
    """

    customer_id: UUID
    score: Score
    evidence: Annotated[tuple[Evidence, ...], MaxLen(6)]
    name: ShortText = ""
    teams: Annotated[tuple[ShortText, ...], MaxLen(20)] = ()
    seen: bool = True

    def told(self) -> dict[str, Any]:
        """As an answer has it."""
        return {
            "customer_id": str(self.customer_id) if self.seen else None,
            "name": self.name,
            "score": self.score,
            "evidence": [str(one) for one in self.evidence],
            "teams": list(self.teams),
        }
