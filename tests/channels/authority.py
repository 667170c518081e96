"""A certificate authority of the test's own, which signs for the addresses of servers."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)
PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Authority:
    """`ca` is the file of its certificate, for who is to believe it."""

    ca: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def made(cls, folder: Path) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
        certificate = _builder(name, name, key.public_key(), key.public_key(), ca=True).sign(
            key, hashes.SHA256()
        )
        (folder / "ca.pem").write_bytes(certificate.public_bytes(PEM))
        return cls(folder / "ca.pem", certificate, key)

    def server(self, address: str = "127.0.0.1") -> ssl.SSLContext:
        """What a server at the address shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
        builder = _builder(name, self.certificate.subject, key.public_key(), self.key.public_key(), ca=False)
        host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        signed = builder.add_extension(host, critical=False).sign(self.key, hashes.SHA256())
        unencrypted = (PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        shown = self.ca.with_name(f"{address}.pem")
        shown.write_bytes(key.private_bytes(*unencrypted) + signed.public_bytes(PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown)
        return context


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePublicKey,
    *,
    ca: bool,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), now - DAY, now + DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )
