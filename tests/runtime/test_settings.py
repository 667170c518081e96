"""tests: settings come from the environment, once, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.settings import NotConfigured, Settings

HERE = {"DATABASE_URL": "postgresql:///salesloop"}


def test_what_is_not_set_has_its_documented_value(tmp_path: Path) -> None:
    settings = Settings.from_env({**HERE, "SALESLOOP_DATA": str(tmp_path)})
    assert settings.admin_database_url == settings.database_url == "postgresql:///salesloop"
    assert (settings.api_host, settings.api_port, settings.log_level) == ("127.0.0.1", 8765, "INFO")
    assert settings.data_dir == tmp_path
    assert settings.temporal_address is None


def test_what_is_set_is_used(tmp_path: Path) -> None:
    own = {
        "DATABASE_ADMIN_URL": "postgresql://admin@/salesloop",
        "SALESLOOP_DATA": str(tmp_path),
        "SALESLOOP_API_HOST": "192.0.2.1",
        "SALESLOOP_API_PORT": "80",
        "SALESLOOP_LOG_LEVEL": "debug",
    }
    settings = Settings.from_env({**HERE, **own})
    assert settings.admin_database_url == "postgresql://admin@/salesloop"
    assert (settings.api_host, settings.api_port, settings.log_level) == ("192.0.2.1", 80, "DEBUG")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"SALESLOOP_API_PORT": "eighty"}, "SALESLOOP_API_PORT"),
        ({"SALESLOOP_API_PORT": "65536"}, "SALESLOOP_API_PORT"),
        ({"SALESLOOP_API_PORT": "٨٠"}, "SALESLOOP_API_PORT"),
        ({"SALESLOOP_API_PORT": "8_0"}, "SALESLOOP_API_PORT"),
        ({"SALESLOOP_LOG_LEVEL": "loud"}, "SALESLOOP_LOG_LEVEL"),
        ({"SALESLOOP_MCP": "yes"}, "SALESLOOP_MCP"),
        ({"SALESLOOP_MCP_ACTS": "none, logActivity"}, "SALESLOOP_MCP_ACTS"),
    ],
)
def test_a_wrong_one_is_named(tmp_path: Path, wrong: dict[str, str], named: str) -> None:
    with pytest.raises(NotConfigured, match=named):
        Settings.from_env({**HERE, "SALESLOOP_DATA": str(tmp_path), **wrong})


def test_settings_of_mail_are_a_key_as_all_others_are() -> None:
    """The terminal keeps the application that it made for some settings."""
    env = {"DATABASE_URL": "postgresql:///unused", "SALESLOOP_MAIL_FROM": "Sales <sales@example.com>"}
    assert {Settings.from_env(env): "made"}[Settings.from_env(env)] == "made"


@pytest.mark.parametrize(
    ("said", "acts"),
    [("", None), (" , ", None), ("none", ()), (" logActivity,moveStage ", ("logActivity", "moveStage"))],
)
def test_which_acts_models_are_offered(said: str, acts: tuple[str, ...] | None) -> None:
    found = Settings.from_env({**HERE, "SALESLOOP_MCP": "on", "SALESLOOP_MCP_ACTS": said}).mcp
    assert (found.on, found.acts) == (True, acts)
    assert not Settings.from_env({**HERE, "SALESLOOP_MCP_ACTS": said}).mcp.on
