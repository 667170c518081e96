"""Domain room: segments — published rules about customers, and who is in by them since when."""

MODULES = ("segment", "membership")
