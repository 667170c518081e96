"""tests: a provider of OpenID Connect that says what a test wants it to say, rightly signed or not."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from joserfc.jws import JWSRegistry

Json = dict[str, Any]
CLIENT, SECRET = "desk", "a secret of the client"


@dataclass
class Signing:
    """`claims` goes over what a right ID token says; None takes one away. `asked` counts requests by path."""

    issuer: str = ""
    keys: list[RSAKey] = field(default_factory=lambda: [RSAKey.generate_key(auto_kid=True)])
    claims: Json = field(default_factory=dict)
    header: Json = field(default_factory=dict)
    metadata: Json = field(default_factory=dict)
    userinfo: Json | None = None
    nonce: str = ""
    away: bool = False
    published: list[RSAKey] | None = None
    """Other keys than those that it signs with."""
    asked: dict[str, int] = field(default_factory=dict)
    form: dict[str, list[str]] = field(default_factory=dict)
    """That the token was asked for with."""

    def id_token(self) -> str:
        now = int(time.time())
        made = {
            "iss": self.issuer,
            "sub": "s-1",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonce,
        }
        claims = {name: value for name, value in (made | self.claims).items() if value is not None}
        header = {"alg": "RS256", "kid": self.keys[0].kid, **self.header}
        if header["alg"] == "none":
            return _unsigned(header, claims)
        key = OctKey.import_key(SECRET) if header["alg"].startswith("HS") else self.keys[0]
        registry = JWSRegistry(algorithms=["RS256", "PS256", "HS256"])
        return jwt.encode(header, claims, key, registry=registry)

    def answer(self, path: str) -> Json | None:
        if self.away:
            return None
        if path == "/.well-known/openid-configuration":
            places = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/jwks"}
            if self.userinfo is not None:
                places["userinfo_endpoint"] = "/me"
            there = {name: self.issuer + place for name, place in places.items()}
            algorithms = {"id_token_signing_alg_values_supported": ["RS256", "PS256", "HS256", "none"]}
            return {"issuer": self.issuer, **there, **algorithms, **self.metadata}
        if path == "/jwks":
            return dict(KeySet(list(self.published or self.keys)).as_dict(private=False))
        if path == "/token":
            return {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token()}
        return self.userinfo if path == "/me" else None


def _unsigned(header: Json, claims: Json) -> str:
    import base64

    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)
    ]
    return ".".join([*parts, ""])


@contextlib.contextmanager
def signing() -> Iterator[Signing]:
    provider = Signing()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            provider.form = parse_qs(body) | {"authorization": [self.headers.get("Authorization", "")]}
            self._answer()

        def _answer(self) -> None:
            path = self.path.partition("?")[0]
            provider.asked[path] = provider.asked.get(path, 0) + 1
            content = provider.answer(path)
            sent = json.dumps(content or {}).encode()
            self.send_response(200 if content is not None else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
