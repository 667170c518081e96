"""tests/pages: a form as a browser without a script has it — what its fields hold, and what each of its buttons sends."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx


class Sent(HTMLParser):
    """Of the first form of an act in a page. `fields` are sent with every button, in the order they stand in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.errors, self.begins = "", dict[str, str](), ""
        self.fields: list[tuple[str, str]] = []
        self.buttons: list[str] = []
        self._select = self._text = ""
        self._options: list[tuple[str, bool]] = []
        self._error = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form" and given.get("class") == "act":
            self.action = given["action"]
        if not self.action:
            return
        if "autofocus" in given:
            self.begins = name
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.fields.append((name, given.get("value", "on")))
        elif tag == "select":
            self._select, self._options, self._several = name, [], "multiple" in given
        elif tag == "option":
            self._options.append((given["value"], "selected" in given))
        elif tag == "textarea":
            self._text = name
            self.fields.append((name, ""))
        elif tag == "button" and name:
            self.buttons.append(given["value"])
        elif given.get("class") == "error":
            self._error = given["id"].removeprefix("f-").removesuffix("-error").replace("-", ".")

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[-1] = (self._text, self.fields[-1][1] + data)
        if self._error:
            self.errors[self._error], self._error = data, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""
        if tag == "select" and self._select:
            chosen = [value for value, is_chosen in self._options if is_chosen]
            first = [] if self._several else [value for value, _ in self._options][:1]
            self.fields += [(self._select, value) for value in chosen or first]
            self._select = ""
        if tag == "form":
            self.action = self.action if self.fields else ""

    def __getitem__(self, name: str) -> str:
        return "\n".join(value for one, value in self.fields if one == name)

    def fill(self, typed: dict[str, str]) -> Sent:
        """Raises KeyError for what the form does not ask for. Several lines are several values, where several can be chosen."""
        asked = {name for name, _ in self.fields} | {button.lstrip("+-") for button in self.buttons}
        for name, value in typed.items():
            if name not in asked and not name.endswith((".leave", ".enter", ".workdays")):
                raise KeyError(f"{name} is not among {sorted(asked)}")
            several = [(name, one) for one in value.split("\n")]
            self.fields = [one for one in self.fields if one[0] != name] + several
        return self

    def press(self, client: httpx.Client, button: str = "") -> httpx.Response:
        """Raises KeyError for a button that is not there."""
        if button and button not in self.buttons:
            raise KeyError(f"{button} is not among {self.buttons}")
        data: dict[str, list[str]] = {}
        for name, value in [*self.fields, *([("row", button)] if button else [])]:
            data.setdefault(name, []).append(value)
        return client.post(self.action, data=data)
