"""Domain room: who is given what by a rule, and the receipt that says how they were chosen. Pure values and functions."""
