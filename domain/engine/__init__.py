"""Domain room: what every capability stands on — facts, aggregates, commands and their handler. Knows no capability."""
