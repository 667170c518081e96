"""Workflows room: activities, one file per workflow. They execute commands through the one command handler; SQL is behind `ports`."""
