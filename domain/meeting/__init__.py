"""Domain room: review meetings — on a schedule, with an agenda from the newest review pack, decisions and action items."""

MODULES = ("decisions", "deadlines", "handover", "notices")
