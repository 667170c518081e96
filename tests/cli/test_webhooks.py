"""Webhooks in the terminal: made, shown, told of, and ended."""

from __future__ import annotations

from tests.cli.conftest import Terminal

ELSEWHERE = "https://93.184.215.14/hook"


def test_an_endpoint_is_made_seen_and_deleted(terminal: Terminal) -> None:
    made = terminal.json(
        "webhooks", "add", "warehouse", ELSEWHERE, "--topic", "deal.won", "--topic", "promise"
    )
    id, secret = made["id"], made["secret"]
    assert secret.startswith("whsec_")
    assert [one["id"] for one in terminal.json("webhooks", "list")] == [id]
    shown = terminal.json("webhooks", "show", id)
    assert (shown["topics"], shown["state"], shown["owner"]) == (["deal.won", "promise"], "active", "cli")
    assert terminal.json("webhooks", "rotate", id)["secret"] != secret
    for act in ("pause", "resume"):
        assert terminal.run("webhooks", act, id).returncode == 0
    assert terminal.run("webhooks", "replay", id, "--after", "3").returncode == 0
    assert terminal.json("webhooks", "show", id)["position"] == 3
    assert terminal.run("webhooks", "change", id, "--name", "lake", "--no-personal").returncode == 0
    table = terminal.run("webhooks", "list")
    assert "lake" in table.stdout
    assert secret not in table.stdout
    assert terminal.json("webhooks", "log", id) == []
    assert terminal.run("webhooks", "delete", id).returncode == 0
    assert terminal.json("webhooks", "list") == []


def test_what_is_wrong_is_named_by_its_option(terminal: Terminal) -> None:
    done = terminal.run("webhooks", "add", "x", ELSEWHERE, "--topic", "deal.dreamt-of")
    assert done.returncode != 0
    assert "--topic" in done.stderr
    done = terminal.run("webhooks", "add", "x", "https://10.0.0.1/")
    assert "SALESLOOP_WEBHOOK_NETWORKS" in done.stderr
