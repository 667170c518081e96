"""Domain room: custom fields — what a company declares that its customers, contacts, deals and leads say beside what is built in."""

MODULES = ("commands",)
