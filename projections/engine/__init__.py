"""Projections room, the engine: what every read model is made of and run by. It knows no capability."""
