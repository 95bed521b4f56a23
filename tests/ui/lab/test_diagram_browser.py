"""The network itself, in a real browser: lit by the drawing, told in words, and costing nothing unseen."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from mnist_core.explain.activations import run_layers
from mnist_core.files import WEIGHTS
from mnist_core.ink.ink import Ink
from mnist_core.models.checkpoints import load_checkpoint
from tests.support.browser import ONE, SEVEN, Visit, draw, reload, train, wait_two_frames

LONG = "#preset=few&epochs=100&pictures=20000"

# Counts how often anybody looks inside a network.
SPY = """() => {
  const page = Object.getPrototypeOf(window.mnist);
  const { inside } = page;
  window.looks = 0;
  page.inside = (asked) => { window.looks += 1; return inside(asked); };
}"""
PIXELS = """(canvas) =>
  canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.join()"""
SAYS = r"""(expected) => {
  const [, value] = document.querySelector(".unit-words").textContent.match(/It says ([−\d.]+)/);
  return Math.abs(value.replace("−", "-") - expected) < 0.03;
}"""


def open_diagram(page: Page) -> Locator:
    page.locator(".diagram summary").click()
    page.locator(".stage").scroll_into_view_if_needed()
    expect(page.locator(".what")).to_contain_text("784 pixels")
    return page.locator(".stage")


def lines(page: Page) -> str:
    return str(page.locator(".stage canvas").first.evaluate(PIXELS))


def units(page: Page) -> str:
    return str(page.locator(".stage canvas").nth(1).evaluate(PIXELS))


def words(page: Page) -> Locator:
    return page.locator(".unit-words")


def says(page: Page) -> float:
    found = re.search(r"It says ([−\d.]+)", words(page).inner_text())
    assert found is not None
    return float(found[1].replace("−", "-"))


def until_it_answers_alone(page: Page) -> None:
    page.wait_for_function(
        "async () => (await window.mnist.inside({image: null, known: null})) !== null"
    )


def train_with(page: Page, hidden: str, *, until: str) -> None:
    page.locator(".more").evaluate("(more) => (more.open = true)")
    page.get_by_label("Hidden layers").fill(hidden)
    train(page, until=until)
    expect(page.locator(".board tbody tr").last).to_be_visible()  # it pushes the diagram down
    page.locator(".stage").scroll_into_view_if_needed()


def outputs(page: Page) -> list[torch.Tensor]:
    """What the ready-made network's layers pass on for the drawing."""
    image = torch.from_numpy(Ink(page.evaluate("window.mnist.strokes")).to_image())
    with torch.no_grad():
        results, logits = run_layers(load_checkpoint(WEIGHTS).eval(), image)
    return [*(result.outputs for result in results), logits]


def serious(page: Page) -> list[Any]:
    """What axe finds wrong with the diagram; with all else, a test of the whole page does."""
    found = Axe().run(page, ".diagram").response["violations"]
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


def test_the_ready_made_network_is_lit_by_the_drawing_and_told_by_the_keyboard(
    visit: Visit,
) -> None:
    page = visit(color_scheme="light")
    expect(page.locator(".stage")).to_be_hidden()  # closed at first, and there before any training
    until_it_answers_alone(page)
    page.evaluate(SPY)
    draw(page, SEVEN)
    assert page.evaluate("window.looks") == 0
    stage = open_diagram(page)
    expect(page.locator(".what")).to_contain_text(
        "64 of 1,280, 64 of 1,024 and 64 of 768 units shown"
    )
    expect(words(page)).to_contain_text("Point at a unit")
    stage.focus()
    page.keyboard.press("Home")
    page.keyboard.press("End")
    for layer in range(3):
        at = re.compile(rf"^Hidden layer {layer + 1}, unit (\d+)\. It says ")
        expect(words(page)).to_have_text(at)
        expect(page.locator(".diagram .unseen")).to_have_text(at)
        found = at.match(words(page).inner_text())
        assert found is not None
        expected = float(outputs(page)[layer][int(found[1])])
        page.wait_for_function(SAYS, arg=expected)  # the drawing's end may be on its way still
        assert says(page) == pytest.approx(expected, abs=0.03)
        page.keyboard.press("ArrowRight")
    expect(words(page)).to_contain_text("Answer none. It says 0.0 %")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(words(page)).to_have_text(re.compile(r"^Answer 7\. It says (100|9\d)\.\d % now\."))
    assert not serious(page)
    before = units(page)
    page.evaluate("strokes => window.mnist.setStrokes(strokes)", ONE)
    expect(words(page)).to_contain_text("Answer 7. It says 0.")
    assert units(page) != before
    page.evaluate("window.mnist.setStrokes([])")
    expect(words(page)).to_contain_text("Draw a digit to hear it.")
    # Out of sight, it costs the pen nothing either.
    page.get_by_role("tab", name="Under the hood").click()
    wait_two_frames(page)  # after which it has heard that it is out of sight
    looks = page.evaluate("window.looks")
    draw(page, SEVEN)
    assert page.evaluate("window.looks") == looks
    reload(page)
    expect(page.locator(".stage")).to_be_visible()


