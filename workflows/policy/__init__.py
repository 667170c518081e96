"""workflows: rolling out a policy version."""
