"""Domain room: what an adjustment is compared with, and what it brought. Pure arithmetic; no clock, no I/O.

The control group is the scopes of the same kind whose baseline is nearest, which are not themselves under adjustment
and share nobody with the one that is. The effect is the difference in differences: how much more the adjusted scope
changed than its control. Figures that add up with time are compared by day, since the two windows may differ in
length, and the effect is then what it brought over the whole horizon.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from domain.figures.metrics import Metric
from domain.figures.scope import Scope
from domain.figures.shares import PRECISION
from domain.time.periods import Window

METHOD = "nearest baseline, up to three; difference in differences by day"
CONTROLS = 3
MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Compared:
    """A scope's figure before, in the baseline window, and after, over the horizon; None where there was nothing."""

    scope: Scope
    before: Decimal | None
    after: Decimal | None = None


def choose_control(
    scope: Scope,
    before: Decimal | None,
    candidates: Mapping[Scope, Decimal | None],
    busy: Collection[Scope] = (),
    size: int = CONTROLS,
) -> tuple[Scope, ...]:
    """The nearest by baseline figure, the nearest first; equal ones by their key. `busy` are under adjustment. A team
    whose rep is adjusted, or the other way round, is for the caller to leave out.
    """
    if before is None:
        return ()
    able = [
        (abs(figure - before), other.key, other)
        for other, figure in candidates.items()
        if figure is not None and other != scope and other.kind == scope.kind and other not in busy
    ]
    return tuple(other for _, _, other in sorted(able, key=lambda a: a[:2])[:size])


def difference_in_differences(
    of: Metric, adjusted: Compared, controls: Sequence[Compared], baseline: Window, horizon: Window
) -> Decimal | None:
    """What the adjustment brought over the horizon, in the metric's unit to six decimals. Without a control that has
    both figures it is the plain change. None where the adjusted scope lacks a figure.
    """
    with localcontext(prec=PRECISION):
        own = _change(of, adjusted, baseline, horizon)
        if own is None:
            return None
        others = [
            c for c in (_change(of, control, baseline, horizon) for control in controls) if c is not None
        ]
        usual = sum(others, Decimal(0)) / len(others) if others else Decimal(0)
        effect = (own - usual) * (horizon.days if of.adds_up else 1)
        return effect.quantize(MILLIONTH, ROUND_HALF_EVEN)


def _change(of: Metric, compared: Compared, baseline: Window, horizon: Window) -> Decimal | None:
    if compared.before is None or compared.after is None:
        return None
    if not of.adds_up:
        return compared.after - compared.before
    return compared.after / horizon.days - compared.before / baseline.days
