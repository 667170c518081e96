"""runtime: when customers are to be held against the rules of segments — a table, and the follower's part of it."""
