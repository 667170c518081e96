"""Workflows room: activities, one file per workflow. They execute commands through the one door; SQL is behind `ports`."""
