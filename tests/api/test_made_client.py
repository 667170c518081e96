"""A typed client that a public generator makes of our OpenAPI: it is whole, its types hold, and a story can be told with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.conftest import PATIENCE
from tests.house import House

STORY = Path(__file__).with_name("story.py.txt")
NOT_TAKEN = "Unsupported content type"
"""Said of the import of one bare file, which takes other kinds than JSON."""


@pytest.fixture(scope="module")
def made(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, made of what the server publishes, and with the story."""
    folder = tmp_path_factory.mktemp("client")
    document = folder / "openapi.json"
    document.write_text(house.client("stranger").get("/openapi.json").text)
    settings = ConfigFile(post_hooks=[], package_name_override="salesloop_client")
    package = folder / "salesloop_client"
    told = generate(
        config=Config.from_sources(
            settings, MetaType.NONE, document, "utf-8", overwrite=True, output_path=package
        )
    )
    assert [one for one in told if NOT_TAKEN not in str(one.detail)] == []
    (folder / "story.py").write_text(STORY.read_text())
    return folder


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_the_story_is_typed_by_it(made: Path) -> None:
    done = python(
        made, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", "types", "story.py"
    )
    assert done.returncode == 0, done.stdout


def test_every_operation_is_in_it(house: House, made: Path) -> None:
    paths: dict[str, Any] = json.loads((made / "openapi.json").read_text())["paths"]
    published = sum(len(verbs) for verbs in paths.values())
    assert (
        len([one for one in (made / "salesloop_client" / "api").rglob("*.py") if one.name != "__init__.py"])
        == published
    )


def test_the_story_is_told_with_it(house: House, made: Path) -> None:
    done = python(made, "story.py", house.base, house.tokens["north"])
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {
        "replayed": [False, True, True],
        "refused": ["gate-not-passed", "stale", "unauthenticated"],
        "read": ["won", "120000.50", "C-1", 1],
        "listed": True,
        "reasons": ["they rang back"],
    }
