"""Projections room: the directory, and what each rep has on their hands."""
