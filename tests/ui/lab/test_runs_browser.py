"""Runs as things of their own: opened, named and deleted, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.support.browser import PATIENCE_MS, SEVEN, Visit, draw, follow, reload, train

SHORT = "#preset=few&pictures=200&layers=16&epochs="
LONG = "#preset=few&pictures=20000&epochs=100"


def two_runs(visit: Visit) -> Page:
    """The page of a visitor with two runs that are over, of 3 and 6 epochs."""
    page = visit(f"{SHORT}3")
    train(page, until="^Done", run=1)
    follow(page, f"{SHORT}6", epochs=6)
    train(page, until="^Done", run=2)
    return page


def row(page: Page, number: int) -> Locator:
    return page.locator(f'.board tr[data-run="{number}"]')


def number(page: Page, run: int) -> Locator:
    """What opens the run."""
    return row(page, run).get_by_role("button", name=str(run), exact=True)


def opened(page: Page) -> Locator:
    return page.locator(".opened .note")


def test_a_run_is_opened_from_its_row_answers_for_the_pad_and_has_a_name_that_is_only_a_text(
    visit: Visit,
) -> None:
    page = two_runs(visit)
    draw(page, SEVEN)
    expect(row(page, 2)).to_contain_text("6 epochs")
    expect(opened(page)).to_contain_text("Run 2 is open")
    number(page, 1).click()
    expect(opened(page)).to_contain_text("Run 1 is open")
    expect(number(page, 1)).to_have_attribute("aria-pressed", "true")
    expect(number(page, 1)).to_be_focused()
    expect(page.get_by_label("Epochs")).to_have_value("3")
    expect(page.locator("#status")).to_contain_text("Run 2, the newest: Done")
    page.wait_for_function("window.mnist.own?.run === 1")
    page.locator("#lab-moment").fill("0")
    expect(page.locator(".time output")).to_contain_text("Before the first step")
    # The server answers with the same run, and remembers it.
    expect(page.locator(".matrix-note")).to_have_text(re.compile(r"^1?\d\.\d % of"))
    reload(page)
    expect(opened(page)).to_contain_text("Run 1 is open", timeout=PATIENCE_MS)
    expect(page.locator(".time output")).to_contain_text("Before the first step")
    name = page.get_by_label("Name of the run")
    name.fill("<img src=x onerror=alert(1)> \u202eكبير 👩‍🔬")
    name.press("Enter")
    expect(row(page, 1)).to_contain_text("<img src=x onerror=alert(1)> كبير 👩‍🔬: own")
    assert row(page, 1).locator("img").count() == 0
    name.fill("n" * 10_000)
    name.press("Enter")
    expect(opened(page)).to_have_text("A name has at most 40 letters; this one has 10,000.")


def test_runs_are_deleted_one_by_one_or_all_and_one_that_trains_ends(visit: Visit) -> None:
    page = two_runs(visit)
    row(page, 1).click()
    page.get_by_role("button", name="Delete this run").dblclick()  # one press
    expect(opened(page)).to_have_text("Deleting run 1 can't be undone.")
    again = page.get_by_role("button", name="Press again to delete run 1")
    again.press("Tab")
    expect(again).to_have_count(0)
    expect(opened(page)).to_contain_text("Run 1 is open")
    page.get_by_role("button", name="Delete this run").press("Enter")
    again.press("Enter")
    expect(row(page, 1)).to_have_count(0)
    expect(opened(page)).to_contain_text("Run 2 is open")
    page.get_by_role("button", name="Delete all").click()
    page.get_by_role("button", name="Press again to delete all runs").click()
    expect(page.locator(".results")).to_be_hidden()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_focused()
    page.wait_for_function("!window.mnist.trained")

    follow(page, LONG, epochs=100)
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Delete this run").click(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Press again to delete run").click()
    expect(page.locator(".results")).to_be_hidden()
    train_again = page.get_by_role("button", name="Train", exact=True)
    expect(train_again).to_be_enabled()
