"""Every page of every role, found by walking the links: it opens, says what it is, fits a phone, and is fit for all by axe's rules."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Company, SignIn
from tests.browser.walking import walk
from tests.conftest import PATIENCE

AXE = "axe-core@4.14.1"
PEOPLE = ("Li Wei", "North manager", "auditor", "admin")
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
UNFIT = """() => {
  const root = document.documentElement, wide = root.clientWidth, found = [];
  const say = (what, one) => found.push(`${what}: ${one.className || one.tagName} “${one.textContent.trim().slice(0, 60)}”`);
  if (root.scrollWidth > wide) found.push("wider than a phone");
  for (const one of document.querySelectorAll("main *")) {
    if (!one.checkVisibility() || one.closest(".kanban, .chart, select, textarea")) continue;
    if (/auto|scroll/.test(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth + 1) say("is cut, and to be pushed aside", one);
  }
  for (const one of document.querySelectorAll("main td, nav.side > *")) {
    if (!one.checkVisibility()) continue;
    const box = one.getBoundingClientRect();
    if (box.left < 0 || box.right > wide || one.scrollWidth > one.clientWidth + 1) say("is cut", one);
  }
  for (const one of document.querySelectorAll("form.as-of")) if (one.offsetHeight > 1.5 * one.querySelector("[type=date]").offsetHeight) say("takes several lines", one);
  return found;
}"""
"""What does not fit: only the columns of the board and charts, which show that they go on, may be pushed aside."""
PARTS = """() => [...document.querySelectorAll("body *")].map((one) => `${one.tagName} ${one.className} ${one.getAttribute("role")}`)"""
"""The kinds of what a page is made of."""
BAD = ("serious", "critical")
ALL, COLOURS = {"resultTypes": ["violations"]}, {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core; skips where npm cannot bring it."""
    if shutil.which("npm") is None:
        pytest.skip("axe's rules need npm: install it (Debian: apt-get install npm) to run these tests")
    folder = tmp_path_factory.mktemp("axe")
    npm = ["npm", "pack", "--silent", "--prefer-offline", AXE]
    done = subprocess.run(npm, cwd=folder, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm could not bring {AXE}: {done.stderr.strip()[:200]}")
    return _script(folder / done.stdout.strip().splitlines()[-1])


def _script(packed: Path) -> str:
    with tarfile.open(packed) as archive:
        file = archive.extractfile("package/axe.min.js")
        assert file is not None
        return io.TextIOWrapper(file, encoding="utf-8").read()


def violations(page: Page, axe: str, options: dict[str, Any]) -> list[str]:
    """The serious ones, each with its first place."""
    page.evaluate(axe)  # asked by the driver, so that the page's policy does not forbid it
    found = page.evaluate(f"async () => (await axe.run(document, {json.dumps(options)})).violations")
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:300]}"
        for one in found
        if one["impact"] in BAD
    ]


def test_fits_a_phone_and_is_fit_for_all(furnished: Company, sign_in: SignIn, axe: str) -> None:
    """A page that others were shown, too, is looked at again only where it has something that theirs had not."""
    wrong, seen = list[str](), defaultdict[str, set[str]](set)
    for who in PEOPLE:
        page = sign_in(who)
        for kind in walk(page, wrong):
            if (parts := set(page.evaluate(PARTS))) <= seen[kind]:
                continue
            seen[kind] |= parts
            found = violations(page, axe, ALL)
            page.emulate_media(color_scheme="dark")
            found += [f"dark {one}" for one in violations(page, axe, COLOURS)]
            page.emulate_media(color_scheme="light")
            page.set_viewport_size(PHONE)  # type: ignore[arg-type]
            found += page.evaluate(UNFIT)
            page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
            if page.locator("h1, h2").count() == 0:
                found.append("says not what it is")
            wrong += [f"{who}: {kind}: {one}" for one in found]
    assert not wrong, "\n".join(wrong)
