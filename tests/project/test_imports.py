"""Imports go one way, as pyproject.toml's contracts say, and a wrong one is caught."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

from mnist_core.files import ROOT

LINT = "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"


def test_no_import_goes_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    configure()
    kept = lint_imports(cache_dir=None, no_logo=True)
    assert kept, capsys.readouterr().out


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("explain/stages.py", "import gradio"),
        ("server/session.py", "from gradio import Request"),
        ("worker/frames.py", "import mnist_core.server.limits"),
        ("data/datasets.py", "from mnist_core.models import mlp"),
        ("ink/ink.py", "import app"),
        ("__main__.py", "import mnist_core.ui.page"),
        ("attic/__init__.py", "import json"),
    ],
)
def test_a_wrong_import_is_caught(module: str, line: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "mnist_core", tmp_path / "mnist_core", ignore=shutil.ignore_patterns("__pycache__")
    )
    changed = tmp_path / "mnist_core" / module
    changed.parent.mkdir(exist_ok=True)
    with changed.open("a") as file:
        file.write(f"\n{line}\n")
    linted = subprocess.run(
        [sys.executable, "-c", LINT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 1, linted.stdout
    assert changed.stem in linted.stdout or changed.parent.name in linted.stdout
