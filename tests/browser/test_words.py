"""Every page in Chinese, with all that it shows and says to who hears it: what is left of English was typed by somebody, or is a name."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Company, SignIn
from tests.browser.test_every_page import PEOPLE
from tests.browser.walking import ID, walk

SAID = """() => {
  const found = [document.title], asked = ["aria-label", "title", "placeholder", "alt", "data-label"];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) if (!texts.currentNode.parentElement.closest("script, style, noscript, code, datalist, textarea, option[lang]")) found.push(texts.currentNode.data);
  for (const one of document.querySelectorAll("*")) for (const name of asked) if (one.hasAttribute(name)) found.push(one.getAttribute(name));
  for (const name of ["lost", "away", "failed", "failedFor", "signedOut", "signIn", "acted", "nothing"]) found.push(document.body.dataset[name] || "");
  return found.map((text) => text.trim()).filter(Boolean);
}"""
NAMES = re.compile(
    r"`[^`]+`|salesloop(?: [a-z]+)*(?: [A-Z]+)?(?: --[a-z]+ [a-z]+)*|Temporal|PostgreSQL|Dynamics 365|Fxiaoke|HubSpot|Odoo|Pipedrive|Salesforce|Zoho(?: CRM)?|OpenID|Excel|CloudEvents|https|deal\.won promise|gzip|MB|\b(?:API|CSV|XES|XLSX|JSON|TOML|URL|ID|SLA|SMART|UTC|GMT|ISO|[A-Z]{3})\b"
    r"|\b\w+_\w+\b|\b[0-9a-f]{8}\b|\b\d+b?[dhm]\b|[\w.-]*\.(?:csv|xes|xlsx|toml|json)\b|\b[A-Z]\w+/[A-Z]\w+\b|\bsl_\w+|\b[\w.-]+@[\w.-]+"
)
"""Products, abbreviations, currencies, time zones, names of files, keys, addresses, spans and codes as they are typed, and whatever stands in backticks: it is typed as it is."""
ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ '-][A-Za-z]+)*")


def english(page: Page, typed: set[str]) -> set[str]:
    data = re.compile("|".join(sorted(map(re.escape, filter(None, typed)), key=len, reverse=True)))
    said = {text: data.sub("", NAMES.sub("", ID.sub("", text))) for text in page.evaluate(SAID)}
    return {f"{word} (in: {text[:80]})" for text, rest in said.items() for word in ENGLISH.findall(rest)}


@pytest.mark.parametrize("who", PEOPLE)
def test_there_is_no_english_word_left(furnished: Company, sign_in: SignIn, who: str) -> None:
    page, left = sign_in(who, language="zh-CN"), list[str]()
    for kind in walk(page, []):
        left += [f"{kind}: {one}" for one in sorted(english(page, furnished.said))]
    assert not left, "\n".join(left)
