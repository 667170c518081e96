"""Domain room: the life of a customer with us — prospect, first purchase, repeat, loyal, dormant, won back — by a policy in versions."""

MODULES = ("policy",)
