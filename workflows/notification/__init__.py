"""workflows: telling people — the follower that decides who hears of what, and one workflow for each receiver that sends it."""
