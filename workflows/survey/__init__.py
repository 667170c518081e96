"""Workflows room: what follows from facts for surveys."""
