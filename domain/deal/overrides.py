"""Domain room: the approval that lets a deal pass a gate it does not meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from domain.engine.errors import Refused


def may_decide(requested_by: str, *, by: str) -> bool:
    """Somebody else than who asked for it."""
    return by != requested_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """An approval, asked for or given, to reach stage `to` although `missing` is not met. `approved` is None until it
    is decided; it lets pass once, and nothing that was not shown to who approved it: `shown` marks what the deal was
    like when it was asked for (`gates.shown`).
    """

    id: UUID
    to: str
    missing: tuple[str, ...]
    requested_by: str
    shown: dict[str, str] = field(default_factory=dict)
    approved: bool | None = None
    by: str = ""
    """Who decided."""
    spent: bool = False
    closed: bool = False
    """It let the deal, as it stands now, be closed."""

    @property
    def waits(self) -> bool:
        """For a decision."""
        return self.approved is None and not self.spent

    def covers(self, to: str, lacking: tuple[str, ...]) -> bool:
        return bool(self.approved) and not self.spent and self.to == to and set(lacking) <= set(self.missing)

    def must_be_decided_so(self, *, approved: bool) -> None:
        """Raises Refused where it was decided otherwise."""
        if self.approved is not approved:
            word = "approved" if self.approved else "refused"
            raise Refused(
                f"this override was {word} already, by {self.by}: ask for another one", approved=self.approved
            )
