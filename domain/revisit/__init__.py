"""Domain room: the revisit — a customer without an open deal is promised to be seen again, by whom and until when."""

MODULES = ("policy", "commands", "rules", "notices", "figures")
