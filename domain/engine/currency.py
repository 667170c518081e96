"""Domain room: which currencies there are, and how finely each is divided. A table; nothing enters.

By ISO 4217 (list one, as amended up to 1 January 2026, and list three for what was withdrawn), not by how many digits
people show: those differ and change. Codes that stand for no money one could be paid in (metals, testing, special
drawing rights, "none") are not here.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

USUAL = 2
_WITH_TWO = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU
CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_WITH_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"
_WITH_FOUR = "CLF UYW"

_WITHDRAWN = {
    "ANG": (date(2025, 6, 30), "XCG", 2),
    "ATS": (date(2002, 2, 28), "EUR", 2),
    "BEF": (date(2002, 2, 28), "EUR", 0),
    "BGN": (date(2026, 1, 31), "EUR", 2),
    "BYR": (date(2016, 12, 31), "BYN", 0),
    "CUC": (date(2021, 6, 30), "CUP", 2),
    "CYP": (date(2008, 1, 31), "EUR", 2),
    "DEM": (date(2002, 2, 28), "EUR", 2),
    "EEK": (date(2011, 1, 14), "EUR", 2),
    "ESP": (date(2002, 2, 28), "EUR", 0),
    "FIM": (date(2002, 2, 28), "EUR", 2),
    "FRF": (date(2002, 2, 17), "EUR", 2),
    "GRD": (date(2002, 2, 28), "EUR", 0),
    "HRK": (date(2023, 1, 14), "EUR", 2),
    "IEP": (date(2002, 2, 9), "EUR", 2),
    "ITL": (date(2002, 2, 28), "EUR", 0),
    "LTL": (date(2015, 1, 15), "EUR", 2),
    "LUF": (date(2002, 2, 28), "EUR", 0),
    "LVL": (date(2014, 1, 14), "EUR", 2),
    "MRO": (date(2017, 12, 31), "MRU", 2),
    "MTL": (date(2008, 1, 31), "EUR", 2),
    "NLG": (date(2002, 1, 28), "EUR", 2),
    "PTE": (date(2002, 2, 28), "EUR", 0),
    "SIT": (date(2007, 1, 14), "EUR", 2),
    "SKK": (date(2009, 1, 16), "EUR", 2),
    "SLL": (date(2024, 3, 31), "SLE", 2),
    "STD": (date(2017, 12, 31), "STN", 2),
    "VEF": (date(2018, 8, 19), "VES", 2),
    "ZMK": (date(2013, 6, 30), "ZMW", 2),
    "ZWL": (date(2024, 8, 31), "ZWG", 2),
}
"""The last day one could be paid in it, old and new notes side by side included; what took its place; its decimals."""

_DECIMALS = {
    **dict.fromkeys(_WITH_TWO.split(), 2),
    **dict.fromkeys(_WITH_NONE.split(), 0),
    **dict.fromkeys(_WITH_THREE.split(), 3),
    **dict.fromkeys(_WITH_FOUR.split(), 4),
    **{code: decimals for code, (_, _, decimals) in _WITHDRAWN.items()},
}
_SMALLEST = {code: Decimal(1).scaleb(-decimals) for code, decimals in _DECIMALS.items()}


def decimals(code: str) -> int:
    """How many digits after the point an amount has at most; two for what is not known."""
    return _DECIMALS.get(code, USUAL)


def smallest(code: str) -> Decimal:
    """What every amount is a whole number of."""
    return _SMALLEST.get(code, Decimal("0.01"))


def written(amount: Decimal, code: str) -> Decimal:
    """With all the decimals of its currency: 1200.50 EUR, 1200 JPY. More only where an amount was taken that has more."""
    plain = amount.quantize(smallest(code))
    return plain if plain == amount else amount


def problem(code: str, on: date | None = None) -> str | None:
    """Why nothing can be worth anything in this currency, or not on that day; None where it can. Without a day what was
    withdrawn counts, too.
    """
    if code not in _DECIMALS:
        return f"there is no currency {code!r}; use a three-letter ISO 4217 code such as CNY"
    gone = _WITHDRAWN.get(code)
    if gone is None or on is None or on <= gone[0]:
        return None
    return f"{code} was withdrawn: its last day was {gone[0]}, since then it is {gone[1]}"


def problem_of(amount: Decimal, code: str, on: date | None = None) -> str | None:
    """The same of an amount, which has no more decimals than its currency."""
    wrong = problem(code, on)
    if wrong or amount % smallest(code) == 0:
        return wrong
    digits = decimals(code)
    most = f"at most {digits} decimals" if digits else "no decimals"
    return f"{amount.normalize():f} {code} cannot be: {code} has {most}"
