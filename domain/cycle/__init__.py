"""Domain room: the cycle — one turn of target → execute → review → feedback → next target for a scope and period."""

MODULES = ("policies", "decisions", "changing", "reviewing", "deadlines", "handover", "notices")
