"""cli: offers. What can be done, and how they are shown, is in `api/offer/acts.py`."""

from __future__ import annotations

from cli.engine.derive import group

app = group("offer", "Offers: list, show, publish.", acts="api.offer.acts")
