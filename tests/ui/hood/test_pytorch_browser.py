"""The network, autograd and the training in PyTorch's own words; and the notebook to take along."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.browser import SEVEN, Visit, draw
from tests.ui.hood.test_hood_browser import open_hood, part, step

SHORT = "#preset=notebook&epochs=3&pictures=300&layers=16&seed=5"


def test_pytorchs_two_ways_agree_and_so_do_the_steps(page: Page) -> None:
    open_hood(page, "modules", "autograd", "sgd")
    draw(page, SEVEN)
    expect(part(page, "modules", "module")).to_have_text(re.compile(r"^MLP\("))
    expect(part(page, "modules", "sequential")).to_have_text(re.compile(r"^Sequential\("))
    expect(part(page, "modules", "same")).to_have_text("For your drawing their logits differ by 0.")
    expect(part(page, "modules", "parameters")).to_contain_text("hidden.0.linear.weight")
    rows = part(page, "autograd", "toy").locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(part(page, "autograd", "made-by")).to_have_text("PowBackward0")
    before = rows.all_inner_texts()
    step(page, "autograd").get_by_role("button", name="Other numbers").click()
    expect(rows.first).not_to_have_text(before[0], use_inner_text=True)
    for row in rows.all():
        x, square, gradient, half = (float(each) for each in row.inner_text().split("\t"))
        assert abs(square - x * x) < 1e-2
        assert abs(gradient - half) < 1e-3
    step(page, "sgd").get_by_role("button", name="Step", exact=True).click()
    expect(part(page, "sgd", "apart")).to_contain_text("no weight differs by more than")


def test_the_loop_prints_the_losses_of_a_run_of_the_visitors_setup(
    visit: Visit, tmp_path: Path
) -> None:
    page = visit(SHORT)
    open_hood(page, "loop")
    expect(part(page, "loop", "setup")).to_contain_text("own, 16, 3 epochs, rate 0.01")
    expect(part(page, "loop", "output")).to_be_hidden()
    step(page, "loop").get_by_role("button", name="Train it").click()
    expect(part(page, "loop", "output")).to_have_text(
        re.compile(r"^(Training loss: \d\.\d{4}\s*){3}$")
    )
    expect(step(page, "loop").get_by_role("button", name="Train it")).to_be_enabled()
    expect(part(page, "loop", "state")).to_contain_text("Done")
    with page.expect_download() as download:
        page.locator("#hood").get_by_role("button", name="Download as notebook").click()
    assert download.value.suggested_filename == "digits.ipynb"
    download.value.save_as(tmp_path / "digits.ipynb")
    written = json.loads((tmp_path / "digits.ipynb").read_text())
    code = "".join(line for cell in written["cells"] for line in cell["source"])
    for line in ("hidden_sizes = [16]", "epochs = 3", "train_size = 300", "seed = 5"):
        assert line in code
