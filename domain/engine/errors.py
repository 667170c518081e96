"""Domain room: the named refusals. They carry no HTTP; `api/engine/errors.py` translates them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field: a dotted path and what to do about it."""

    field: str
    message: str


class DomainError(Exception):
    """A command was refused and nothing was recorded.

    `code` is a stable machine name, `message` is for people, `details` is plain JSON data.
    """

    code: ClassVar[str] = "refused"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, **self.details}


class Invalid(DomainError):
    """The command itself is malformed; every bad field is named at once."""

    code = "invalid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{e.field}: {e.message}" for e in errors))
        self.errors = tuple(errors)
        self.details = {"errors": [asdict(e) for e in errors]}


class NotFound(DomainError):
    """Nothing is recorded under that id."""

    code = "not-found"


class AlreadyExists(DomainError):
    """The id is taken by something else than what the command describes."""

    code = "already-exists"


class Refused(DomainError):
    """A rule says no in the present state (a closed deal, a rep who left)."""

    code = "refused"


class LikelyDuplicate(DomainError):
    """What is entered is likely here already; `likely` lists what it may be, the likeliest first. The fields in `wants` would say that it
    is another.
    """

    code = "likely-duplicate"

    def __init__(self, message: str, likely: Sequence[dict[str, Any]], wants: Sequence[str]) -> None:
        super().__init__(message, likely=list(likely), wants=list(wants))


class GateNotPassed(DomainError):
    """A stage's exit requirements are not met; `missing` lists every one of them."""

    code = "gate-not-passed"

    def __init__(self, stage: str, missing: Sequence[str], changed: Sequence[str] = ()) -> None:
        """`changed` is what is not as it was when an approval to pass was asked for."""
        again = f" again: {', '.join(changed)} changed since the approval" if changed else ""
        super().__init__(
            f"the gate of stage {stage!r} is not passed: record {', '.join(missing)} first,"
            f" or ask a manager for an override{again}",
            stage=stage,
            missing=list(missing),
            **({"changed": list(changed)} if changed else {}),
        )


class Conflict(DomainError):
    """Somebody recorded something on the same stream in between: read again and retry."""

    code = "conflict"
    retryable = True


class UnknownTopic(DomainError):
    """The ledger holds a topic, or a version of one, that this release does not know: a newer one wrote it. Who tries again may
    meet a process of that release.
    """

    code = "newer-release"
    retryable = True


class KeyReused(DomainError):
    """The idempotency key was used before with another command."""

    code = "idempotency-key-reused"


class Forbidden(DomainError):
    """The actor may not do this here."""

    code = "forbidden"
