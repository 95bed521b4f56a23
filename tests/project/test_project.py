"""What holds for the project as a whole: its pins and its weights."""

import re

from mnist_core.files import ELDER_PAIR_WEIGHTS, ELDER_WEIGHTS, PAIR_WEIGHTS, ROOT, WEIGHTS


def test_the_space_runs_the_gradio_that_is_pinned() -> None:
    pinned = re.search(r"^gradio==(.+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    named = re.search(r"^sdk_version: (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert pinned is not None
    assert named is not None
    assert pinned[1] == named[1]


def test_the_shipped_weights_stay_small() -> None:
    for weights in (WEIGHTS, PAIR_WEIGHTS, ELDER_WEIGHTS, ELDER_PAIR_WEIGHTS):
        assert weights.stat().st_size <= 8 * 2**20
