"""What is set about sign-in is read strictly, and what is wrong with it is named where it stands."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runtime.oidc import Rule
from runtime.sign_in import NotSignIn, SignIn

RIGHT: dict[str, Any] = {
    "name": "corp",
    "issuer": "https://id.example.com",
    "client_id": "desk",
    "client_secret": {"env": "CORP_SECRET"},
    "map": [{"claim": "groups", "is": "north", "role": "manager", "team": "North"}],
}


def read(*providers: Any, **env: str) -> SignIn:
    return SignIn.from_env({"SALESLOOP_OIDC": json.dumps(list(providers)), "CORP_SECRET": "hush", **env})


def test_without_settings_sessions_last_half_a_day_idle_and_a_week_at_most() -> None:
    found = SignIn.from_env({})
    assert (found.idle, found.absolute) == (timedelta(hours=12), timedelta(days=7))
    assert found == SignIn()


def test_a_provider_is_read_from_a_file_with_its_secret_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of a file\n")
    file = tmp_path / "oidc.json"
    file.write_text(
        json.dumps({"providers": [RIGHT | {"client_secret": {"file": str(tmp_path / "secret")}}]})
    )
    (found,) = SignIn.from_env({"SALESLOOP_OIDC": str(file)}).providers
    assert (found.title, found.client_secret, found.leeway) == ("corp", "of a file", 60)
    assert found.rules == (Rule("groups", "north", "manager", "North"),)
    assert "of a file" not in repr(found)


def test_a_secret_may_be_a_variable_s_or_none_at_all() -> None:
    with_one, without = read(RIGHT, {**RIGHT, "name": "public", "client_secret": None}).providers
    assert (with_one.client_secret, without.client_secret) == ("hush", "")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"issuer": "http://id.example.com"}, "issuer must be an https"),
        ({"issuer": ""}, "issuer must be a text"),
        ({"name": "Corp!"}, "name must be of small letters"),
        ({"client_id": 7}, "client_id must be a text"),
        ({"client_secret": "hush"}, "client_secret must name"),
        ({"client_secret": {"env": "NOT_SET"}}, "client_secret must name"),
        ({"client_secret": {"file": "/nowhere"}}, "file cannot be read"),
        ({"auth_method": "private_key_jwt"}, "auth_method must be one of"),
        ({"leeway": 3_600}, "leeway must be seconds"),
        ({"colour": "red"}, "colour is not known"),
        ({"map": "all"}, "map must be a list"),
        ({"map": [{"claim": "groups", "is": "x", "role": "admin"}]}, "map[0].role must be one of"),
        ({"map": [{"claim": "groups", "is": "x", "role": "manager"}]}, "map[0].team must say"),
        ({"map": [{"claim": "groups", "is": "x", "role": "rep"}]}, "map[0] needs a rep"),
        ({"map": [{"claim": "groups", "role": "auditor"}]}, "map[0].is must be a text"),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(NotSignIn) as refused:
        read(RIGHT | wrong)
    assert said in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"SALESLOOP_OIDC": "{not json"}, "is not JSON"),
        ({"SALESLOOP_OIDC": "/nowhere/at.all"}, "the file cannot be read"),
        ({"SALESLOOP_OIDC": '{"providers": {}}'}, "must hold a list"),
        ({"SALESLOOP_OIDC": json.dumps([RIGHT | {"client_secret": None}] * 2)}, "the same name"),
        ({"SALESLOOP_SESSION_HOURS": "0"}, "SALESLOOP_SESSION_HOURS"),
        ({"SALESLOOP_SESSION_IDLE_HOURS": "soon"}, "SALESLOOP_SESSION_IDLE_HOURS"),
        ({"SALESLOOP_PUBLIC_URL": "sales.example.com"}, "SALESLOOP_PUBLIC_URL"),
        ({"SALESLOOP_PUBLIC_URL": "https://sales.example.com/desk"}, "SALESLOOP_PUBLIC_URL"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_the_start(env: dict[str, str], said: str) -> None:
    with pytest.raises(NotSignIn, match=said):
        SignIn.from_env(env)
