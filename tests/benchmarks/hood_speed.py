"""Measures Under the hood in Chromium: from the pen's rest to every open step, and the pad meanwhile.

    python -m tests.benchmarks.hood_speed [--drawings N] [--url URL] [--quick]

All eight steps are open. Prints the time from the pen's rest until the seven steps of a drawing show
it, and the time from a pointer's move to moved bars while the tab is open (as `latency.py` does).
"""

from __future__ import annotations

import statistics

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.latency import measure
from tests.benchmarks.options import address, parser_for
from tests.support.browser import launch, open_page

STEPS_MS = 100  # at most
PAD_MS = 30

# Draws by buttons' means, so that the pen rests at a known moment, and waits for the steps.
_REST = """async (drawings) => {
  const times = [];
  for (let i = 0; i < drawings; i++) {
    const turn = (2 * Math.PI * i) / drawings;
    const strokes = [Array.from({ length: 40 }, (_, j) => {
      const angle = (2 * Math.PI * j) / 40;
      return [500 - 200 * Math.sin(2 * angle + turn), 500 - 350 * Math.cos(angle)];
    })];
    const drawn = () => Number([...document.querySelectorAll("[data-drawn]")][0]?.dataset.drawn ?? 0);
    const before = drawn();
    const began = performance.now();
    window.mnist.setStrokes(strokes);
    times.push(await new Promise((resolve) => {
      const look = () => (drawn() > before ? resolve(performance.now() - began) : setTimeout(look, 1));
      look();
    }));
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  return times;
}"""


def open_all_steps(page: Page, *, warm: int) -> None:
    page.get_by_role("tab", name="Under the hood").click()
    page.get_by_role("button", name="Open all").click()
    page.evaluate(_REST, warm)  # warms everything up


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--drawings", type=int, default=30)
    options = parser.parse_args()
    warm, drawings, moves = (1, 2, 30) if options.quick else (3, options.drawings, 400)
    with address(options.url) as url, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        open_page(page, url)
        open_all_steps(page, warm=warm)
        rests = sorted(page.evaluate(_REST, drawings))
        pad = measure(page, moves)
        browser.close()
    steps_ms, pad_ms = statistics.median(rests), statistics.median(pad)
    p95 = rests[int(0.95 * (len(rests) - 1))]
    print(
        f"pen's rest to all open steps: median {steps_ms:.0f} ms (at most {STEPS_MS}), "
        f"95th percentile {p95:.0f} ms"
    )
    print(f"pad with the tab open: median {pad_ms:.1f} ms (at most {PAD_MS})")
    raise SystemExit(0 if steps_ms <= STEPS_MS and pad_ms <= PAD_MS else 1)


if __name__ == "__main__":
    main()
