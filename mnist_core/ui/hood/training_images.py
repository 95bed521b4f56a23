"""The training images that Under the hood shows, loaded when somebody first asks for them."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

# A training may download the data set meanwhile, so a failure is not for ever.
_RETRY_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingImages:
    """MNIST's training part as bytes: a quarter of the memory of floats.

    pixels: (60000, 28, 28) uint8. labels: (60000,) int64. shrunk: what `shrink` gives.
    """

    pixels: Tensor
    labels: Tensor
    shrunk: Tensor


class TrainingImagesLoader:
    """Loads the training images in the background, once, and never from the network."""

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._images: TrainingImages | None = None
        self._failed_at = -_RETRY_S

    def get(self) -> TrainingImages | Literal["loading", "missing"]:
        """The images if they are there, else what is the matter; starts loading them."""
        with self._lock:
            if self._images is not None:
                return self._images
            if self._thread is not None:
                return "loading"
            if time.monotonic() - self._failed_at < _RETRY_S:
                return "missing"
            self._thread = threading.Thread(target=self._load, name="mnist", daemon=True)
            self._thread.start()
            return "loading"

    def _load(self) -> None:
        images = None
        try:
            from mnist_core.data.mnist import default_root, mnist_class  # with PyTorch
            from mnist_core.explain.neighbours import shrink

            root = self._root if self._root is not None else default_root()
            mnist = mnist_class()(root, train=True, download=False)
            images = TrainingImages(
                pixels=mnist.data, labels=mnist.targets, shrunk=shrink(mnist.data)
            )
        except Exception as error:  # a damaged file fails its reader in many ways
            log.info("no training images to show: %s", error)
        with self._lock:
            self._images, self._thread = images, None
            self._failed_at = time.monotonic()
