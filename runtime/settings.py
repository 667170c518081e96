"""runtime: every setting the processes read, from the environment, once.

Temporal's address, namespace, TLS and API key are read by its own SDK (runtime/temporal.py). No defaults for secrets may enter.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

from domain.engine import reading
from runtime import running
from runtime.bounds import Bounds, NotBounded
from runtime.mcp import MCPSettings, NotMCP
from runtime.outgoing import NotOutgoing, Outgoing
from runtime.sign_in import NotSignIn, SignIn
from runtime.webhooks.settings import NotNetworks, WebhookSettings

T = TypeVar("T")
DEFAULT_DATA = "./.salesloop"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
LOG_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR"}


class NotConfigured(RuntimeError):
    """A setting is missing or unusable; the message says which one and what to do."""


@dataclass(frozen=True)
class Settings:
    """`database_url` wears the application's role once connected; `admin_database_url` is the operator's: for migrations and
    for making an administrator's key.
    """

    database_url: str
    admin_database_url: str
    data_dir: Path = Path(DEFAULT_DATA)
    api_host: str = DEFAULT_HOST
    api_port: int = DEFAULT_PORT
    log_level: str = "INFO"
    task_queue: str = "salesloop"
    temporal_address: str | None = (
        None  # of a running `salesloop dev`; the SDK's own configuration goes first
    )
    bounds: Bounds = field(default_factory=Bounds)
    sign_in: SignIn = field(default_factory=SignIn)
    outgoing: Outgoing = field(default_factory=Outgoing)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    mcp: MCPSettings = field(default_factory=MCPSettings)

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        """Read the environment; without DATABASE_URL, use the `salesloop dev` that runs on the data directory.

        Raises NotConfigured.
        """
        data_dir = data_directory(env)
        beside = running.read(data_dir)
        database_url = env.get("DATABASE_URL") or (beside.database_url if beside else None)
        if not database_url:
            raise NotConfigured(
                f"DATABASE_URL is not set and no `salesloop dev` is running on {data_dir}: "
                "start one, or set DATABASE_URL to a PostgreSQL of your own"
            )
        host, port = api_place(env)
        operator = beside.admin_database_url if beside and not env.get("DATABASE_URL") else None
        return cls(
            database_url=database_url,
            admin_database_url=env.get("DATABASE_ADMIN_URL") or operator or database_url,
            data_dir=data_dir,
            api_host=host if "SALESLOOP_API_HOST" in env or not beside else beside.api_host,
            api_port=port if "SALESLOOP_API_PORT" in env or not beside else beside.api_port,
            log_level=log_level(env),
            task_queue=env.get("SALESLOOP_TASK_QUEUE", "salesloop"),
            temporal_address=beside.temporal_address if beside else None,
            bounds=bounds(env),
            sign_in=sign_in(env),
            outgoing=outgoing(env),
            webhooks=webhooks(env),
            mcp=mcp(env),
        )

    @property
    def public_url(self) -> str:
        """What links begin with, where no request says it: the address that people have, else the API's own."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.api_host, self.api_host)  # noqa: S104 - asked, not opened
        own = f"http://[{host}]:{self.api_port}" if ":" in host else f"http://{host}:{self.api_port}"
        return self.sign_in.public_url or own


def data_directory(env: Mapping[str, str] = os.environ) -> Path:
    return Path(env.get("SALESLOOP_DATA") or DEFAULT_DATA).expanduser().absolute()


def bounds(env: Mapping[str, str] = os.environ) -> Bounds:
    """Raises NotConfigured."""
    return _configured(Bounds.from_env, env)


def sign_in(env: Mapping[str, str] = os.environ) -> SignIn:
    """Raises NotConfigured."""
    return _configured(SignIn.from_env, env)


def outgoing(env: Mapping[str, str] = os.environ) -> Outgoing:
    """Raises NotConfigured."""
    return _configured(Outgoing.from_env, env)


def webhooks(env: Mapping[str, str] = os.environ) -> WebhookSettings:
    """Raises NotConfigured."""
    return _configured(WebhookSettings.from_env, env)


def mcp(env: Mapping[str, str] = os.environ) -> MCPSettings:
    """Raises NotConfigured."""
    return _configured(MCPSettings.from_env, env)


def _configured(read: Callable[[Mapping[str, str]], T], env: Mapping[str, str]) -> T:
    try:
        return read(env)
    except (NotBounded, NotSignIn, NotOutgoing, NotNetworks, NotMCP) as wrong:
        raise NotConfigured(str(wrong)) from None


def api_place(env: Mapping[str, str] = os.environ) -> tuple[str, int]:
    """Host and port for the API; raises NotConfigured for a port that is none."""
    port = env.get("SALESLOOP_API_PORT") or str(DEFAULT_PORT)
    try:
        number = reading.whole(port)
    except ValueError:
        number = -1
    if not 0 <= number <= 65_535:
        raise NotConfigured(f"SALESLOOP_API_PORT must be a port number, not {port!r}")
    return env.get("SALESLOOP_API_HOST") or DEFAULT_HOST, number


def log_level(env: Mapping[str, str] = os.environ) -> str:
    level = (env.get("SALESLOOP_LOG_LEVEL") or "INFO").upper()
    if level not in LOG_LEVELS:
        raise NotConfigured(
            f"SALESLOOP_LOG_LEVEL must be one of {', '.join(sorted(LOG_LEVELS))}, not {level!r}"
        )
    return level
