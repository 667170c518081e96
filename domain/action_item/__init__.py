"""Domain room: the action item — what somebody is to do after a review, and by when."""

MODULES = ("commands", "deadlines", "handover", "notices")
