"""Domain room: metrics, whose figures they are, and the meter that turns facts into contributions."""
