"""From strokes to an image and to an answer."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from numpy.typing import NDArray

from mnist_core.bench.results import Results, median_ms
from mnist_core.evaluation.photos import photo
from mnist_core.files import ROOT
from mnist_core.ink.ink import Ink
from mnist_core.models.classifier import Classifier


def measure_answers(results: Results) -> None:
    """One drawing to its image, and to what the shipped model makes of it."""
    drawing = Ink(sample_strokes())
    classifier = Classifier.load()
    image_ms = median_ms(drawing.to_image)
    answer_ms = median_ms(lambda: classifier.predict(drawing))
    results.add("Ink.to_image", image_ms, "ms", better="less", goal=1)
    results.add("Classifier.predict", answer_ms, "ms", better="less", goal=2)
    picture_ms, picture_mb = _picture_to_answer()
    results.add("12-megapixel JPEG to answer", picture_ms, "ms", better="less", goal=400)
    results.add("  memory above the start", picture_mb, "MB", better="less", goal=250)


def sample_strokes() -> list[NDArray[np.float64]]:
    """A 3 of 120 points, as a mouse would draw it."""
    turn = np.linspace(-0.75 * np.pi, 0.5 * np.pi, 60)
    top = np.stack((150 + 60 * np.cos(turn), 110 + 55 * np.sin(turn)), axis=1)
    turn = np.linspace(-0.5 * np.pi, 0.8 * np.pi, 60)
    bottom = np.stack((150 + 70 * np.cos(turn), 235 + 70 * np.sin(turn)), axis=1)
    return [np.concatenate((top, bottom))]


# In a process of its own, whose peak is the picture's. The first picture brings OpenCV with it.
_READ_PICTURE = """
import re, sys, time
from pathlib import Path
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import read_picture
from mnist_core.models.classifier import Classifier
def megabytes(name):
    status = Path("/proc/self/status")
    found = re.search(name + r":\\s+(\\d+)", status.read_text() if status.exists() else "")
    return int(found[1]) / 1024 if found else float("nan")
classifier = Classifier.load()
classifier.predict(Ink([[(0, 0), (1, 1)]]))
file = sys.stdin.buffer.read()
if Path("/proc/self/clear_refs").exists():
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
before, times = megabytes("VmRSS"), []
for _ in range(5):
    started = time.process_time()
    classifier.predict(Ink.from_image(read_picture(file)))
    times.append(1000 * (time.process_time() - started))
print(sorted(times)[2], megabytes("VmHWM") - before)
"""


def _picture_to_answer() -> tuple[float, float]:
    """Milliseconds of one core from a 12-megapixel JPEG to its answer; what it adds to memory, in MB."""
    file = photo("12 megapixels", sample_strokes(), generator=np.random.default_rng(0))
    read = subprocess.run(
        [sys.executable, "-c", _READ_PICTURE],
        cwd=ROOT,
        input=file,
        stdout=subprocess.PIPE,
        check=True,
    )
    milliseconds, megabytes = map(float, read.stdout.split())
    return milliseconds, megabytes
