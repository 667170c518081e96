"""An administrator brings in what another system wrote: rehearsed first, then for good, followed while it runs, and what was refused taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from runtime.imports import mappings
from runtime.imports.generate import generate
from runtime.imports.kinds.reps import MANAGERS
from tests.browser.conftest import Company, SignIn
from tests.browser.filling import Form
from tests.imports.conftest import shared

MAPPING = Path(mappings.__path__[0]) / "crm_export.toml"
FILES = ("accounts.csv", "products.csv", "sales_teams.csv", "sales_pipeline.csv")
TRAILS = """() => {
  window.seen = [];
  const look = () => { const bar = document.querySelector("#job progress"); if (bar) window.seen.push(bar.value / bar.max); };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
  look();
}"""
"""Notes how far the bar is, whenever the page changes."""


def handed_over(page: Page, files: Sequence[Path], *, rehearse: bool) -> str:
    """By the form of the page, as far as the page of what is being done; its id."""
    page.goto("/desk/admin/imports")
    form = Form(page, page.locator('form.act[action="/desk/admin/imports"]')).fill(mapping="crm_export")
    form["files"].set_input_files(list(files))
    if not rehearse:
        form["dry_run"].uncheck()
    form.send()
    page.wait_for_url(re.compile(r"/desk/admin/imports/[0-9a-f-]{36}"))
    return page.url.rpartition("/")[2]


def number(page: Page, name: str) -> int:
    text = page.locator("#job dt", has_text=name).locator("xpath=following-sibling::dd[1]").inner_text()
    return int(text.replace(",", "") or 0)


def done(page: Page) -> tuple[int, int]:
    """How many rows were accepted and refused, once it came to its end before one's eyes."""
    expect(page.locator("#job .pill.good")).to_have_text("done")
    expect(page.locator("#job progress")).to_have_count(0)
    return number(page, "accepted"), number(page, "refused")


def typed_in(mapping: str) -> set[str]:
    """What a mapping has recorded in its own words."""
    return {text for text in re.findall(r'"([^"]+)"', mapping) if " " in text}


def titles(company: Company) -> Iterator[str]:
    """Of all deals: those of the mapping are made of English and names."""
    headers = {"Authorization": f"Bearer {company.token}"}
    cursor: str | None = ""
    while cursor is not None:
        asked = {"limit": "200", **({"cursor": cursor} if cursor else {})}
        page = httpx.get(f"{company.url}/deals", params=asked, headers=headers).raise_for_status().json()
        yield from (deal["title"] for deal in page["items"])
        cursor = page.get("next_cursor")


def test_rehearsed_then_for_good_and_what_was_refused_is_taken_back(
    company: Company, sign_in: SignIn, tmp_path: Path
) -> None:
    generate(
        tmp_path, deals=300, locale="zh", dirty=True
    )  # names in Chinese: they are read in every language's walk
    files = [tmp_path / name for name in FILES]
    company.said |= {
        cell for file in files for cell in re.split("[,;\n\r]", file.read_text(encoding="utf-8-sig"))
    }
    page = sign_in("admin")
    first = handed_over(page, files, rehearse=True)
    page.evaluate(TRAILS)
    expect(page.locator("#job")).to_contain_text("rehearsal")
    rehearsed = done(page)
    assert rehearsed[1] > 0

    company.says(MANAGERS)
    second = handed_over(page, files, rehearse=False)
    page.evaluate(TRAILS)
    assert done(page) == rehearsed, "a rehearsal decides everything as it is decided then"
    company.said |= {"crm-export", *titles(company), *typed_in(MAPPING.read_text(encoding="utf-8"))}
    seen = page.evaluate("() => window.seen")
    assert seen == sorted(seen), "a bar goes on, and never back"
    with page.expect_download() as taken:
        page.locator("a[download]", has_text="sales_pipeline").click()
    lines = Path(taken.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 1, lines

    chinese = sign_in("admin", language="zh-CN")
    chinese.goto(page.url)
    told = chinese.locator("main li", has_text=re.compile("行")).all_inner_texts()
    assert told, "why rows were refused"
    assert all(re.search("[\u4e00-\u9fff]", one.rpartition("'")[2]) for one in told), told

    third = handed_over(page, files, rehearse=False)
    done(page)
    assert number(page, "accepted") == 0, "the same again is nothing new"
    assert number(page, "unchanged") == rehearsed[0]
    page.goto("/desk/admin/imports")
    for job in (first, second, third):
        expect(page.locator(f"#j-{job} .pill.good")).to_have_text("done")
    expect(page.locator(f"#j-{first}")).to_contain_text("rehearsal")
    expect(page.locator(f"#j-{second}")).not_to_contain_text("rehearsal")


@pytest.mark.oracle
def test_a_real_export_is_rehearsed(company: Company, sign_in: SignIn) -> None:
    folder = shared("crm_pipeline")
    page = sign_in("admin")
    handed_over(page, [folder / name for name in FILES], rehearse=True)
    accepted, refused = done(page)
    assert accepted > 8_000
    assert refused < 100
