"""Domain room: customers — profile, contacts — and the products that deals are about."""

MODULES = ("commands", "product")
