"""Measures the laboratory in Chromium against the command line and the notebook's own loop.

    python -m tests.benchmarks.lab_speed [--url URL] [--quick]

Prints, each measured in this one run: seconds an epoch of the `notebook` preset in the page and on
the command line; seconds from the click to 98 % with `fast`, and those of one epoch of the
notebook's own loop; the time from the slider's move to moved bars; from a button to its effect.
Exits with 1 where a figure misses its limit. Needs MNIST:
$MNIST_ROOT, else the cache folder, else a network.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from mnist_core.bench.training import notebook_loop
from mnist_core.files import ROOT
from tests.benchmarks.options import address, parser_for
from tests.support.browser import PATIENCE_MS, SEVEN, draw, launch, open_page

EPOCHS = 5  # as many as the preset has
#: At most: page to command line, seconds to 98 % to the loop's epoch, and answers in ms.
MAX_RATIO, MAX_SHARE, MAX_SLIDER_MS, MAX_BUTTON_MS = 1.5, 0.35, 50, 200

# Clicks Train and notes when the leaderboard first has a figure under "To 98 %", and when all is done.
_FAST = """() => new Promise((resolve) => {
  const began = performance.now();
  let reached = null;
  const look = () => {
    const row = document.querySelector(".board tr[data-run]:last-child");
    if (reached === null && row && row.lastChild.textContent !== "–") {
      reached = (performance.now() - began) / 1000;
    }
    const words = document.querySelector("#status").textContent;
    if (/^Done/.test(words)) resolve([reached, (performance.now() - began) / 1000, words]);
    else setTimeout(look, 20);
  };
  document.querySelector("[data-order=train]").click();
  look();
})"""

_SLIDER = """async (moves) => {
  const slider = document.querySelector("#lab-moment");
  const times = [];
  for (let i = 0; i < moves; i++) {
    const began = performance.now();
    const moved = new Promise((resolve) =>
      addEventListener("mnist:prediction", () => resolve(performance.now() - began), { once: true }));
    slider.value = (7 * i) % Number(slider.max);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    times.push(await moved);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return times;
}"""

_BUTTON = """([order, words]) => new Promise((resolve) => {
  const status = document.querySelector("#status");
  const began = performance.now();
  const look = () => {
    if (status.textContent.startsWith(words)) resolve(performance.now() - began);
    else setTimeout(look, 2);
  };
  document.querySelector(`[data-order=${order}]`).click();
  look();
})"""


def command_line_epoch_s(preset: str, epochs: int) -> float:
    """Median seconds an epoch that `train` prints."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["train", "--preset", preset, "--epochs", str(epochs)]
        command += ["--out", str(Path(folder) / "model.safetensors")]
        printed = subprocess.run(
            [sys.executable, "-m", "mnist_core", *command],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    return statistics.median(float(each) for each in re.findall(r"([\d.]+) s\b", printed))


def wait_for_end(page: Page) -> None:
    page.wait_for_function(
        "/^(Done|Stopped. What)/.test(document.querySelector('#status').textContent)",
        polling=100,  # its default asks before every frame, and so makes the browser draw them
        timeout=3 * PATIENCE_MS,
    )


def page_epoch_s(page: Page, preset: str, epochs: int) -> float:
    page.select_option("[name=preset]", preset)
    page.get_by_label("Epochs").fill(str(epochs))
    page.evaluate(_BUTTON, ["train", "Starting"])
    wait_for_end(page)
    seconds = page.locator(".board tr[data-run]:last-child td:nth-child(5)").inner_text()
    return float(seconds) / epochs


def main() -> None:
    options = parser_for(__doc__).parse_args()
    epochs, slider_moves = (1, 4) if options.quick else (EPOCHS, 40)
    notebook, fast = ("few", "few") if options.quick else ("notebook", "fast")
    with address(options.url) as url, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        open_page(page, url)
        draw(page, SEVEN)
        page.select_option("[name=preset]", "few")
        page.evaluate(_BUTTON, ["train", "Training"])  # the first worker has its data now
        wait_for_end(page)
        in_page_s = page_epoch_s(page, notebook, epochs)
        page.select_option("[name=preset]", fast)
        if options.quick:
            page.get_by_label("Epochs").fill("1")
        reached_s, took_s, words = page.evaluate(_FAST)
        slider_ms = statistics.median(page.evaluate(_SLIDER, slider_moves))
        page.select_option("[name=preset]", "notebook")
        page.evaluate(_BUTTON, ["train", "Training"])
        orders = [["pause", "Paused"], ["pause", "Training"], ["stop", "Stopped"]]
        buttons_ms = [page.evaluate(_BUTTON, order) for order in orders]
        browser.close()
    command_s = command_line_epoch_s(notebook, epochs)
    loop_s, _ = notebook_loop(os.environ.get("MNIST_ROOT"), images=1000 if options.quick else None)
    ratio, share = in_page_s / command_s, (reached_s or float("inf")) / loop_s
    print(
        f"notebook, s an epoch: page {in_page_s:.2f}, command line {command_s:.2f}, "
        f"ratio {ratio:.2f} (at most {MAX_RATIO})"
    )
    print(
        f"fast: 98 % after {reached_s or float('nan'):.2f} s, end after {took_s:.2f} s; one epoch of "
        f"the notebook's loop takes {loop_s:.2f} s: {share:.2f} of it (at most {MAX_SHARE}). {words}"
    )
    print(f"slider to bars: median {slider_ms:.0f} ms (at most {MAX_SLIDER_MS})")
    pause, resume, stop = buttons_ms
    print(
        f"pause {pause:.0f} ms, resume {resume:.0f} ms, stop {stop:.0f} ms (at most {MAX_BUTTON_MS})"
    )
    within = ratio <= MAX_RATIO and share <= MAX_SHARE and slider_ms <= MAX_SLIDER_MS
    raise SystemExit(0 if within and max(buttons_ms) <= MAX_BUTTON_MS else 1)


if __name__ == "__main__":
    main()
