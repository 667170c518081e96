"""Bounds: read from the environment by name, refused by name, and never more than the system's open files allow."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from runtime.bounds import Bounds, NotBounded
from runtime.settings import NotConfigured, Settings

SMALL = "from runtime.bounds import Bounds, open_files; import resource as r; "
TELLS = "; print(r.getrlimit(r.RLIMIT_NOFILE)[0])"


def test_each_bound_is_a_setting_of_its_name() -> None:
    given = {"SALESLOOP_CONNECTIONS": "50", "SALESLOOP_WRONG_KEYS": "7", "DATABASE_URL": "postgresql://x"}
    assert Settings.from_env(given).bounds == Bounds(connections=50, wrong_keys=7)


@pytest.mark.parametrize("wrong", ["0", "-1", "1.5", "many", "٣", "1e3", "1" * 30])
def test_what_is_no_bound_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(NotConfigured, match="SALESLOOP_HEAD_SECONDS must be a whole number from 1, not"):
        Settings.from_env({"SALESLOOP_HEAD_SECONDS": wrong, "DATABASE_URL": "postgresql://x"})


@pytest.mark.parametrize("wrong", ["proxy.example", "192.0.2.1/8", "*"])
def test_a_proxy_that_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(NotBounded, match="SALESLOOP_TRUSTED_PROXIES must be addresses or networks"):
        Bounds.from_env({"SALESLOOP_TRUSTED_PROXIES": wrong})


@pytest.mark.parametrize(
    ("peer", "counts_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::2", "2001:db8::/64"),
        ("10.1.2.3", None),
        ("::ffff:10.1.2.3", None),
        ("2001:db8:9::7", None),
        (None, None),
        ("/run/salesloop.sock", None),
    ],
)
def test_an_address_is_what_one_customer_has_and_a_trusted_proxy_is_none(
    peer: str | None, counts_as: str | None
) -> None:
    bounds = Bounds(trusted_proxies="10.0.0.0/8, 2001:db8:9::7")
    assert bounds.address(peer) == counts_as


def _limited(soft: int, hard: int, connections: int) -> subprocess.CompletedProcess[str]:
    code = f"{SMALL}r.setrlimit(r.RLIMIT_NOFILE, ({soft}, {hard})); open_files(Bounds(connections={connections})){TELLS}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_limit_of_open_files_is_raised_as_far_as_connections_need_it() -> None:
    hard = min(2_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    assert _limited(256, hard, 1_000).stdout.strip() == str(hard)


def test_a_system_that_allows_less_is_named_with_what_to_do() -> None:
    done = _limited(256, 300, 1_000)
    assert done.returncode != 0
    assert "may open 300 files and needs 1256 for SALESLOOP_CONNECTIONS=1000" in done.stderr
