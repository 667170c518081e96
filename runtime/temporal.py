"""runtime: the one way to a Temporal client. The address, namespace, TLS and API key come from the SDK's own configuration.

Knows nothing of workflows.
"""

from __future__ import annotations

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from runtime import running
from runtime.payloads import DATA_CONVERTER
from runtime.settings import data_directory

DEFAULT_ADDRESS = "localhost:7233"


class TemporalUnreachable(RuntimeError):
    """No Temporal server answered; the message says where we looked and what to do."""


async def connect_temporal(address: str | None = None) -> Client:
    """A client with our data converter. Order: `address`, TEMPORAL_* (or its config file), a running `salesloop dev`,
    localhost:7233. Raises TemporalUnreachable.
    """
    config = ClientConfig.load_client_connect_config()
    config["target_host"] = target = address or config.get("target_host") or _beside() or DEFAULT_ADDRESS
    try:
        return await Client.connect(**config, data_converter=DATA_CONVERTER)
    except (RuntimeError, RPCError) as failure:
        raise TemporalUnreachable(
            f"no Temporal server answered at {target} ({_first_line(failure)}): start `salesloop dev`, "
            "or set TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE, TEMPORAL_API_KEY or TEMPORAL_TLS_… as needed)"
        ) from failure


def _beside() -> str | None:
    found = running.read(data_directory())
    return found.temporal_address if found else None


def _first_line(failure: Exception) -> str:
    return str(failure).strip().splitlines()[0] if str(failure).strip() else type(failure).__name__
