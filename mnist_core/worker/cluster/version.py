"""What must be the same on every node of a cluster."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path

import mnist_core
from mnist_core.worker.cluster.relay import Unfit


@dataclass(frozen=True, slots=True)
class Version:
    """What must be the same on every node."""

    python: str
    project: str

    @classmethod
    def here(cls) -> Version:
        sources = hashlib.sha256()
        root = Path(mnist_core.__file__).parent
        for path in sorted(root.rglob("*.py")):
            sources.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
        return cls(".".join(platform.python_version_tuple()[:2]), sources.hexdigest())

    @property
    def unfit(self) -> Unfit | None:
        """Why this node can't train for who is of this version; None where it can."""
        here = Version.here()
        if here.python != self.python:
            return "python"
        return None if here.project == self.project else "project"
