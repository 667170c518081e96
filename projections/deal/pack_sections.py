"""Projections room: what a review's pack says of deals."""

from __future__ import annotations

from projections.cycle.sections import Content, Rows, Section


def _promises(content: Content) -> Rows:
    return [{"outcome": o, "promises": n} for o, n in content.get("promises", {}).items()]


def _stalled(content: Content) -> Rows:
    return [content["stalled"]] if "stalled" in content else []


def _longest(content: Content) -> Rows:
    longest: Rows = content.get("stalled", {}).get("longest", [])
    return longest


SECTIONS = (
    Section("funnel", 40, ("stage",), ("left", "forward", "mean_days")),
    Section("promises", 50, ("outcome",), ("promises",), _promises),
    Section("stalled", 80, (), ("deals",), _stalled),
    Section("longest", 90, ("id",), ("stage", "since"), _longest),
)
