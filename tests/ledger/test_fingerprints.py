"""tests: what is kept of a command under an idempotency key is the same in every release, so a repeat after an upgrade is one."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.deal.commands import HandOver, OpenDeal
from domain.engine.command import Command
from domain.lead.commands import AllocateLead
from runtime.codec import fingerprint

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        (
            OpenDeal(deal_id=ONE, title="MES", owner_id=OTHER),
            "ada587dc0d6b1951974532d4257e43a360911ea249c59afb3f27d7192d1a7742",
        ),
        (
            HandOver(deal_id=ONE, to=OTHER, handover_note="they wait"),
            "29ae7bdab12bafa5309e00ec4ff5e60fa7cf51f917c6e90ddafb57027eda3a04",
        ),
        (
            AllocateLead(lead_id=ONE, to=OTHER),
            "4d0bffa73efb23a564e716e4396a7cc32f6c7dbed94ac60693ff185f10923465",
        ),
    ],
)
def test_a_command_is_known_by_what_release_0cd94be_kept_of_it(command: Command, kept: str) -> None:
    assert fingerprint(command, "x") == kept
