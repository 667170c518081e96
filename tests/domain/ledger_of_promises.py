"""tests: what must hold of any deal's recorded facts, told without the code that decides them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from domain.deal import facts as f
from domain.engine.facts import Fact
from domain.engine.values import PromiseOutcome


@dataclass
class Account:
    """One deal's facts, read as an auditor would: each assertion is a sentence of the rules."""

    open: bool = False
    owner: UUID | None = None
    live: f.PromiseMade | None = None
    arming: int = 0
    outcomes: dict[UUID, PromiseOutcome] = field(default_factory=dict)
    asked: dict[UUID, f.OverrideRequested] = field(default_factory=dict)
    approved: set[UUID] = field(default_factory=set)
    used: set[UUID] = field(default_factory=set)

    def read(self, facts: Iterable[Fact]) -> Account:
        """One commit's facts; in between, a deal may be without a promise, after them it may not."""
        for fact in facts:
            self._promise(fact)
            self._override(fact)
            self._deal(fact)
        self.check()
        return self

    def check(self) -> None:
        assert self.open == (self.live is not None), "open means exactly one live promise, closed means none"
        if self.live is not None:
            assert self.owner_of_promise == self.owner, "the owner of the deal owes its promise"

    def _deal(self, fact: Fact) -> None:
        match fact:
            case f.DealOpened():
                self.open, self.owner = True, fact.owner_id
            case f.DealReopened():
                assert not self.open, "an open deal is not reopened"
                self.open = True
            case f.DealWon() | f.DealLost():
                assert self.open, "a deal is closed once"
                self.open = False
            case f.OwnerChanged():
                assert fact.before == self.owner
                self.owner = fact.after

    def _promise(self, fact: Fact) -> None:
        match fact:
            case f.PromiseMade():
                assert self.live is None, "one live promise at a time"
                assert fact.promise_id not in self.outcomes, "a promise is made once"
                assert (fact.number, fact.arming) == (len(self.outcomes) + 1, 1)
                self.live, self.arming, self.owner_of_promise = fact, 1, fact.owner_id
            case f.PromiseRearmed():
                self._lives(fact.promise_id)
                assert fact.arming == self.arming + 1, "arming strictly increases"
                self.arming = fact.arming
            case f.PromiseHandedOver():
                self._lives(fact.promise_id)
                assert (fact.before, fact.before != fact.after) == (self.owner_of_promise, True)
                self.owner_of_promise = fact.after
            case f.PromiseReminded() | f.PromiseMissed() | f.PromiseEscalated():
                self._lives(fact.promise_id)
                assert fact.arming == self.arming, "a timer speaks for the present arming only"
            case f.PromiseReworded():
                self._lives(fact.promise_id)
            case f.PromiseEnded():
                self._lives(fact.promise_id)
                assert fact.promise_id not in self.outcomes, "a promise ends once"
                self.outcomes[fact.promise_id] = fact.outcome
                self.live = None

    def _lives(self, promise_id: UUID) -> None:
        assert self.live is not None
        assert self.live.promise_id == promise_id, "only the live promise is spoken of"

    def _override(self, fact: Fact) -> None:
        match fact:
            case f.OverrideRequested():
                assert fact.override_id not in self.asked, "an override is asked for once"
                assert fact.missing
                self.asked[fact.override_id] = fact
            case f.OverrideDecided():
                assert fact.decided_by != self.asked[fact.override_id].requested_by
                if fact.approved:
                    self.approved.add(fact.override_id)
            case f.StageMoved():
                assert (fact.override_id is None) == (not fact.missing), (
                    "a gate is met, or let pass by an approval"
                )
                if fact.override_id is not None:
                    self._spend(fact, fact.override_id)
            case f.DealReopened():
                self.approved.clear()

    def _spend(self, moved: f.StageMoved, override_id: UUID) -> None:
        assert override_id in self.approved - self.used, "an approval lets pass once"
        asked = self.asked[override_id]
        assert asked.to == moved.after
        assert set(moved.missing) <= set(asked.missing), "an approval covers what was shown to who gave it"
        self.used.add(override_id)
