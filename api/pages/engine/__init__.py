"""api: what every page is made with. No capability may enter."""
