"""What the pages name is there: files, folders, links and their headings; and each decision says how it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "findings/README.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
ROOMS = "domain|runtime|projections|workflows|api|cli|tests|docs|benchmarks|findings"
NAMED = re.compile(rf"`((?:{ROOMS})/[\w./*-]*|[\w/-]+\.(?:py|sql|toml|md))(?:::\w+|#\w+)?`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INVENTED = re.compile(r"NAME|/X[/.]|mapping_file|my_")
"""In a path that stands for many."""
RENAMED = "## What was called otherwise"
"""What stands below tells names that are no more."""


def named(page: Path) -> set[str]:
    said, _, _ = page.read_text().partition(RENAMED)
    return {path for path in NAMED.findall(CODE.sub("", said)) if not INVENTED.search(path)}


def is_there(path: str, page: Path) -> bool:
    """From the top or beside the page; where only the end is named, anywhere in a room."""
    if any(any(folder.glob(path.rstrip("/"))) for folder in (ROOT, page.parent)):
        return True
    rooms = ROOMS.split("|")
    return path.split("/", maxsplit=1)[0] not in rooms and any(
        any((ROOT / room).glob(f"**/{path}")) for room in rooms
    )


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    text = CODE.sub("", page.read_text())
    lines = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    named = re.findall(r'<a id="([\w-]+)">', text)
    return {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in lines} | set(named)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
class TestAPage:
    def test_names_files_that_there_are(self, page: Path) -> None:
        before = (
            page.read_text().partition("## What was called otherwise")[2]
            if page.name == "glossary.md"
            else ""
        )
        gone = {path for path in named(page) if not is_there(path, page)}
        assert {path for path in gone if f"`{path}`" not in before} == set()

    def test_links_to_what_there_is(self, page: Path) -> None:
        for target in LINK.findall(CODE.sub("", page.read_text())):
            path, _, anchor = target.partition("#")
            if path.startswith(("http:", "https:")):
                continue
            linked = page.parent / path if path else page
            assert linked.exists(), target
            assert not anchor or anchor in headings(linked), target


class TestADecision:
    def test_has_a_number_of_its_own_in_order(self) -> None:
        assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))

    @pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
    def test_says_how_it_stands(self, page: Path) -> None:
        number, text = int(page.name[:4]), page.read_text()
        assert text.startswith(f"# {number}. ")
        assert re.search(r"^\*\*Decided\*\* 20\d\d-\d\d-\d\d\. \*\*Status\*\* \w", text, re.MULTILINE)

    @pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
    def test_that_another_one_supersedes_says_so_and_the_other_one_too(self, page: Path) -> None:
        for later in re.findall(r"superseded by \[\d+\]\(([\w.-]+)\)", page.read_text()):
            other = (page.parent / later).read_text()
            assert "upersedes" in other
            assert f"[{int(page.name[:4])}]({page.name})" in other
