"""Domain room: the scorecard — weighted measures of a scope and period, closed at a position, recomputable byte-equal."""

MODULES = ("definition", "decisions")
