"""runtime: what people are told of, as the database keeps it — who hears of what, which notices wait, what became of them."""
