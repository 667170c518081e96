"""Runtime room, file import: what all cells go through — the mapping's own words, too. Pure."""

from __future__ import annotations

import unicodedata

from runtime.spreadsheets import TEXT_MARK, unmarked

MAX_CELL = 100_000
NOT_CALCULATED = "#NOT-CALCULATED!"
"""Stands for a formula in a workbook whose value nobody has worked out."""
_ERROR_WORDS = (
    "#N/A #REF! #VALUE! #DIV/0! #NAME? #NULL! #NUM! #SPILL! #CALC! #FIELD! #NV #BEZUG! #WERT! #ZAHL! #N/D #VALEUR! #NOM?"
    " #NOMBRE! #NUL! #NOMBRE? #RIF! #VALORE! #NOME? #VALOR! #NÚM! #¡VALOR! #¡REF! #¡NUM! #¡DIV/0! #¿NOMBRE? #NULO! #AANTAL!"
    " #VERW! #WAARDE! #NAAM? #NB #ССЫЛКА! #ЗНАЧ! #ДЕЛ/0! #ИМЯ? #ЧИСЛО! #Н/Д"
)
ERRORS = {
    **dict.fromkeys(_ERROR_WORDS.split(), "is a spreadsheet's error, not a value"),
    NOT_CALCULATED: "is a formula that was never worked out: open the workbook in a spreadsheet and save it",
}
"""What a spreadsheet shows where it has no value, in several languages. A mapping may list one as `blank`, or under `values`."""


class Unreadable(ValueError):
    """The cell's text is not what its column holds; the message says what would be."""


UNSEEN = "\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Marks of direction, of where a line may break, of an encoding: what pages and spreadsheets leave around a text."""
_AROUND = UNSEEN + "".join(filter(str.isspace, map(chr, range(0x3001))))


def clean(text: str) -> str:
    """Without surrounding space, seen or unseen, in the one Unicode form in which equal names are equal, and without the mark that
    keeps a spreadsheet from computing a text.
    """
    stripped = text.strip()
    if stripped[:1] == TEXT_MARK:
        stripped = unmarked(stripped).strip()
    return stripped if stripped.isascii() else unicodedata.normalize("NFC", stripped.strip(_AROUND))
