"""Workflows room: events sent to other programs — one workflow an endpoint, and what wakes it."""
