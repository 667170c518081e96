"""api: surveys — what is asked of customers, and the page where they answer."""

MODULES = ("acts", "routes")
PATHS = ("surveys", "survey-invitations", "survey-answers")
