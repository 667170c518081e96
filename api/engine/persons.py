"""api: what bodies say of a person — whose an account or a key is, and what people choose for themselves."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, model_validator

from api.engine.fields import Strict
from api.engine.roles import Role
from runtime.language import LANGUAGES


class RoleBinding(Strict):
    """What somebody may do, and for whom: a rep's names the rep, a manager's the team."""

    MADE: ClassVar = "account"

    role: Role
    rep_id: UUID | None = None
    team_id: UUID | None = None

    @model_validator(mode="after")
    def bound(self) -> Self:
        if self.role is Role.REP and self.rep_id is None:
            raise ValueError(f"a rep's {self.MADE} needs rep_id")
        if self.role is Role.MANAGER and self.team_id is None:
            raise ValueError(f"a manager's {self.MADE} needs team_id")
        return self


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be an IANA time zone, such as Asia/Shanghai") from None


def _language(name: str) -> str:
    if name not in LANGUAGES:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
    return name


Zone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, AfterValidator(_language)]
