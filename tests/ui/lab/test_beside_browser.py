"""Two runs side by side, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.support.browser import ONE, PATIENCE_MS, SEVEN, draw, follow, resize, train, visits

SHORT = "#preset=few&pictures=200&layers=16&epochs="
OTHER = [0xC2, 0x41, 0x0C]  # --page-other


@pytest.fixture(scope="module")
def trained(profile: BrowserContext, app_url: str) -> Iterator[Page]:
    """The page of a visitor with a seven and two runs that are over, of 3 and 20 epochs."""
    with visits(profile, app_url) as visit:
        page = visit()
        for run, epochs in enumerate((3, 20), start=1):
            follow(page, f"{SHORT}{epochs}", epochs=epochs)
            train(page, until="^Done", run=run)
        draw(page, SEVEN)
        yield page


@pytest.fixture
def two_runs(trained: Page) -> Iterator[Page]:
    """The same with the second run open, and none beside it."""
    trained.locator('.board tr[data-run="2"]').click()
    yield trained
    pressed = trained.locator(".compare[aria-pressed=true]")
    if pressed.count():
        pressed.click()


def compare(page: Page, run: int) -> Locator:
    return page.locator(f'.board tr[data-run="{run}"]').get_by_role("button", name="Compare")


def section(page: Page) -> Locator:
    return page.get_by_role("region", name="Side by side")


def painted(page: Page, colour: list[int]) -> bool:
    """Whether the chart shows that colour."""
    return bool(
        page.locator(".chart > canvas").evaluate(
            """(canvas, colour) => {
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              const near = (at) => colour.every((value, i) => Math.abs(data[at + i] - value) < 9);
              return data.some((_, at) => at % 4 === 0 && data[at + 3] > 250 && near(at));
            }""",
            colour,
        )
    )


def test_a_press_lays_a_run_beside_the_opened_one(two_runs: Page) -> None:
    page = two_runs
    chart, key = page.locator(".chart > canvas"), page.locator(".key.dashed")
    expect(section(page)).to_be_hidden()
    expect(compare(page, 2)).to_have_count(0)  # with itself
    assert not painted(page, OTHER)

    compare(page, 1).focus()
    page.keyboard.press("Enter")
    expect(compare(page, 1)).to_have_attribute("aria-pressed", "true")
    expect(compare(page, 1)).to_be_focused()
    expect(section(page)).to_contain_text("Run 2 and run 1 differ in epochs (20 and 3).")
    expect(page.locator(".opened .note")).to_contain_text("Run 1 lies beside it")

    expect(key).to_have_text("dashed: run 1, beside run 2")
    expect(chart).to_have_attribute("aria-label", re.compile("Run 2: Loss .* Run 1: Loss"))
    for axis in ("epochs", "seconds", "steps"):
        page.get_by_label("Along the chart").select_option(axis)
        assert painted(page, OTHER)
    page.get_by_text("The chart as a table").click()
    expect(page.locator(".history thead")).to_contain_text("Run")

    row = section(page).get_by_role("row", name="Held-out accuracy")
    expect(row.get_by_role("cell")).to_have_text([re.compile(r"\d %"), re.compile(r"\d %")])
    note = page.locator(".disagreement")
    expect(note).to_contain_text(re.compile(r"They disagree on [\d,]+ of 5,000 held-out pictures"))
    expect(page.locator(".difference td").filter(has_text=re.compile("^[+−]"))).not_to_have_count(0)
    pictures = page.locator(".disagreed").get_by_role("button")
    expect(pictures).to_have_count(24)
    expect(pictures.first).to_have_attribute(
        "aria-label", re.compile(r"^A (\d): run 2 says \d, run 1 says \d: put it on the pad$")
    )
    found = Axe().run(
        page, ".beside, .board", {"runOnly": ["wcag2a", "wcag2aa"], "resultTypes": ["violations"]}
    )
    assert not found.response["violations"], found.generate_report()

    page.locator("#lab-moment").fill("0")
    expect(page.locator(".legend-words")).to_contain_text("run 2, at the moment of the slider,")
    page.get_by_role("button", name="Now").click()
    expect(page.locator(".legend-words")).not_to_contain_text("slider")

    # Who is opened in its place changes places with it.
    page.locator('.board tr[data-run="1"]').click()
    expect(section(page)).to_contain_text("Run 1 and run 2 differ in epochs (3 and 20).")
    page.reload()
    expect(section(page)).to_contain_text("Run 1 and run 2 differ in epochs (3 and 20).")
    compare(page, 2).click()
    expect(section(page)).to_be_hidden()
    expect(key).to_be_hidden()
    expect(chart).to_have_attribute("aria-label", re.compile("^Loss"))


def test_both_answer_for_the_drawing_while_the_pen_moves(two_runs: Page) -> None:
    page = two_runs
    compare(page, 1).click()
    mine, others = page.locator(".say.mine"), page.locator(".say.others")
    mine.scroll_into_view_if_needed()

    def expect_as_on_the_pad() -> None:
        page.wait_for_function(
            """() => {
              const { probabilities } = window.mnist.prediction;
              const most = Math.max(...probabilities);
              const words = `Run 2 says ${probabilities.indexOf(most)}, ${(100 * most).toFixed(1)} %`;
              return document.querySelector(".say.mine").textContent.trim() === words;
            }"""
        )

    expect(mine).to_have_text(re.compile(r"^Run 2 says \d, [\d.]+ %"))
    expect(others).to_have_text(re.compile(r"^Run 1 says \d, [\d.]+ %"))
    page.wait_for_function("window.mnist.prediction.model === 'yours'")
    expect_as_on_the_pad()
    before = others.inner_text()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".says")).to_contain_text("Draw a digit on the pad to hear both.")
    draw(page, ONE, lift=False)
    expect(others).not_to_have_text(before)
    expect_as_on_the_pad()
    page.mouse.up()


def test_it_ends_where_one_of_the_two_goes(two_runs: Page) -> None:
    page = two_runs
    compare(page, 1).click()
    expect(section(page)).to_be_visible()
    # With a new training, the run beside stays.
    follow(page, f"{SHORT}100", epochs=100)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(section(page)).to_contain_text("Run 3 and run 1 differ in epochs", timeout=PATIENCE_MS)
    expect(page.locator(".disagreement")).to_contain_text("They disagree", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Delete this run").click()
    page.get_by_role("button", name="Press again to delete run 3").click()
    expect(section(page)).to_be_hidden()
    expect(page.locator(".opened .note")).to_contain_text("Run 3 is gone")
    expect(page.locator(".opened .note")).to_contain_text("Run 2 is open")


@pytest.fixture
def refused(two_runs: Page) -> Iterator[Page]:
    """The server refuses what is asked of two runs, as where one is gone in another tab."""

    def refuse(route: Route) -> None:
        asked = json.loads(route.request.post_data or "{}").get("fn_name")
        if asked not in ("lab_beside", "lab_both_say"):
            route.continue_()
            return
        gone = {"ok": False, "code": "gone", "error": "There is no such training any more."}
        route.fulfill(json=gone)

    two_runs.route("**/component_server/", refuse)
    yield two_runs
    two_runs.unroute("**/component_server/")


def test_what_the_server_refuses_is_said_and_the_page_lives_on(refused: Page) -> None:
    page = refused
    resize(page, (390, 844))
    compare(page, 1).click()
    expect(page.locator(".trouble")).to_have_text("There is no such training any more.")
    expect(page.locator(".compared")).to_be_hidden()
    page.locator(".says").scroll_into_view_if_needed()
    expect(page.locator(".says .note")).to_have_text("There is no such training any more.")
    page.unroute("**/component_server/")
    compare(page, 1).click()
    compare(page, 1).click()
    expect(page.locator(".compared")).to_be_visible()
    expect(page.locator(".trouble")).to_have_text("")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_of_two_that_read_all_alike_it_is_said_in_place_of_an_empty_table(two_runs: Page) -> None:
    page = two_runs
    follow(page, f"{SHORT}3", epochs=3)
    compare(page, 1).click()
    expect(page.locator(".difference")).to_be_visible()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(section(page)).to_contain_text(re.compile(r"Run \d and run 1 were set up alike"))
    expect(page.locator(".disagreement")).to_contain_text("They agree on all 5,000 held-out")
    expect(page.locator(".legend-words")).to_have_text("Neither: they read every digit alike.")
    for empty in (".difference", ".under-each"):
        expect(page.locator(empty)).to_be_hidden()
