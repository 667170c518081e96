"""Domain room: the lead — somebody who might buy, from the first word until it is a deal or nothing."""

MODULES = ("decisions", "fields", "imported", "handover", "notices")
