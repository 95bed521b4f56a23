"""Under the hood in a real browser: every step lives, and the page is accessible."""

from __future__ import annotations

import base64
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import ONE, SEVEN, Visit, draw, resize

STEPS = ("data", "stages", "scratch", "layers", "loss", "autograd", "sgd", "answer")


def step(page: Page, name: str) -> Locator:
    return page.locator(f"#hood section[data-step={name}]")


def part(page: Page, name: str, part: str) -> Locator:
    return step(page, name).locator(f"[data-part={part}]")


def open_hood(page: Page, *names: str) -> None:
    """Selects the tab with exactly these steps open."""
    page.get_by_role("tab", name="Under the hood").click()
    page.locator("#hood").get_by_role("button", name="Close all").click()
    for name in names:
        step(page, name).locator("summary").click()


@pytest.fixture
def seven(page: Page) -> Page:
    """The page with every step open, and the figures of a seven that was drawn just now."""
    page.get_by_role("tab", name="Under the hood").click()
    page.locator("#hood").get_by_role("button", name="Open all").click()
    drawn = page.evaluate(DRAWN)
    page.evaluate("(strokes) => mnist.setStrokes(strokes)", SEVEN)
    page.wait_for_function(f"(before) => {DRAWN} > before", arg=drawn)
    expect(chosen(page)).to_contain_text("The model is sure of 7")
    return page


DRAWN = "Number(document.querySelector('[data-drawn]')?.dataset.drawn ?? 0)"


def chosen(page: Page) -> Locator:
    """What step 5 says of the digit that it begins with."""
    return step(page, "loss").locator(".chosen")


def mean(page: Page, name: str, digit: int) -> None:
    """Says in a step which digit was meant; by the keyboard, as figures move what the mouse aims at."""
    radio = step(page, name).get_by_role("radio", name=str(digit))
    radio.press("Space")
    expect(radio).to_be_checked()


def has_colour(canvas: Locator) -> bool:
    return bool(
        canvas.evaluate(
            """(canvas) => canvas.getContext("2d")
                 .getImageData(0, 0, canvas.width, canvas.height)
                 .data.some((value, i) => i % 4 !== 3 && value > 30)"""
        )
    )


def test_every_step_shows_its_code_offers_a_digit_and_follows_the_drawing(visit: Visit) -> None:
    page = visit()
    open_hood(page)
    page.locator("#hood").get_by_role("button", name="Open all").click()
    for name in STEPS:
        expect(step(page, name).get_by_text("Draw a digit on the pad")).to_be_visible()
    for name, function in (("scratch", "def softmax("), ("sgd", "def sgd_step(")):
        expect(step(page, name).locator("pre")).to_contain_text(function)
    step(page, "loss").get_by_role("button", name="Try a sample digit").click()
    expect(page.locator("#answer")).to_have_text("3")
    for name in STEPS:
        expect(step(page, name).get_by_text("Draw a digit on the pad")).to_be_hidden()
    expect(chosen(page)).to_contain_text("The model is sure of 3")
    expect(part(page, "layers", "sizes")).to_have_text(re.compile(r"^784-.*-1[01]$"))
    expect(part(page, "scratch", "sum")).to_have_text("They add up to 1.0000.")
    expect(part(page, "answer", "figure")).to_have_attribute("src", re.compile("^data:image/png"))
    page.locator("#sketchpad").get_by_role("button", name="Clear").click()
    expect(step(page, "loss").get_by_text("Draw a digit on the pad")).to_be_visible()
    draw(page, ONE)
    expect(chosen(page)).to_contain_text("The model is sure of 1")
    for index in range(12):
        page.evaluate(
            "(at) => window.mnist.setStrokes(at % 2 ? [] : [[[300, 300], [500, 700]]])", index
        )
    draw(page, SEVEN)
    expect(chosen(page)).to_contain_text("The model is sure of 7")
    expect(page.locator("#hood .trouble")).to_be_empty()


def test_learning_begins_with_a_digit_for_which_there_is_something_to_see(seven: Page) -> None:
    page = seven
    expect(step(page, "loss").get_by_role("radio", name="7")).not_to_be_checked()
    step(page, "sgd").get_by_role("button", name="Ten steps").click()
    count = part(page, "sgd", "count")
    expect(count).to_contain_text("After 10 steps")
    last, first = map(float, re.findall(r"\d+\.\d+(?:e-\d+)?", count.inner_text()))
    assert first > 1
    assert last < first - 0.1
    mean(page, "loss", 7)
    expect(chosen(page)).to_be_hidden()


def test_the_picture_of_a_unit_is_beside_it(seven: Page) -> None:
    page = seven
    strips = step(page, "layers").get_by_role("slider")
    for strip in (strips.first, strips.last):
        for key in ("Home", "End"):
            strip.press(key)
            mark = strip.locator(".mark").bounding_box()
            figure = part(page, "layers", "unit").bounding_box()
            assert mark is not None
            assert figure is not None
            assert figure["x"] > mark["x"]
            above, below = figure["y"] - 24, figure["y"] + figure["height"] + 24
            assert above <= mark["y"] <= below


