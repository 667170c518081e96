"""workflows: what every workflow stands on. Knows no capability."""
