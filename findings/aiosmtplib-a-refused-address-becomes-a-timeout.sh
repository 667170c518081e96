#!/usr/bin/env bash
# Claim: sendmail() and send() whose only receiver was refused with "550 no such user" raise SMTPReadTimeoutError when the server is slow to
# answer the RSET that the library sends afterwards by itself; the 550 is left deep in the chain of __context__.
# Guess: SMTPRecipientsRefused, as documented ("delivery to all recipients failed"); tidying up does not replace the answer, as it does
# not where the server hangs up on RSET or refuses it.
# Versions: aiosmtplib 5.1.3, Python 3.11. Seen 2026-11-30.
# Why it matters: a dead address looks like a slow server and is tried again for days, and nobody is told that it is dead. Go through MAIL,
# RCPT and DATA step by step, or look along the __context__ of a timeout.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check aiosmtplib==5.1.3
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import asyncio
import sys

import aiosmtplib

ANSWERS = {b"EHLO": b"250 mail.test", b"MAIL": b"250 OK", b"RCPT": b"550 no such user", b"RSET": None}


gone = asyncio.Event()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.test\r\n")
    while line := await reader.readline():
        if answer := ANSWERS.get(line[:4].upper(), b"221 bye"):
            writer.write(answer + b"\r\n")
    writer.close()
    gone.set()


async def main() -> bool:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    where = {"hostname": "127.0.0.1", "port": server.sockets[0].getsockname()[1], "start_tls": False}
    try:
        async with aiosmtplib.SMTP(**where, local_hostname="client.test", timeout=0.5) as smtp:
            await smtp.sendmail("sales@example.com", ["nobody@example.net"], b"Subject: x\r\n\r\nx\r\n")
    except Exception as raised:
        chain, one = [], raised
        while one is not None:
            chain.append(type(one).__name__)
            one = one.__context__
        print("raised " + ", in the context of ".join(chain))
        return isinstance(raised, aiosmtplib.SMTPReadTimeoutError) and "SMTPRecipientsRefused" in chain
    finally:
        server.close()
        await gone.wait()
    return False


sys.exit(0 if asyncio.run(main()) else 1)
PROGRAM
