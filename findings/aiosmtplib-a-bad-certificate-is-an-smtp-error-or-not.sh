#!/usr/bin/env bash
# Claim: a server whose certificate nobody believes raises SMTPConnectError with TLS from the first byte (use_tls) and a bare
# ssl.SSLCertVerificationError with STARTTLS, which is no SMTPException.
# Guess: the same error of the library either way; its base class is documented as that of all SMTP exceptions.
# Versions: aiosmtplib 5.1.3, cryptography 50.0.2, Python 3.11. Seen 2026-11-30.
# Why it matters: `except aiosmtplib.SMTPException` around a send looks complete and is, until a certificate expires on a server that
# speaks STARTTLS: then the error goes past it, and ends the loop that sends. Catch OSError beside it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check aiosmtplib==5.1.3 aiosmtpd==1.4.6 cryptography==50.0.2
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import asyncio
import datetime as dt
import ssl
import sys
from pathlib import Path

import aiosmtplib
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
now, day = dt.datetime.now(dt.timezone.utc), dt.timedelta(days=1)
own = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
pem = serialization.Encoding.PEM
Path("server.pem").write_bytes(
    key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    + own.sign(key, hashes.SHA256()).public_bytes(pem)
)
shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
shown.load_cert_chain("server.pem")


async def raised(starttls: bool) -> Exception | None:
    loop = asyncio.get_running_loop()
    made = lambda: SMTP(Sink(), hostname="localhost", loop=loop, tls_context=shown if starttls else None)
    server = await loop.create_server(made, "127.0.0.1", 0, ssl=None if starttls else shown)
    port = server.sockets[0].getsockname()[1]
    try:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=not starttls, start_tls=starttls):
            return None
    except Exception as error:
        return error
    finally:
        server.close()


tls, starttls = asyncio.run(raised(False)), asyncio.run(raised(True))
for how, error in (("use_tls", tls), ("start_tls", starttls)):
    print(f"{how}: {type(error).__name__}, an SMTPException: {isinstance(error, aiosmtplib.SMTPException)}")
split = isinstance(tls, aiosmtplib.SMTPException) and not isinstance(starttls, aiosmtplib.SMTPException)
sys.exit(0 if split and isinstance(starttls, ssl.SSLCertVerificationError) else 1)
PROGRAM
