"""Domain room: being told — which addresses take what is sent, and at which times of the day somebody is told."""

MODULES = ("recipient", "notices")
