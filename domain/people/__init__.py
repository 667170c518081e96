"""Domain room: teams and reps, and what they have on their hands."""

MODULES = ("people", "staffing")