def test_three_ways_give_one_loss(seven: Page) -> None:
    page = seven
    mean(page, "loss", 3)
    expect(part(page, "loss", "words")).to_contain_text("The model gives 3")
    losses = part(page, "loss", "losses").locator("td")
    expect(losses).to_have_count(3)
    assert len(set(losses.all_inner_texts())) == 1
    assert float(losses.first.inner_text()) > 0


def test_the_naive_softmax_breaks_and_the_stable_one_does_not(seven: Page) -> None:
    page = seven
    expect(part(page, "scratch", "softmax").locator("tbody tr")).to_have_count(10)
    slider = step(page, "scratch").get_by_role("slider")
    slider.focus()
    slider.press("End")
    expect(part(page, "scratch", "softmax").get_by_text("nan").first).to_be_visible()
    stable = part(page, "scratch", "softmax").locator("tbody td:last-child").all_inner_texts()
    assert sum(float(text.removesuffix(" %")) for text in stable) == pytest.approx(100, abs=0.6)


def test_leaving_a_stage_out_moves_the_bars(visit: Visit) -> None:
    page = visit()
    open_hood(page, "stages")
    page.evaluate("window.mnist.setStrokes([[[100, 100], [190, 100], [140, 200]]])")
    bars = part(page, "stages", "bars")
    expect(bars.locator("[data-winner]")).to_have_count(1)
    before = bars.inner_text()
    for name in ("Crop", "Scale", "Centre"):
        step(page, "stages").get_by_role("checkbox", name=name).uncheck()
    expect(bars).not_to_have_text(before, use_inner_text=True)
    expect(step(page, "stages").get_by_text("Crop (off)")).to_be_visible()


def test_units_are_reached_with_the_arrow_keys(seven: Page) -> None:
    page = seven
    strip = step(page, "layers").get_by_role("slider").first
    strip.focus()
    strip.press("Home")
    words = part(page, "layers", "unit")
    expect(words).to_contain_text("Hidden layer 1, unit 0:")
    strip.press("ArrowRight")
    expect(words).to_contain_text("Hidden layer 1, unit 1:")
    assert has_colour(words.locator("canvas"))


def test_autograd_shows_none_before_and_agrees_with_nudging(seven: Page) -> None:
    page = seven
    rows = part(page, "autograd", "parameters").locator("tbody tr")
    expect(rows.first).to_contain_text("None")
    assert has_colour(part(page, "autograd", "gradient"))
    for row in part(page, "autograd", "checks").locator("tbody tr").all():
        ours, nudged = (float(text) for text in row.locator("td").all_inner_texts())
        assert ours == pytest.approx(nudged, rel=0.01)


def test_ten_steps_lower_the_loss_and_leave_the_model_alone(seven: Page) -> None:
    page = seven
    mean(page, "sgd", 3)
    count = part(page, "sgd", "count")
    expect(count).to_contain_text("The loss for 3 is")
    step(page, "sgd").get_by_role("button", name="Ten steps").click()
    expect(count).to_contain_text("After 10 steps")
    after, before = (float(each) for each in re.findall(r"\d+\.\d+(?:e-?\d+)?", count.inner_text()))
    assert after < before
    expect(page.locator("#answer")).to_have_text("7")
    step(page, "sgd").get_by_role("button", name="Back to the start").click()
    expect(count).to_contain_text("No step taken yet")


def test_the_figure_downloads_as_a_picture(seven: Page) -> None:
    page = seven
    link = step(page, "answer").get_by_role("link", name="Download the figure")
    expect(link).to_have_attribute("href", re.compile("^data:image/png;base64,"))
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "digit.png"
    address = link.get_attribute("href") or ""
    assert base64.b64decode(address.split(",")[1]).startswith(b"\x89PNG")


def test_why_shows_what_spoke_for_the_digit(seven: Page) -> None:
    page = seven
    page.locator("#why summary").click()
    expect(page.locator("#why .words")).to_contain_text("say 7")
    expect(page.locator("#why .sum")).to_contain_text("Lead of 7")
    assert has_colour(page.locator("#why canvas"))
    page.locator("#sketchpad").get_by_role("button", name="Clear").click()
    expect(page.locator("#why .empty")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_serious_accessibility_violation_on_any_tab(visit: Visit, theme: str) -> None:
    rules: dict[str, object] = {"resultTypes": ["violations"]}
    if theme == "dark":  # but for its colours, it is the same page
        rules |= {"runOnly": ["color-contrast", "link-in-text-block"]}
    page = visit(f"?__theme={theme}")
    draw(page, SEVEN)
    page.locator("#why summary").click()
    for tab in page.get_by_role("tab").all():
        tab.click()
        if tab.inner_text() == "Under the hood":
            page.locator("#hood").get_by_role("button", name="Open all").click()
            expect(part(page, "loss", "words")).to_contain_text("The model gives")
        for width in (390, 1280):
            resize(page, (width, 844))
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(page, options=rules).response["violations"]
            serious = [
                (each["id"], [node["target"] for node in each["nodes"]][:5])
                for each in found
                if each["impact"] in ("serious", "critical")
            ]
            assert serious == [], (tab, width)
