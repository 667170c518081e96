"""api: who of those that a provider vouches for may come in, and as what — by the identity, by the address that an administrator entered,
or by the rules of the settings. HTTP may not enter.
"""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import blake2b
from typing import Any
from uuid import UUID

from api.engine.accounts import BY_RULES, NewAccount, follows_rules, made_by_rules
from api.engine.roles import Role
from api.engine.services import Services
from api.engine.users import USER_PATTERN
from domain.engine.errors import AlreadyExists, Forbidden
from domain.engine.values import named_id
from projections.people import directory
from runtime.oidc import Provider, Rule

Claims = dict[str, Any]
NOBODYS = "you are known to {title}, and nobody has given you a part here yet: ask an administrator to add you with your address"
DISABLED = "this account is disabled: ask an administrator"


async def account_of(services: Services, provider: Provider, claims: Claims) -> UUID:
    """Whose account it is, made where a rule says so. Raises Forbidden with what to do."""
    subject = claims["sub"]
    known = await services.accounts.identified(provider.issuer, subject) or await _invited(
        services, provider, claims
    )
    if known is None:
        return await _made(services, provider, claims)
    if known["disabled_at"] is not None:
        raise Forbidden(DISABLED)
    if follows_rules(known):
        await _placed_anew(services, provider, claims, known["id"])
    id: UUID = known["id"]
    return id


def _by(provider: Provider) -> str:
    return f"{BY_RULES}{provider.name}"


async def _invited(services: Services, provider: Provider, claims: Claims) -> Any:
    """Entered by somebody with this address, and nobody's yet at this provider. An account that another provider's rules made is
    theirs to give: nobody comes in by its address here, and past those rules.
    """
    address = verified_email(provider, claims)
    if address is None or (found := await services.accounts.addressed(address, provider.issuer)) is None:
        return None
    if made_by_rules(found):
        return None
    if found["disabled_at"] is None and not await services.accounts.identify(
        found["id"], provider.issuer, claims["sub"], _by(provider)
    ):
        return None
    return found


def verified_email(provider: Provider, claims: Claims) -> str | None:
    """An address that the provider has seen the person have: anybody may type one in."""
    address = claims.get("email")
    proven = claims.get("email_verified") is True or provider.trusts_email
    return address if proven and isinstance(address, str) and 3 <= len(address) <= 254 else None


# --- by the rules ----------------------------------------------------------------------------------------------------


async def _made(services: Services, provider: Provider, claims: Claims) -> UUID:
    new = await _placed(services, provider, claims)
    if new is None:
        raise Forbidden(NOBODYS.format(title=provider.title))
    id = named_id("account", f"{provider.issuer} {claims['sub']}")
    for login in dict.fromkeys((new.login, _made_up(provider, claims))):
        for address in dict.fromkeys((verified_email(provider, claims), None)):
            with suppress(
                AlreadyExists
            ):  # the login, also of a key, the address, or all of it: somebody signs in twice at once
                account = NewAccount(login, new.role, new.rep_id, new.team_id, _name(claims), address)
                await services.accounts.create(account, _by(provider), id)
                break
    if not await services.accounts.identify(id, provider.issuer, claims["sub"], _by(provider)):
        raise Forbidden(NOBODYS.format(title=provider.title))
    return id


async def _placed_anew(services: Services, provider: Provider, claims: Claims, id: UUID) -> None:
    """As the rules and the claims are now: who has lost the group has lost the place."""
    new = await _placed(services, provider, claims)
    if new is None:
        await services.sessions.end_all(id, _by(provider))
        raise Forbidden(NOBODYS.format(title=provider.title))
    await services.accounts.set_role(id, new.role, new.rep_id, new.team_id, _by(provider))


async def _placed(services: Services, provider: Provider, claims: Claims) -> NewAccount | None:
    """By the first rule that fits, and whose team or rep is there."""
    for rule in provider.rules:
        if fits(rule, claims.get(rule.claim)):
            found = await _by_rule(services, provider, rule, claims)
            if found is not None:
                return found
    return None


def fits(rule: Rule, claim: Any) -> bool:
    """A claim is a text, or a list of them."""
    return rule.value in claim if isinstance(claim, list) else claim == rule.value


async def _by_rule(services: Services, provider: Provider, rule: Rule, claims: Claims) -> NewAccount | None:
    role, said, made_up = (
        Role(rule.role),
        str(claims.get(provider.login_claim, "")),
        _made_up(provider, claims),
    )
    if role is Role.REP:
        named = rule.rep or str(claims.get(provider.rep_claim, ""))
        rep = _one(await directory.everybody(services.pool, "rep"), named, "user_id")
        return (
            None
            if rep is None
            else NewAccount(_login(said, rep["user_id"] or "", made_up), role, rep_id=rep["id"])
        )
    if role is Role.MANAGER:
        team = _one(await directory.everybody(services.pool, "team"), rule.team, "name")
        return None if team is None else NewAccount(_login(said, made_up), role, team_id=team["id"])
    return NewAccount(_login(said, made_up), role)


def _one(listed: list[dict[str, Any]], named: str, by: str) -> dict[str, Any] | None:
    """The one of that id, or the only one of that name."""
    found = [one for one in listed if one["active"] and named and named in (str(one["id"]), one[by])]
    return found[0] if len(found) == 1 else None


def _login(*wanted: str) -> str:
    """The first that may be one: what people are called in the ledger for ever is no address."""
    return next(one for one in wanted if re.fullmatch(USER_PATTERN, one))


def _made_up(provider: Provider, claims: Claims) -> str:
    return "u-" + blake2b(f"{provider.issuer} {claims['sub']}".encode(), digest_size=5).hexdigest()


def _name(claims: Claims) -> str:
    name = claims.get("name")
    return name[:200] if isinstance(name, str) else ""
