"""runtime: how a survey reaches a customer — the signed link, and the mail that it stands in."""
