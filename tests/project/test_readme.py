"""The README names files, functions and commands that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core.files import ROOT

FOLDERS = ("assets/", "mnist_core/", "tests/", ".ci/")


def unfound(text: str, root: Path) -> list[str]:
    """What a text links to or names in backticks and `root` lacks.

    Paths, from the project's root: `assets/pad/sketchpad.js`. Functions, in the last file named before
    them in their paragraph or row: `run()`, or `Ink.to_image()`. Modules: `python -m mnist_core.worker`.
    """
    links = re.findall(r"\]\(((?!https?:|#)[^)]+)\)", text)
    modules = re.findall(r"python -m ((?:mnist_core|tests)[\w.]*)", text)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [
        *(link for link in links if not (root / link).exists()),
        *(module for module in modules if not is_module(module, root)),
        *(name for part in re.split(r"\n\s*\n|\n(?=\|)", prose) for name in unfound_in(part, root)),
    ]


def unfound_in(paragraph: str, root: Path) -> Iterator[str]:
    source = None
    for name in re.findall(r"`([^`\n]+)`", paragraph):
        for path in filter(is_path, name.split()):
            source = source_of(root / path)
            if not (root / path).exists():
                yield path
        function = re.fullmatch(r"(?:\w+\.)*(\w+)\(\)", name)
        if function and source is not None and not re.search(rf"\b{function[1]}\b", source):
            yield name


def source_of(path: Path) -> str | None:
    return path.read_text() if path.is_file() and path.suffix in (".py", ".js") else None


def is_module(name: str, root: Path) -> bool:
    path = root / name.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def is_path(name: str) -> bool:
    known = name.startswith(FOLDERS) or re.fullmatch(r"[\w.]+\.(py|txt|toml|md)", name) is not None
    return known and re.fullmatch(r"[\w./-]+", name) is not None


def test_all_that_the_readme_names_is_there() -> None:
    text = (ROOT / "README.md").read_text()
    assert text.count("](") > 2
    assert sum(is_path(name) for name in re.findall(r"`([^`\n]+)`", text)) > 5
    assert unfound(text, ROOT) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("| `assets/pad/` | the pad |", []),
        ("`assets/pad/sketchpad.js`: `run()` asks", []),
        ("`assets/pad/sketchpad.js`: `run()`, `lost()`", ["lost()"]),
        ("`run()` before any file", []),
        ("`assets/pad/gone.js`", ["assets/pad/gone.js"]),
        ("| `gone.py` | |", ["gone.py"]),
        ("[a link](gone.md) and [another](https://example.org)", ["gone.md"]),
        ("`python -m tests.gone`", ["tests.gone"]),
        ("`python -m tests.load draw`", []),
        ("`python tests/gone.py --quick`", ["tests/gone.py"]),
        ("`prediction.digit`, `--port`, `/health`", []),
    ],
)
def test_a_name_that_leads_nowhere_is_found(text: str, missing: list[str], tmp_path: Path) -> None:
    (tmp_path / "assets" / "pad").mkdir(parents=True)
    (tmp_path / "assets" / "pad" / "sketchpad.js").write_text("function run() {}\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "load.py").touch()
    assert unfound(text, tmp_path) == missing
