"""Projections room: the directory, and what each rep has on their hands."""

MODULES = ("directory", "rep_load")
