"""runtime: the embedded servers, under the one name the other rooms and the tests use."""

from runtime.embedded_postgres import DATABASE, EmbeddedPostgres
from runtime.embedded_temporal import EmbeddedTemporal, time_skipping_environment
from runtime.programs import ServerFailed, free_port

__all__ = [
    "DATABASE",
    "EmbeddedPostgres",
    "EmbeddedTemporal",
    "ServerFailed",
    "free_port",
    "time_skipping_environment",
]
