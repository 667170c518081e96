"""Domain room: business time, periods and time zones. Pure arithmetic; no clock."""