def test_on_a_phone_a_tap_shows_what_a_unit_does(visit: Visit) -> None:
    page = visit(size=(390, 844), touch=True, color_scheme="dark")
    page.evaluate("strokes => window.mnist.setStrokes(strokes)", SEVEN)
    stage = open_diagram(page)
    box = stage.bounding_box()
    assert box is not None
    assert box["width"] <= 390 < box["height"]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    stage.click(position={"x": box["width"] / 2, "y": box["height"] - 32})
    expect(words(page)).to_have_text(re.compile(r"^Answer [456]\. It says .* It listens most to"))
    assert not serious(page)


@pytest.mark.usefixtures("mnist")
def test_it_changes_as_ones_own_network_learns_under_the_pen(visit: Visit) -> None:
    page = visit(LONG)
    stage = open_diagram(page)
    train_with(page, "100", until="^Training: epoch")
    expect(page.locator(".what")).to_contain_text(
        "Your network: 784 pixels → 100 → 10 digits. 64 of 100"
    )
    before = lines(page)
    page.wait_for_function(
        f"before => ({PIXELS})(document.querySelector('.stage canvas')) !== before", arg=before
    )
    draw(page, SEVEN, lift=False)
    stage.focus()
    page.keyboard.press("Home")
    page.keyboard.press("End")
    expect(words(page)).to_have_text(
        re.compile(
            r"^Hidden layer 1, unit 98\. It says .* in the picture.* speaks most (for|against)"
        )
    )
    page.mouse.up()
    # And the ready-made one again, at the press of a button.
    page.get_by_role("radio", name="Ready-made").check(force=True)
    expect(page.locator(".what")).to_contain_text("The ready-made network")


def asks_to_point_at_no_unit(page: Page) -> None:
    """Nor does Under the hood where there is no hidden layer."""
    page.get_by_role("tab", name="Under the hood").click()
    layers = page.locator("#hood section[data-step=layers]")
    layers.locator("summary").click()
    expect(layers.locator("[data-part=sizes]")).to_have_text("784-10")
    expect(layers).to_contain_text("There is no hidden layer")
    expect(layers).not_to_contain_text("Point at a unit")
    expect(layers.locator(".strip")).to_have_count(0)
    expect(layers.locator("[data-part=unit]")).to_be_hidden()
    page.get_by_role("tab", name="Train").click()


@pytest.mark.usefixtures("mnist")
def test_without_hidden_layers_and_where_the_server_alone_has_the_network(visit: Visit) -> None:
    page = visit("#preset=few&epochs=1&pictures=200")
    draw(page, SEVEN)
    stage = open_diagram(page)
    train_with(page, "", until="^Done")
    expect(page.locator(".what")).to_contain_text("Your network: 784 pixels → 10 digits. Lines")
    stage.focus()
    page.keyboard.press("ArrowDown")
    expect(words(page)).to_contain_text("What it looks at is in the picture")
    asks_to_point_at_no_unit(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url + (request.post_data or "")))
    train_with(page, "1024, 1024", until="^Done")
    expect(page.locator(".what")).to_contain_text("64 of 1,024 units shown")
    stage.focus()
    page.keyboard.press("ArrowRight")
    expect(words(page)).to_have_text(re.compile(r"^Hidden layer \d, unit \d+\. It says [\d.]+ now"))
    assert any('"predict"' in each for each in asked)
    assert not any(each.endswith("/page/weights") for each in asked)
