"""runtime: the providers of OpenID Connect that people may come in by, from SALESLOOP_OIDC: a JSON file's path, or the JSON itself.

What is wrong with it is named at the start, not when the first person tries. No secret stands in it: it says where one is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
ROLES = ("rep", "manager", "auditor")
"""An administrator's account is the operator's to make, whatever a provider says."""
METHODS = ("client_secret_basic", "client_secret_post", "none")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
KNOWN = {
    *(
        "name",
        "title",
        "issuer",
        "client_id",
        "client_secret",
        "scope",
        "auth_method",
        "leeway",
        "trusts_email",
        "map",
    ),
    *("login_claim", "rep_claim"),
}
RULE = {"claim", "is", "role", "team", "rep"}


class NotProviders(ValueError):
    """SALESLOOP_OIDC cannot be read; the message names the place in it."""


@dataclass(frozen=True)
class Rule:
    """Who has `value` in `claim` (or as the claim) comes in with the role. `team` is a name or id; `rep` a rep's login or id."""

    claim: str
    value: str
    role: str
    team: str = ""
    rep: str = ""


@dataclass(frozen=True)
class Provider:
    """`rules`: the first that fits decides. Without rules only those come in whom an administrator entered by address. `login_claim`
    names new accounts, which get a made-up login else; `rep_claim` holds a rep's login, where a rule says no rep. `leeway`: seconds
    that the provider's clock may differ.
    """

    name: str
    title: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scope: str = "openid email profile"
    auth_method: str = "client_secret_basic"
    leeway: int = 60
    trusts_email: bool = False
    login_claim: str = ""
    rep_claim: str = ""
    rules: tuple[Rule, ...] = ()


def providers(env: Mapping[str, str]) -> tuple[Provider, ...]:
    """Raises NotProviders."""
    text = env.get("SALESLOOP_OIDC", "").strip()
    if not text:
        return ()
    read = _read(text)
    given = read.get("providers") if isinstance(read, dict) else read
    if not isinstance(given, list):
        raise NotProviders("SALESLOOP_OIDC must hold a list of providers")
    found = tuple(_provider(one, f"providers[{n}]", env) for n, one in enumerate(given))
    if len({one.name for one in found}) < len(found):
        raise NotProviders("SALESLOOP_OIDC: two providers have the same name")
    return found


def _read(text: str) -> Any:
    try:
        return json.loads(text if text[0] in "[{" else Path(text).read_text(encoding="utf-8"))
    except OSError as gone:
        raise NotProviders(f"SALESLOOP_OIDC: the file cannot be read ({gone.strerror})") from None
    except ValueError as wrong:
        raise NotProviders(f"SALESLOOP_OIDC is not JSON: {wrong}") from None


def _provider(given: Any, place: str, env: Mapping[str, str]) -> Provider:
    table = _table(given, place, KNOWN)
    name, issuer = _text(table, "name", place), _text(table, "issuer", place)
    if not NAME.fullmatch(name):
        raise NotProviders(
            f"SALESLOOP_OIDC: {place}.name must be of small letters, digits and dashes: it stands in addresses"
        )
    _check_issuer(issuer, place)
    rules = table.get("map", [])
    if not isinstance(rules, list):
        raise NotProviders(f"SALESLOOP_OIDC: {place}.map must be a list of rules")
    return Provider(
        name=name,
        title=_text(table, "title", place, name),
        issuer=issuer,
        client_id=_text(table, "client_id", place),
        client_secret=_secret(table.get("client_secret"), place, env),
        scope=_text(table, "scope", place, Provider.scope),
        auth_method=_one_of(METHODS, table.get("auth_method", Provider.auth_method), f"{place}.auth_method"),
        leeway=_seconds(table.get("leeway", Provider.leeway), place),
        trusts_email=table.get("trusts_email", False) is True,
        login_claim=_text(table, "login_claim", place, ""),
        rep_claim=_text(table, "rep_claim", place, ""),
        rules=tuple(_rule(one, f"{place}.map[{n}]", table) for n, one in enumerate(rules)),
    )


def _rule(given: Any, place: str, provider: Mapping[str, Any]) -> Rule:
    table = _table(given, place, RULE)
    role = _one_of(ROLES, table.get("role"), f"{place}.role")
    made = Rule(
        _text(table, "claim", place), _text(table, "is", place), role,
        _text(table, "team", place, ""), _text(table, "rep", place, ""),
    )  # fmt: skip
    if role == "manager" and not made.team:
        raise NotProviders(f"SALESLOOP_OIDC: {place}.team must say which team is managed")
    if role == "rep" and not made.rep and not provider.get("rep_claim"):
        raise NotProviders(f"SALESLOOP_OIDC: {place} needs a rep, or the provider a rep_claim that names one")
    return made


def _table(given: Any, place: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise NotProviders(f"SALESLOOP_OIDC: {place} must be a table")
    if strange := sorted(set(given) - known):
        raise NotProviders(
            f"SALESLOOP_OIDC: {place}.{strange[0]} is not known; there are: {', '.join(sorted(known))}"
        )
    return given


def _text(table: Mapping[str, Any], name: str, place: str, otherwise: str | None = None) -> str:
    found = table.get(name, otherwise)
    if not isinstance(found, str) or (not found and otherwise is None):
        raise NotProviders(f"SALESLOOP_OIDC: {place}.{name} must be a text")
    return found


def _one_of(known: tuple[str, ...], given: Any, place: str) -> str:
    if given not in known:
        raise NotProviders(f"SALESLOOP_OIDC: {place} must be one of {', '.join(known)}")
    return str(given)


def _seconds(given: Any, place: str) -> int:
    if not isinstance(given, int) or not 0 <= given <= 600:
        raise NotProviders(f"SALESLOOP_OIDC: {place}.leeway must be seconds from 0 to 600")
    return given


def _check_issuer(issuer: str, place: str) -> None:
    parts = urlsplit(issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise NotProviders(f"SALESLOOP_OIDC: {place}.issuer must be an https address")


def _secret(given: Any, place: str, env: Mapping[str, str]) -> str:
    """From the variable or the file that is named; a client without one is public."""
    if given is None:
        return ""
    match given:
        case {"env": str(name)} if len(given) == 1 and name in env:
            return env[name]
        case {"file": str(name)} if len(given) == 1:
            try:
                return Path(name).read_text(encoding="utf-8").strip()
            except OSError as gone:
                raise NotProviders(
                    f"SALESLOOP_OIDC: {place}.client_secret.file cannot be read ({gone.strerror})"
                ) from None
    raise NotProviders(
        f"SALESLOOP_OIDC: {place}.client_secret must name env, a variable that is set, or file, a path"
    )
