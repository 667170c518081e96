"""Domain room: the published policy of duplicates — from which score a likely one is told of, asked about, refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from domain.customer.likely import Score
from domain.engine.errors import FieldError
from domain.engine.facts import Fact, fact
from domain.engine.fields import FLAT, RuleName, Version
from domain.engine.versions import Publish, Versions

DEFAULT = "default"


@dataclass(frozen=True)
class DuplicatePolicy:
    """From `tell_from` on a likely duplicate is told of; from `ask_from` on a person who enters one is asked, on the desk and in the terminal; from
    `refuse_from` on nobody enters one, no file and no program, without saying why it is another. None: never.
    """

    name: RuleName = DEFAULT
    tell_from: Score = 60
    ask_from: Score | None = 85
    refuse_from: Score | None = None
    version: Version = 1

    def wrong(self) -> Iterator[FieldError]:
        if self.name != DEFAULT:
            yield FieldError("name", "there is one policy of duplicates: default")
        least = self.tell_from
        for name in ("ask_from", "refuse_from"):
            score = getattr(self, name)
            if score is not None and score < least:
                yield FieldError(name, f"must be at least {least}: who is stopped is told why")
            least = score if score is not None else least

    def stops_from(self, *, asks: bool) -> int | None:
        """The score from which on a reason is wanted; `asks`: of a person, who can be asked."""
        wanted = [score for score in (self.refuse_from, self.ask_from if asks else None) if score is not None]
        return min(wanted, default=None)


@fact("duplicate-policy.published")
class DuplicatePolicyPublished(Fact):
    policy: DuplicatePolicy


class DuplicatePolicies(Versions[DuplicatePolicy]):
    """All versions of the policy of duplicates."""

    KIND = CALLED = "duplicate policy"
    FACT, BUILT_IN = DuplicatePolicyPublished, DuplicatePolicy()


class PublishDuplicatePolicy(Publish, of=DuplicatePolicies):
    """It counts for whatever is entered from now on."""

    policy: Annotated[DuplicatePolicy, FLAT]
