"""Domain room: customers — profile, contacts, what is learnt of them, records that are merged — and the products that deals are about."""

MODULES = (
    "commands",
    "fields",
    "change_profile",
    "parent",
    "notes",
    "imported_note",
    "consents",
    "buying_roles",
    "merge",
    "notices",
    "product",
    "duplicates",
)
