"""api: one provider of OpenID Connect — where it is, its keys, and what it vouches for. Pages and accounts may not enter.

Authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9207, RFC 9700). Authlib and joserfc judge what is signed; what is
fetched, kept and asked for again is here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
import time
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import orjson
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from api.engine.rates import Rate
from runtime.oidc import Provider

PATIENCE, WHOLE = 5.0, 10.0
"""Seconds for each step of an answer, and for all of it: who waits for a provider's keys waits in a line."""
MOST = 1024 * 1024
KEPT_SECONDS = 3_600.0
"""What a provider says of itself and its keys is asked for again then; where it is away, what is known counts on."""
ANEW_EVERY, ANEW_AT_ONCE = 10.0, 5
"""Keys are fetched at once for a token of one that is not known: so often at most."""
SIGNED_BY = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""By keys that the provider alone has; never by a shared secret, never by none."""
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
WANTED = ("email", "email_verified", "name")
Json = dict[str, Any]
log = logging.getLogger(__name__)


class ProviderAway(Exception):
    """It does not answer, or not as a provider does."""


class NotVouched(Exception):
    """What came back is no proof of anybody."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One browser's way to one provider. All that is sent is made of a secret in the browser's own cookie: nothing is kept here, and
    what comes back by another browser, or of another provider, fits nothing.
    """

    secret: str
    provider: str

    @classmethod
    def begun(cls, provider: str) -> Attempt:
        return cls(secrets.token_urlsafe(32), provider)

    @property
    def state(self) -> str:
        return self._made("state")

    @property
    def nonce(self) -> str:
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        return self._made("verifier")

    def _made(self, what: str) -> str:
        made = hmac.new(self.secret.encode(), f"{what} {self.provider}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who it is, by the provider's claims, and the token that says so."""

    claims: Json
    id_token: str


