"""cli: the language of what is fixed; the words are in `runtime/locale`. What people wrote is never translated, and `--json` never is."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from enum import StrEnum
from functools import wraps
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.engine.export_options import exporting, options_of

if TYPE_CHECKING:
    from runtime.language import Catalogue


class Language(StrEnum):
    EN = "en"
    ZH = "zh"


Lang = Annotated[
    Language | None,
    typer.Option("--lang", envvar="SALESLOOP_LANG", help="Of what is shown; without, as LANG says."),
]
PLACES = ("LC_ALL", "LC_MESSAGES", "LANG")
_spoken = [Language.EN]


def speak(given: Language | None) -> None:
    """From now on."""
    set_ = next((os.environ[name] for name in PLACES if os.environ.get(name)), "")
    _spoken[0] = given or (Language.ZH if set_.startswith("zh") else Language.EN)


def asked(arguments: Sequence[str]) -> Language | None:
    """What is typed or set, before anything is read: what is typed wrongly is told in the language, too."""
    said = [
        os.environ.get("SALESLOOP_LANG", ""),
        *(one.removeprefix("--lang=") for one in arguments if one[:7] == "--lang="),
    ]
    said += [after for one, after in pairwise(arguments) if one == "--lang"]
    return next((Language(one) for one in reversed(said) if one in set(Language)), None)


def language() -> str:
    return _spoken[0].value


def word(text: str, used: str = "") -> str:
    """A fixed word, or a code, in the language; what is neither stays as it is. `used`: as what, where that matters ("stage")."""
    return text if _spoken[0] is Language.EN else words().pgettext(used, text)


def sentence(template: str, **values: Any) -> str:
    """A fixed sentence with what belongs into it."""
    return word(template).format(**values)


def heard(text: str) -> str:
    """A finished sentence of another room's, in the language, where it is one that is known."""
    return text if _spoken[0] is Language.EN else words().heard(text)


def words() -> Catalogue:
    """The catalogue of the language."""
    from runtime.language import catalogue

    return catalogue(language())


def accepted() -> dict[str, str]:
    """The header that asks the API for its refusals in the language."""
    return {} if _spoken[0] is Language.EN else {"Accept-Language": language()}


def speaking(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with the option `--lang`, and a list with those of a file. What is typed there was heard before anything was read
    (`asked`).
    """
    signature = inspect.signature(command, eval_str=True)
    option = inspect.Parameter("lang", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Lang)

    @wraps(command)
    def spoken(*args: Any, lang: Language | None = None, **given: Any) -> Any:
        with exporting(given, signature.parameters) if more else nullcontext():
            return command(*args, **given)

    more = options_of(command, signature.parameters)
    parameters = [*signature.parameters.values(), *more, option]
    spoken.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    spoken.__annotations__ = {one.name: one.annotation for one in parameters}
    return spoken


def spoken(lang: Lang = None) -> None:
    pass  # what is typed here was heard before anything was read, as where it stands behind a command


class Commands(typer.Typer):
    """A group that takes `--lang` itself, where it has a name, and whose commands all do."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        if named.get("name"):
            self.callback()(spoken)

    def command(self, *args: Any, **named: Any) -> Callable[[Any], Any]:
        add = super().command(*args, **named)

        def added(command: Any) -> Any:
            add(speaking(command))
            return command

        return added
