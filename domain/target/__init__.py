"""Domain room: the target — a number that somebody owns, for a metric, a scope and a period; and its division."""

MODULES = ("decisions", "dividing", "respreading", "handover", "notices")
