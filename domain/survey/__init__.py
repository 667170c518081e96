"""Domain room: what customers are asked, whom it is sent to, what they answer, and what becomes of a low score."""

MODULES = ("inviting", "answering", "case_feedback", "deadlines", "silence", "figures", "notices")
