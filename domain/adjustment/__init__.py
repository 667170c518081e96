"""Domain room: the adjustment — a change of strategy with a hypothesis, and what it turned out to bring."""

MODULES = ("commands", "deadlines", "handover", "notices")
