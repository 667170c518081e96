"""api: what is wrong with a field, in our words. No validator's jargon may leave this file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.engine.fields import LOCALE, MAIL, PLAIN, SOME, ZONE
from domain.engine import fields as limits

NO_ID = "is no id such as 0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
OURS = {
    "missing": "is needed",
    "extra_forbidden": "is not known here",
    "uuid_parsing": NO_ID,
    "uuid_type": NO_ID,
}
"""By the validator's kind of error."""
TIME = "must be a time of day such as 09:30"
NUMBER = "must be plain digits, with a point where there are decimals: 1200.50"
WRITTEN = {
    **limits.WORDS,
    SOME: "must not be blank or hold NUL characters",
    PLAIN: "must not hold NUL characters",
    MAIL: "must be a mail address such as wang@example.com",
    LOCALE: "must be a locale such as zh or de-DE",
    ZONE: "must be a time zone such as Asia/Shanghai",
    r"^[ -~]+$": "must be printable ASCII characters",
    r'^"(0|[1-9][0-9]{0,8})(-[0-9a-f]{16})?"$': 'must be a version in quotes, such as "14"',
    r"^[a-z-]+(\.[a-z-]+)?$": "must be a kind of event such as deal.stage-moved, or deal",
    r"^(\*|[a-z-]+(\.[a-z-]+)?)$": "must be what people are told of, such as promise.missed or promise, or * for everything",
    r"^[a-z0-9][a-z0-9.-]{0,59}$": "must be a word or two of small letters, digits, dots and -, such as bounced",
    r"^[A-Za-z0-9_=-]+$": "is no cursor that a page gave",
    r"^[0-9]{1,6}(\.[0-9]{1,3})?(s|m|h|d|bh|bd)$": "must be a duration such as 30m, 24bh, 3bd or 5d",
    r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$": NUMBER,
    r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$": NUMBER,
    r"^(FY)?[0-9]{4}(-(Q[1-4]|W[0-9]{2}[ab]?|[0-9]{2}))?$": "must be a period such as 2027, 2027-Q1, 2027-03 or 2027-W05",
    r"^[A-Z]{3}$": "must be a currency's three capital letters, such as CNY",
    r"^[0-2][0-9]:[0-5][0-9]$": TIME,
    r"^https?://[\x21-\x7e]+$": "must begin with https://",
    r"^[0-9a-f]{16}$": "must be the 16 digits between sl_ and the secret",
    r"^[A-Za-z0-9_+/-]{1,60}$": "must be a time zone such as Asia/Shanghai",
    r"^[A-Z]{2}$": "must be a country's two capital letters, such as CN",
    r"^[A-Z0-9-]{1,10}$": "must be a part of the country, such as BY",
}
"""By the pattern that a text has to meet."""


def plainly(error: Mapping[str, Any]) -> str:
    """What to do about it, without the validator's own jargon."""
    known = WRITTEN.get(error.get("ctx", {}).get("pattern", "")) or OURS.get(error["type"])
    return known or str(error["msg"]).removeprefix("Value error, ")
