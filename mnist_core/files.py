"""Where the project's own files lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app.py"
ASSETS = ROOT / "assets"
WEIGHTS = ASSETS / "mnist.safetensors"