class OpenID:
    """One provider, in one process."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._metadata: Json | None = None
        self._asked = 0.0
        self._keys: KeySet | None = None
        self._keys_asked = 0.0
        self._anew = Rate(1 / ANEW_EVERY, ANEW_AT_ONCE)
        self._lock = asyncio.Lock()

    async def address(self, attempt: Attempt, back: str) -> str:
        """Where the browser goes; it comes back to `back`. Raises ProviderAway."""
        metadata = await self.metadata()
        made: str = prepare_grant_uri(
            metadata["authorization_endpoint"],
            client_id=self.provider.client_id,
            response_type="code",
            redirect_uri=back,
            scope=self.provider.scope,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return made

    async def vouched(self, attempt: Attempt, answer: Json, back: str) -> Vouched:
        """Who came back with `answer` in the address. Raises NotVouched and ProviderAway."""
        metadata = await self.metadata()
        _check_answer(attempt, answer, metadata)
        token = await self._token(
            metadata, {"code": answer["code"], "redirect_uri": back, "code_verifier": attempt.verifier}
        )
        id_token = token.get("id_token")
        if not isinstance(id_token, str):
            raise NotVouched("there is no ID token")
        claims = await self._claims(id_token, attempt.nonce, token.get("access_token"))
        return Vouched(await self._with_userinfo(metadata, claims, token.get("access_token")), id_token)

    async def leave(self, id_token: str | None, back: str) -> str | None:
        """Where to sign out at the provider (OpenID Connect RP-Initiated Logout 1.0); None where it has no such place."""
        try:
            place = (await self.metadata()).get("end_session_endpoint")
        except ProviderAway:
            return None
        if not isinstance(place, str) or not place.startswith(("https://", "http://")):
            return None
        query = {"client_id": self.provider.client_id, "post_logout_redirect_uri": back}
        query |= {"id_token_hint": id_token} if id_token else {}
        return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"

    # --- what it says of itself --------------------------------------------------------------------------------------

    async def metadata(self) -> Json:
        """Raises ProviderAway."""
        if self._metadata is not None and time.monotonic() - self._asked < KEPT_SECONDS:
            return self._metadata
        try:
            found = await fetched(
                "GET", f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
            )
            self._metadata = _checked(found, self.provider.issuer)
            self._asked = time.monotonic()
        except ProviderAway:
            if self._metadata is None:
                raise
        return self._metadata

    async def _known_keys(self, *, anew: bool = False) -> KeySet:
        """`anew`: one of those that are known will not do."""
        seen = self._keys
        async with self._lock:
            fresh = self._keys is not None and time.monotonic() - self._keys_asked < KEPT_SECONDS
            if self._keys is not None and (self._keys is not seen or (fresh and not anew)):
                return self._keys
            if anew and self._anew.take("") > 0:
                raise NotVouched("a key is not known, and keys were asked for often just now")
            try:
                found = await fetched("GET", (await self.metadata())["jwks_uri"])
                self._keys, self._keys_asked = _key_set(found), time.monotonic()
            except ProviderAway:
                if self._keys is None:
                    raise
            return self._keys

    # --- tokens ------------------------------------------------------------------------------------------------------

    async def _token(self, metadata: Json, given: Json) -> Json:
        provider = self.provider
        form = {"grant_type": "authorization_code", **given}
        headers = {}
        if provider.auth_method == "client_secret_basic" and provider.client_secret:
            pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form["client_id"] = provider.client_id
        if provider.auth_method == "client_secret_post":
            form["client_secret"] = provider.client_secret
        return await fetched("POST", metadata["token_endpoint"], headers, form)

    async def _claims(self, id_token: str, nonce: str, access_token: Any) -> Json:
        header, claims = await self._signed(id_token)
        provider = self.provider
        options = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
        }
        given = {"nonce": nonce, "client_id": provider.client_id, "access_token": access_token}
        token = CodeIDToken(claims, header, options, given)
        try:
            token.validate(leeway=provider.leeway)
        except JoseError as wrong:
            raise NotVouched(f"the ID token's claims are not right ({wrong.error})") from None
        if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
            raise NotVouched("the ID token names nobody")
        return dict(claims)

    async def _signed(self, id_token: str) -> tuple[Json, Json]:
        """A key may be newer than those that were fetched, under a new name or the old one."""
        supported = (await self.metadata()).get("id_token_signing_alg_values_supported") or ["RS256"]
        registry = JWSRegistry(
            algorithms=[one for one in supported if one in SIGNED_BY], strict_check_header=False
        )
        registry.max_payload_length = MOST
        try:
            try:
                token = jwt.decode(id_token, await self._known_keys(), registry=registry)
            except (InvalidKeyIdError, BadSignatureError):
                token = jwt.decode(id_token, await self._known_keys(anew=True), registry=registry)
        except (JoseError, ValueError) as wrong:
            raise NotVouched(f"the ID token is not signed as it should be ({type(wrong).__name__})") from None
        return token.header, token.claims

    async def _with_userinfo(self, metadata: Json, claims: Json, access_token: Any) -> Json:
        """Many providers tell an address or groups only there. What the ID token says goes first."""
        wanted = {
            *WANTED,
            self.provider.login_claim,
            self.provider.rep_claim,
            *(r.claim for r in self.provider.rules),
        }
        place = metadata.get("userinfo_endpoint")
        if not (wanted - {"", *claims}) or not isinstance(place, str) or not isinstance(access_token, str):
            return claims
        more = await fetched("GET", place, {"Authorization": f"Bearer {access_token}"})
        if more.get("sub") != claims["sub"]:
            raise NotVouched("what the provider tells is about somebody else")
        return more | claims


def _check_answer(attempt: Attempt, answer: Json, metadata: Json) -> None:
    """Raises NotVouched."""
    if not hmac.compare_digest(str(answer.get("state", "")).encode(), attempt.state.encode()):
        raise NotVouched("the answer belongs to another browser or another attempt")
    issuer = answer.get("iss")
    named = metadata.get("authorization_response_iss_parameter_supported") is True
    if (issuer is not None or named) and issuer != metadata["issuer"]:
        raise NotVouched("the answer is another provider's")
    if not isinstance(answer.get("code"), str) or not answer["code"]:
        raise NotVouched("there is no code in the answer")


def _checked(metadata: Json, issuer: str) -> Json:
    """Raises ProviderAway where it is none, or another one than was set."""
    if metadata.get("issuer") != issuer:
        raise ProviderAway(
            f"the issuer is set as {issuer} and calls itself {str(metadata.get('issuer'))[:200]}"
        )
    for name in NEEDED:
        if not str(metadata.get(name, "")).startswith(("https://", "http://")):
            raise ProviderAway(f"{issuer} does not say its {name}")
    for name in (*NEEDED, "userinfo_endpoint", "end_session_endpoint"):
        if issuer.startswith("https://") and not str(metadata.get(name) or "https://").startswith("https://"):
            raise ProviderAway(f"the {name} of {issuer} is open to others")
    return metadata


def _key_set(found: Json) -> KeySet:
    """Of the kinds that are known; others may be there beside them."""
    keys = [one for one in found.get("keys", ()) if isinstance(one, dict) and one.get("use", "sig") == "sig"]
    try:
        return KeySet.import_key_set(
            {"keys": [one for one in keys if one.get("kty") in ("RSA", "EC", "OKP")]}
        )
    except (JoseError, ValueError) as wrong:
        raise ProviderAway(f"its keys cannot be read ({type(wrong).__name__})") from None


async def fetched(method: str, url: str, headers: Any = None, form: Json | None = None) -> Json:
    """A JSON object. Raises ProviderAway, or NotVouched where the provider refuses what it is asked (4xx)."""
    try:
        async with (
            asyncio.timeout(WHOLE),
            httpx.AsyncClient(timeout=PATIENCE, verify=_trust(), follow_redirects=False) as client,
            client.stream(method, url, headers=headers, data=form) as answer,
        ):
            content = await _content(answer)
    except (httpx.HTTPError, TimeoutError) as away:
        raise ProviderAway(f"it does not answer ({type(away).__name__})") from None
    return _object(answer.status_code, content)


async def _content(answer: httpx.Response) -> bytes:
    content = b""
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > MOST:
            raise ProviderAway("its answer is too long")
    return content


def _object(status: int, content: bytes) -> Json:
    try:
        read = orjson.loads(content)
    except orjson.JSONDecodeError:
        read = None
    if status == 200 and isinstance(read, dict):
        return read
    if 400 <= status < 500 and isinstance(read, dict) and isinstance(read.get("error"), str):
        raise NotVouched(f"it refuses ({read['error'][:60]})")
    raise ProviderAway(f"it answers {status}")


@cache
def _trust() -> SSLContext:
    """Reading the authorities takes tens of milliseconds: once."""
    return httpx.create_ssl_context()
