"""api: which invitation a survey's link is for. How many that are none of ours an address may try is counted. HTTP may not enter."""

from __future__ import annotations

from api.engine.rates import Rate
from api.engine.users import MINUTE, TooManyTries
from runtime.bounds import Bounds
from runtime.database import Pool
from runtime.surveys.links import LinkKey, NoLink, SurveyLink, read

EACH = 60
"""Times that one link is opened at once; then once a second."""
OFTEN = "too many requests came from this address: wait a moment"


class SurveyLinks:
    def __init__(self, pool: Pool, wrong: int = Bounds.wrong_keys) -> None:
        self._key = LinkKey(pool)
        self._wrong = Rate(wrong / MINUTE, wrong)
        self._each = Rate(1, EACH)

    async def read(self, token: str, address: str | None) -> SurveyLink | None:
        """None: it is none of ours. Raises TooManyTries where too many from that network address were none."""
        if address is not None and (wait := self._wrong.wait(address)) > 0:
            raise TooManyTries(wait, OFTEN)
        try:
            link = read(await self._key(), token)
        except NoLink:
            if address is not None:
                self._wrong.take(address)
            return None
        if (wait := self._each.take(str(link.invitation_id))) > 0:
            raise TooManyTries(wait, OFTEN)
        return link
