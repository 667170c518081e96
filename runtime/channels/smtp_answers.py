"""runtime: what went wrong with a mail server, as whoever decides on repeats needs it: for good or for now, and a code.

Only an answer about the receiver's address is for good, which is one to RCPT, or one to the whole mail whose status says "bad address"
(RFC 3463: 5.1.x; a mail has one receiver). Everything else may be set right by us or by them, and is given up by who counts the tries.
"""

from __future__ import annotations

import re
import ssl

from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPDataError,
    SMTPHeloError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from runtime.channels.message import MessageRefused, NotDelivered, TryAgain, Undeliverable

STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
"""Of RFC 2034, at the beginning of an answer."""
BAD_ADDRESS, NOT_THE_ADDRESS = re.compile(r"5\.1\."), re.compile(r"5\.7\.|5\.2\.2\b|4\.")
"""Of what is not the address's: policy and trust (7), a mailbox that is full."""
OUT_OF_ORDER, SIGN_IN_FIRST, FULL = 503, 530, 552
TO: dict[type[SMTPResponseException], str] = {
    SMTPConnectResponseError: "greeting",
    SMTPHeloError: "hello",
    SMTPAuthenticationError: "auth",
    SMTPSenderRefused: "sender",
    SMTPDataError: "data",
}
"""What was answered; nothing is said of RCPT."""


def failure(wrong: Exception) -> NotDelivered:
    """`smtp-550-5.1.1` answers RCPT, `smtp-auth-535` AUTH; what is no answer is `smtp-timeout`, `smtp-disconnected`, `smtp-tls`,
    `smtp-unreachable` or, where the server lacks what the settings ask for, `smtp-unsupported`.
    """
    match wrong:
        case SMTPResponseException():
            return _answered(wrong)
        case TimeoutError():
            return TryAgain("smtp-timeout")
        case SMTPServerDisconnected():
            return TryAgain("smtp-disconnected")
        case ssl.SSLError():
            return TryAgain("smtp-tls")
        case OSError():
            return TryAgain("smtp-tls" if isinstance(wrong.__cause__, ssl.SSLError) else "smtp-unreachable")
        case _:
            return TryAgain("smtp-unsupported")


def _answered(wrong: SMTPResponseException) -> NotDelivered:
    found = STATUS.match(wrong.message)
    status = found[0] if found else ""
    number = str(wrong.code) if wrong.code > 0 else "unreadable"
    to = "" if isinstance(wrong, SMTPRecipientRefused) else TO.get(type(wrong), "other")
    code = "-".join(filter(None, ("smtp", to, number, status)))
    if not 500 <= wrong.code < 600:
        return TryAgain(code)
    if _of_the_address(to, wrong.code, status):
        return Undeliverable(code)
    return MessageRefused(code) if to == "data" else TryAgain(code)


def _of_the_address(to: str, code: int, status: str) -> bool:
    if to == "data":
        return bool(BAD_ADDRESS.match(status))
    return not to and code not in (OUT_OF_ORDER, SIGN_IN_FIRST, FULL) and not NOT_THE_ADDRESS.match(status)
