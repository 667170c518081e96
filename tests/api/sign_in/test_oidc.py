"""What a provider says is believed where it is signed by a key of its own, for us, for this browser and now; and not else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from api.engine import oidc
from api.engine.oidc import Attempt, NotVouched, OpenID, ProviderAway
from runtime.oidc import Provider
from tests.api.sign_in.signing import CLIENT, SECRET, Signing, signing

BACK = "http://127.0.0.1:8765/sign-in/oidc/corp/callback"


@pytest.fixture
def provider() -> Iterator[Signing]:
    with signing() as made:
        yield made


def asking(provider: Signing, **more: Any) -> OpenID:
    return OpenID(Provider("corp", "Corp", provider.issuer, CLIENT, SECRET, **more))


async def comes_back(provider: Signing, asked: OpenID, **answer: Any) -> oidc.Vouched:
    attempt = Attempt.begun("corp")
    provider.nonce = provider.nonce or attempt.nonce
    try:
        return await asked.vouched(attempt, {"code": "c", "state": attempt.state, **answer}, BACK)
    finally:
        provider.nonce = ""


async def test_who_is_rightly_vouched_for_comes_in(provider: Signing) -> None:
    provider.claims = {"email": "li@example.com"}
    vouched = await comes_back(provider, asking(provider))
    assert (vouched.claims["sub"], vouched.claims["email"]) == ("s-1", "li@example.com")


async def test_the_browser_is_sent_with_state_nonce_and_a_challenge(provider: Signing) -> None:
    attempt = Attempt.begun("corp")
    place = urlsplit(await asking(provider).address(attempt, BACK))
    query = {name: one for name, (one,) in parse_qs(place.query).items()}
    assert f"{place.scheme}://{place.netloc}{place.path}" == f"{provider.issuer}/auth"
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert (query["client_id"], query["redirect_uri"], query["scope"]) == (
        CLIENT,
        BACK,
        "openid email profile",
    )
    assert (query["state"], query["nonce"]) == (attempt.state, attempt.nonce)
    assert attempt.verifier not in place.query
    assert attempt.secret not in place.query
    assert len({attempt.state, attempt.nonce, attempt.verifier, attempt.secret}) == 4


def test_an_attempt_fits_its_provider_alone() -> None:
    one = Attempt.begun("corp")
    assert Attempt(one.secret, "other").state != one.state


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
async def test_the_code_is_redeemed_with_its_verifier_and_the_client_s_secret(
    provider: Signing, method: str
) -> None:
    await comes_back(provider, asking(provider, auth_method=method))
    assert len(provider.form["code_verifier"][0]) >= 43
    assert provider.form["redirect_uri"] == [BACK]
    assert provider.form["authorization"][0].startswith("Basic ") is (method == "client_secret_basic")
    assert ("client_secret" in provider.form) is (method == "client_secret_post")
    assert ("client_id" in provider.form) is (method != "client_secret_basic")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": None},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"at_hash": "AAAA"},
    ],
)
async def test_a_wrong_claim_proves_nothing(provider: Signing, claims: dict[str, Any]) -> None:
    provider.claims = claims
    with pytest.raises(NotVouched):
        await comes_back(provider, asking(provider))


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -120), ("iat", 600), ("nbf", 600)])
async def test_a_token_of_another_time_proves_nothing(provider: Signing, claim: str, seconds: int) -> None:
    """From when the test runs: a moment fixed when it was collected is past once others have run before it."""
    provider.claims = {claim: int(time.time()) + seconds}
    with pytest.raises(NotVouched):
        await comes_back(provider, asking(provider))


@pytest.mark.parametrize("claims", [{"aud": [CLIENT]}, {"aud": [CLIENT, "another"], "azp": CLIENT}])
async def test_one_of_several_audiences_is_us(provider: Signing, claims: dict[str, Any]) -> None:
    provider.claims = claims
    assert (await comes_back(provider, asking(provider))).claims["sub"] == "s-1"


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"kid": "of nobody"}])
async def test_a_token_that_anybody_could_sign_proves_nothing(
    provider: Signing, header: dict[str, Any]
) -> None:
    provider.header = header
    with pytest.raises(NotVouched):
        await comes_back(provider, asking(provider))


async def test_nor_one_by_a_key_that_only_has_the_name_of_a_right_one(provider: Signing) -> None:
    provider.published = [RSAKey.generate_key(parameters={"kid": str(provider.keys[0].kid)})]
    with pytest.raises(NotVouched):
        await comes_back(provider, asking(provider))


@pytest.mark.parametrize(
    "answer",
    [{"state": "another"}, {"state": ""}, {"code": ""}, {"code": None}, {"iss": "https://other.example"}],
)
async def test_an_answer_of_another_attempt_is_not_redeemed(
    provider: Signing, answer: dict[str, Any]
) -> None:
    with pytest.raises(NotVouched):
        await comes_back(provider, asking(provider), **answer)
    assert "/token" not in provider.asked


async def test_a_provider_that_promises_its_name_in_answers_is_held_to_it(provider: Signing) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    asked = asking(provider)
    with pytest.raises(NotVouched):
        await comes_back(provider, asked)
    assert (await comes_back(provider, asked, iss=provider.issuer)).claims


class TestClocks:
    async def test_may_differ_by_the_leeway(self, provider: Signing) -> None:
        now = int(time.time())
        provider.claims = {"iat": now + 40, "nbf": now + 40, "exp": now - 40}
        assert (await comes_back(provider, asking(provider, leeway=60))).claims

    async def test_and_by_no_more(self, provider: Signing) -> None:
        provider.claims = {"exp": int(time.time()) - 40}
        with pytest.raises(NotVouched):
            await comes_back(provider, asking(provider, leeway=10))


class TestKeys:
    async def test_are_fetched_once(self, provider: Signing) -> None:
        asked = asking(provider)
        for _ in range(3):
            await comes_back(provider, asked)
        assert (provider.asked["/jwks"], provider.asked["/.well-known/openid-configuration"]) == (1, 1)

    async def test_that_are_new_count_at_once(self, provider: Signing) -> None:
        asked = asking(provider)
        await comes_back(provider, asked)
        provider.keys = [RSAKey.generate_key(auto_kid=True)]
        assert (await comes_back(provider, asked)).claims
        assert provider.asked["/jwks"] == 2

    async def test_that_are_new_under_an_old_name_count_too(self, provider: Signing) -> None:
        asked = asking(provider)
        await comes_back(provider, asked)
        provider.keys = [RSAKey.generate_key(parameters={"kid": str(provider.keys[0].kid)})]
        assert (await comes_back(provider, asked)).claims

    async def test_of_nobody_are_not_asked_for_without_end_and_lock_nobody_out(
        self, provider: Signing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = asking(provider)
        await comes_back(provider, asked)
        provider.header = {"kid": "of nobody"}
        for _ in range(oidc.ANEW_AT_ONCE + 3):
            with pytest.raises(NotVouched):
                await comes_back(provider, asked)
        assert provider.asked["/jwks"] == 1 + oidc.ANEW_AT_ONCE
        provider.header = {}
        assert (await comes_back(provider, asked)).claims, "with a key that is known"

    async def test_are_asked_for_once_by_all_who_come_at_once(self, provider: Signing) -> None:
        asked = asking(provider)
        await comes_back(provider, asked)
        provider.keys = [RSAKey.generate_key(auto_kid=True)]
        attempt = Attempt.begun("corp")
        provider.nonce = attempt.nonce
        answer = {"code": "c", "state": attempt.state}
        await asyncio.gather(*(asked.vouched(attempt, answer, BACK) for _ in range(8)))
        assert provider.asked["/jwks"] == 2

    async def test_that_are_known_count_on_while_the_provider_is_half_away(
        self, provider: Signing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = asking(provider)
        await comes_back(provider, asked)
        monkeypatch.setattr(oidc, "KEPT_SECONDS", -1.0)
        provider.away = True
        assert await asked.metadata()
        assert (await asked._known_keys()).keys


class TestUserinfo:
    async def test_adds_what_the_token_does_not_say(self, provider: Signing) -> None:
        provider.claims = {"email": "token@example.com"}
        provider.userinfo = {"sub": "s-1", "email": "other@example.com", "groups": ["sales"]}
        claims = (await comes_back(provider, asking(provider))).claims
        assert (claims["email"], claims["groups"]) == ("token@example.com", ["sales"])

    async def test_about_somebody_else_proves_nothing(self, provider: Signing) -> None:
        provider.userinfo = {"sub": "s-2", "email": "other@example.com"}
        with pytest.raises(NotVouched):
            await comes_back(provider, asking(provider))


class TestAProvider:
    async def test_that_is_away_is_told_apart(self, provider: Signing) -> None:
        provider.away = True
        with pytest.raises(ProviderAway):
            await asking(provider).address(Attempt.begun("corp"), BACK)
        provider.away = False
        assert await asking(provider).address(Attempt.begun("corp"), BACK)

    @pytest.mark.parametrize(
        "metadata",
        [{"issuer": "https://other.example"}, {"token_endpoint": None}, {"jwks_uri": "file:///etc/passwd"}],
    )
    async def test_that_is_none_is_refused(self, provider: Signing, metadata: dict[str, Any]) -> None:
        provider.metadata = metadata
        with pytest.raises(ProviderAway):
            await asking(provider).address(Attempt.begun("corp"), BACK)

    async def test_that_never_comes_to_an_end_is_away(
        self, provider: Signing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(oidc, "WHOLE", 0.0)
        with pytest.raises(ProviderAway):
            await asking(provider).metadata()

    @pytest.mark.parametrize("name", ["token_endpoint", "userinfo_endpoint", "end_session_endpoint"])
    def test_that_would_be_asked_in_the_open_is_refused(self, name: str) -> None:
        issuer = "https://id.example"
        places = {one: f"{issuer}/{one}" for one in (*oidc.NEEDED, name)} | {"issuer": issuer}
        assert oidc._checked({**places, "userinfo_endpoint": None}, issuer)
        with pytest.raises(ProviderAway, match=name):
            oidc._checked({**places, name: "http://id.example/open"}, issuer)

    async def test_may_have_a_place_to_sign_out(self, provider: Signing) -> None:
        assert await asking(provider).leave("token", "http://127.0.0.1/sign-in") is None
        provider.metadata = {"end_session_endpoint": f"{provider.issuer}/end?x=1"}
        place = urlsplit(await asking(provider).leave("token", "http://127.0.0.1/sign-in") or "")
        query = {name: one for name, (one,) in parse_qs(place.query).items()}
        assert query == {
            "x": "1",
            "client_id": CLIENT,
            "id_token_hint": "token",
            "post_logout_redirect_uri": "http://127.0.0.1/sign-in",
        }
