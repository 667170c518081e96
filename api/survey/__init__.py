"""api: surveys — what is asked of customers, and the page where they answer."""

MODULES = ("acts",)
PATHS = ("surveys", "survey-invitations", "survey-answers")
