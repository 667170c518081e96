"""Runtime room, file import: a cell's text to a number, as the mapping says that numbers are written. Pure.

Groups of digits are held to their size, and stand left of the decimal sign only: a sign that is taken for the other one would
make a hundred of one. A currency's sign is taken where it is that of the row's currency.
"""

from __future__ import annotations

import re
from decimal import Decimal

from domain.engine.currency import decimals
from runtime.imports.cells import Unreadable

SPACES, APOSTROPHES = " \u00a0\u202f\u2009", "'\u2019"
"""Signs that are one to people: a file has the one, a mapping the other."""
DECIMALS = (".", ",")
LONGEST = 80
"""Characters: what is longer is no number, and only costs time."""
THOUSANDS = ("", ".", ",", *SPACES, *APOSTROPHES)
WESTERN, INDIAN = "thousands", "indian"
GROUPINGS = (WESTERN, INDIAN)
_BETWEEN = {
    WESTERN: "[1-9][0-9]{{0,2}}(?P<sign>[{0}])[0-9]{{3}}(?:(?P=sign)[0-9]{{3}})*",
    INDIAN: "[1-9][0-9]?(?P<sign>[{0}])(?:[0-9]{{2}}(?P=sign))*[0-9]{{3}}",
}
_PLAIN = "[0-9]{1,24}"
_GROUP = 3
_SIGNED = re.compile(f"[0-9][.,{SPACES}{APOSTROPHES}][0-9]")
_PARTS = re.compile("([^0-9]*)([0-9](?:.*[0-9])?)([^0-9]*)", re.DOTALL)
_MARK = f"[{SPACES}]*(?P<mark>[^-{SPACES}+\u2212()]*)[{SPACES}]*"
_BEFORE = re.compile(f"[{SPACES}]*(?P<one>[-+\u2212(]?){_MARK}(?P<two>[-+\u2212(]?)[{SPACES}]*")
_BEHIND = re.compile(f"[{SPACES}]*(?P<one>[-\u2212)]?){_MARK}(?P<two>[-\u2212)]?)[{SPACES}]*")
_POSITIVE, _NEGATIVE = ("", "+"), ("-", "\u2212", "()")
_DOLLARS = (
    "USD AUD CAD NZD HKD SGD TWD MXN ARS CLP COP BBD BMD BND BSD BZD FJD GYD JMD LRD NAD SBD SRD TTD XCD"
)
MARKS: dict[str, frozenset[str]] = {
    mark: frozenset(codes.split())
    for mark, codes in {
        "$": _DOLLARS,
        "US$": "USD", "USD$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD",
        "S$": "SGD", "NT$": "TWD", "MX$": "MXN", "R$": "BRL", "€": "EUR", "£": "GBP GIP FKP SHP", "¥": "CNY JPY", "￥": "CNY JPY",
        "元": "CNY TWD", "RMB": "CNY", "円": "JPY", "₩": "KRW", "₹": "INR", "Rs": "INR PKR LKR NPR MUR", "Rs.": "INR PKR LKR NPR MUR",
        "₽": "RUB", "₺": "TRY", "₴": "UAH", "₪": "ILS", "₫": "VND", "฿": "THB", "₱": "PHP", "₦": "NGN", "zł": "PLN", "Kč": "CZK",
        "Ft": "HUF", "lei": "RON", "kr": "SEK NOK DKK ISK", "kr.": "DKK SEK NOK ISK", "Fr.": "CHF", "SFr.": "CHF",
    }.items()
}  # fmt: skip
"""Which currencies a sign may stand for; an ISO 4217 code stands for itself."""


def alike(sign: str) -> str:
    """All signs that are the same to people."""
    return next((signs for signs in (SPACES, APOSTROPHES) if sign and sign in signs), sign)


class Numbers:
    """Reads numbers with these signs. `grouping` is of three digits, or three and then two as in India: 12,34,567."""

    def __init__(self, decimal: str = ".", thousands: str = "", grouping: str = WESTERN) -> None:
        whole = _PLAIN
        if thousands:
            whole = f"{_BETWEEN[grouping].format(re.escape(alike(thousands)))}|{_PLAIN}"
        self._body = re.compile(f"(?P<whole>{whole})(?:{re.escape(decimal)}(?P<behind>[0-9]{{1,12}}))?")
        self._grouped = bool(thousands)
        self._example = f"1{thousands}234{decimal}50"

    def number(self, text: str, currency: str = "", *, scaled: bool = False) -> Decimal:
        """With the sign of `currency`, where one is given, or without. `scaled` is of a larger unit, and has any decimals.
        Raises Unreadable.
        """
        parts = _PARTS.fullmatch(text) if len(text) <= LONGEST else None
        found = self._body.fullmatch(parts[2]) if parts else None
        before, behind = (_BEFORE.fullmatch(parts[1]), _BEHIND.fullmatch(parts[3])) if parts else (None, None)
        if found is None or before is None or behind is None or (before["mark"] and behind["mark"]):
            raise self._none(text)
        signs = before["one"] + before["two"] + behind["one"] + behind["two"]
        if signs not in _POSITIVE + _NEGATIVE:
            raise self._none(text)
        self._check_mark(before["mark"] or behind["mark"], currency)
        if not (self._grouped or scaled):
            self._check_decimals(found["whole"], found["behind"] or "", currency)
        digits = "".join(c for c in found["whole"] if c.isdigit())
        value = Decimal(f"{digits}.{found['behind'] or 0}" if found["behind"] else digits)
        return -value if signs in _NEGATIVE and value else value

    def _none(self, text: str = "") -> Unreadable:
        signs = (
            ""
            if self._grouped or not _SIGNED.search(text)
            else ": name its signs under `decimal` and `thousands`"
        )
        return Unreadable(f"is not a number such as {self._example}{signs}")

    def _check_decimals(self, whole: str, behind: str, currency: str) -> None:
        """Where no sign between groups is named, three digits behind a sign are a group as well as decimals."""
        most = decimals(currency) if currency else 0
        if most < _GROUP == len(behind) and len(whole) <= _GROUP and whole[0] != "0":
            raise Unreadable(
                f"may be {whole}{behind} as well: name the sign between groups under `thousands`"
            )

    def _check_mark(self, mark: str, currency: str) -> None:
        if not mark or (currency and mark == currency):
            return
        codes = MARKS.get(mark, frozenset({mark} if re.fullmatch("[A-Z]{3}", mark) else ()))
        if not codes or not currency:
            raise self._none()
        if currency not in codes:
            raise Unreadable(
                f"is in {mark}, and the row's currency is {currency}: set `currency`, or give it a column"
            )

    def whole(self, text: str) -> int:
        value = self.number(text)
        if value != int(value):
            raise Unreadable("is not a whole number")
        return int(value)


def year(text: str) -> int:
    """Four digits: grouped or with decimals it is a number of something else."""
    if not re.fullmatch("[0-9]{4}", text):
        raise Unreadable("is not a year such as 1998")
    return int(text)


YES, NO = frozenset(("true", "yes", "y", "1", "x", "是")), frozenset(("false", "no", "n", "0", "否"))


def yes_or_no(text: str) -> bool:
    """In small letters or large ones. Other words are for the mapping to translate (`values`)."""
    word = text.casefold()
    if word not in YES | NO:
        raise Unreadable("is neither yes nor no: say under `values` which it means")
    return word in YES
