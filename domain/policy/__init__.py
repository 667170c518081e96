"""Domain room: what is published as versions — follow-up policies and sales processes; a policy rehearsed."""

MODULES = ("policies", "process")
