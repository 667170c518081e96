"""workflows: handing over what somebody had, when they leave, move or are replaced."""
