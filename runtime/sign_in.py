"""runtime: how people sign in, from the environment: how long a session lasts, and under which address people come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit

from domain.engine import reading
from runtime.oidc import NotProviders, Provider, providers


class NotSignIn(ValueError):
    """A setting of sign-in that cannot be; the message names it and says what to do."""


@dataclass(frozen=True)
class SignIn:
    """`idle`: a session that nobody used for so long is over; `absolute`: any session. `public_url`: scheme and host that people
    have in their browsers, where it is another than requests say.
    """

    idle: timedelta = timedelta(hours=12)
    absolute: timedelta = timedelta(days=7)
    link: timedelta = timedelta(days=3)
    public_url: str = ""
    providers: tuple[Provider, ...] = ()

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Raises NotSignIn."""
        return cls(
            idle=timedelta(hours=_number(env, "SALESLOOP_SESSION_IDLE_HOURS", 12)),
            absolute=timedelta(hours=_number(env, "SALESLOOP_SESSION_HOURS", 7 * 24)),
            link=timedelta(hours=_number(env, "SALESLOOP_LINK_HOURS", 3 * 24)),
            public_url=_origin(env.get("SALESLOOP_PUBLIC_URL", "").strip()),
            providers=_providers(env),
        )


def _number(env: Mapping[str, str], name: str, otherwise: int) -> int:
    text = env.get(name, "").strip()
    try:
        found = reading.whole(text) if text else otherwise
    except ValueError:
        found = 0
    if not 1 <= found <= 24 * 365:
        raise NotSignIn(f"{name} must be a whole number of hours from 1 to 8760, not {text!r}")
    return found


def _providers(env: Mapping[str, str]) -> tuple[Provider, ...]:
    try:
        return providers(env)
    except NotProviders as wrong:
        raise NotSignIn(str(wrong)) from None


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/")):
        raise NotSignIn(f"SALESLOOP_PUBLIC_URL must be like https://sales.example.com, not {text!r}")
    return f"{parts.scheme}://{parts.netloc}" if text else ""
