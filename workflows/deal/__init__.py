"""workflows: the follow-up of open deals."""
