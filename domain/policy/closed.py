"""Domain room: the stages that every process ends with. Nothing is imported: lists of deals want to know them, and no more."""

WON, LOST, AFTER_SALES = "won", "lost", "after-sales"
CLOSED = (WON, LOST, AFTER_SALES)
