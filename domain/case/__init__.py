"""Domain room: the service case — what a customer needs help with, from the first word until they say how it went."""

MODULES = ("decisions", "figures", "notices")
