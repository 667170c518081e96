"""api: who is let in when — turns and rates of one process, as its bounds say. HTTP may not enter."""

from __future__ import annotations

from api.engine.precedence import Precedence
from api.engine.rates import Rate
from api.engine.streams import Streams
from api.engine.turns import Turns
from runtime.bounds import Bounds

STRANGERS = 20
"""Requests without a key that an address is answered at once, each second."""
FILES = 6
"""Exports at a time, each with a connection of its own to the database."""
TESTS = 16
"""Endpoints that a message of test is sent to at a time: each may take a quarter of a minute."""
BURST = 10
"""Seconds' worth that may come at once."""


class Admission:
    def __init__(self, bounds: Bounds) -> None:
        self.turns = Turns(bounds.requests_at_once, bounds.requests_waiting, bounds.waiting_seconds)
        self.requests = Rate(bounds.requests_per_key, BURST * bounds.requests_per_key)
        """By key's id."""
        self.strangers = Rate(STRANGERS, BURST * STRANGERS)
        """Who has no key at all, by address: beyond it the refusal comes late."""
        self.files = Streams(FILES, "too many files are being sent")
        self.tests = Streams(TESTS, "too many endpoints are being tested")
        self.sign_in = Rate(STRANGERS, BURST * STRANGERS)
        """Who looks at the pages of sign-in, by address."""
        self.surveys = Rate(STRANGERS, BURST * STRANGERS)
        """Who answers surveys, by address: an office that does keeps nobody from signing in."""
        self.calendars = Turns(1, bounds.requests_waiting, bounds.waiting_seconds)
        """One is written at a time: it takes a tenth of a second of the process, with many entries."""
        self.precedence = Precedence()
