"""workflows: segments — the follower that hears whom news concerns, and a workflow for each shard that holds customers against the rules."""
