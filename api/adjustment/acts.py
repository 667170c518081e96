"""api: what people do with adjustments — a change of strategy with a hypothesis, started, handed over and decided."""

from __future__ import annotations

from api.engine.acts import WHICH, WHO, Act
from api.engine.roles import LEADERS
from domain.adjustment.commands import DecideAdjustment, HandOverAdjustment, StartAdjustment

ACTS = (
    Act(StartAdjustment, "/adjustments", "Start an adjustment", roles=LEADERS,
        more="A workflow freezes the baseline, picks a control group, measures at the horizon and asks what becomes of it.",
        creates="adjustment_id", location="/adjustments/{adjustment_id}",
        about="What is left out is named in the refusal, all of it at once. It runs from `starts` (today) to `horizon`; the\n"
        "`baseline` lies before.",
        example={"hypothesis": "a demo in the first week wins one deal in ten more",
            "scope": {"kind": "team", "id": "5f0c2a52-6c2e-4c0e-9b7f-2f2f0b8f5a10"}, "metric": "win-rate",
            "baseline": {"start": "2026-07-01", "end": "2026-09-30"}, "horizon": "2027-03-31", "owner_id": WHICH},
        terminal="adjustment start <hypothesis",
        typed="'a demo in the first week wins more' --scope team:East --metric win-rate "
        f"--baseline 2026-07-01..2026-09-30 --horizon 2027-03-31 --owner {WHO}"),
    Act(DecideAdjustment, "/adjustments/{adjustment_id}/decision", "Keep, change or stop it",
        more="Stopping is possible at any time; the others when it is known what it brought.", speaker="decided_by", body="Decision",
        terminal="adjustment decide <outcome", typed=f"{WHICH} keep --why 'two more wins' --by {WHO}"),
    Act(HandOverAdjustment, "/adjustments/{adjustment_id}/handover", "Name another owner", roles=LEADERS, body="AdjustmentHandOver",
        terminal="adjustment handover", typed=f"{WHICH} --to {WHO}"),
)  # fmt: skip
