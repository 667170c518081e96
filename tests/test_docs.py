"""What the pages name is there: files, links and their headings, commands, routes, settings; and each decision says how it stands."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from fastapi.routing import APIRoute

from cli.main import app
from domain.notices import CALLED
from runtime.bounds import Bounds
from tests.api.authority import application

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "README.zh.md", "CHANGELOG.md", "findings/README.md")),
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

GROUPS: Any = typer.main.get_command(app)
COMMANDS = {
    name: set(group.list_commands(None)) if hasattr(group, "list_commands") else set()
    for name, group in GROUPS.commands.items()
}
TYPED = re.compile(r"(?:`|^|  )salesloop ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE)
ASKED = re.compile(r"`(GET|POST) (/[\w/{}-]*)[`?]")
SETTING = re.compile(r"\bSALESLOOP_[A-Z_]+[A-Z]")


def named(page: Path) -> set[str]:
    said, _, _ = page.read_text().partition(RENAMED)
    return {path for path in NAMED.findall(CODE.sub("", said)) if not INVENTED.search(path)}


@cache
def files() -> tuple[str, ...]:
    """All files in the rooms, each after a slash."""
    return tuple(
        f"/{file.relative_to(ROOT)}" for room in ROOMS.split("|") for file in (ROOT / room).rglob("*.*")
    )


def is_there(path: str, page: Path) -> bool:
    """From the top or beside the page; where only the end is named, anywhere in a room."""
    if any(any(folder.glob(path.rstrip("/"))) for folder in (ROOT, page.parent)):
        return True
    whole = path.split("/", maxsplit=1)[0] in ROOMS.split("|")
    return not whole and any(file.endswith(f"/{path}") for file in files())


@cache
def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    text = CODE.sub("", page.read_text())
    lines = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    named = re.findall(r'<a id="([\w-]+)">', text)
    return {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in lines} | set(named)


@cache
def routes() -> set[tuple[str, str]]:
    every = [route for route in application().routes if isinstance(route, APIRoute)]
    return {(method, re.sub(r"{\w+}", "{}", route.path)) for route in every for method in route.methods or ()}


@cache
def settings() -> set[str]:
    """Those of the bounds, and what stands in our programs."""
    files = [ROOT / "worker.py", *(ROOT / "runtime").glob("*.py"), *(ROOT / "cli").rglob("*.py")]
    read = {name for file in files for name in SETTING.findall(file.read_text())}
    return read | {f"SALESLOOP_{field.name.upper()}" for field in fields(Bounds)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
class TestAPage:
    def test_names_files_that_there_are(self, page: Path) -> None:
        assert {path for path in named(page) if not is_there(path, page)} == set()

    def test_links_to_what_there_is(self, page: Path) -> None:
        for target in LINK.findall(CODE.sub("", page.read_text())):
            path, _, anchor = target.partition("#")
            if path.startswith(("http:", "https:")):
                continue
            linked = page.parent / path if path else page
            assert linked.exists(), target
            assert not anchor or anchor in headings(linked), target

    def test_names_commands_that_there_are(self, page: Path) -> None:
        for group, name in TYPED.findall(page.read_text()):
            assert group in COMMANDS, group
            below = COMMANDS[group]
            assert not name or not below or name in below, f"{group} {name}"

    def test_names_routes_that_there_are(self, page: Path) -> None:
        asked = {(method, re.sub(r"{\w+}", "{}", path)) for method, path in ASKED.findall(page.read_text())}
        assert asked - routes() == set()

    def test_names_settings_that_are_read(self, page: Path) -> None:
        assert set(SETTING.findall(page.read_text())) - settings() == set()


def test_the_page_of_notifications_has_all_that_is_told() -> None:
    said, _, _ = (ROOT / "docs" / "notifications.md").read_text().partition("## What a person chooses")
    rows = [line.split("|")[1] for line in said.splitlines() if line.startswith("| `")]
    assert sorted(name for row in rows for name in re.findall(r"`([\w.-]+)`", row)) == sorted(CALLED)


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
