"""api: how people come in and leave — pages that nobody is signed in on. No rule of sales may enter, and no other page's template."""

from __future__ import annotations

from api.sign_in import links, pages, providers, unsubscribe

router = pages.router
MORE = (links.router, providers.router, unsubscribe.router)
