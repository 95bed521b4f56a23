"""The page in the other two browsers: draw, train, go back in time, look under the hood."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.smoke.drivers import Driver, MissingError, firefox, webkit
from tests.support.browser import PATIENCE_MS, SEVEN

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("mnist")]

BROWSERS = {"firefox": firefox, "webkit": webkit}
STEPS = ("data", "stages", "scratch", "layers", "loss", "autograd", "sgd", "answer")

# What the page's components share, for the tests alone: nothing of the page's own is global.
SHARE = """(import(document.querySelector("link[rel=modulepreload][href$='/shared/page.js']").href)
  .then(({ page, ...functions }) => {
    window.mnist = Object.assign(Object.create(page), functions);
  }), null)"""
# What goes wrong in the page's scripts from now on.
WATCH = """(window.faults = [],
  addEventListener("error", (event) => faults.push(event.message)),
  addEventListener("unhandledrejection", (event) => faults.push(String(event.reason))),
  addEventListener("securitypolicyviolation", (event) => faults.push(event.violatedDirective)),
  null)"""

# A picture of a 1, chosen as a file.
CHOOSE = """((canvas, input) => {
  Object.assign(canvas, { width: 300, height: 300 });
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, 300, 300);
  context.fillStyle = "black";
  context.fillRect(142, 60, 16, 180);
  canvas.toBlob((blob) => {
    const data = new DataTransfer();
    data.items.add(new File([blob], "one.png", { type: "image/png" }));
    input.files = data.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
})(document.createElement("canvas"), document.querySelector("#sketchpad input[type=file]"))"""


class Visitor:
    """Does with a pointer what a person would."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.open = driver.open
        self.evaluate = driver.evaluate

    def wait_for(self, expression: str) -> None:
        """Until a JavaScript expression holds."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while not self.evaluate(f"Boolean({expression})"):
            if time.monotonic() > until:
                said = self.evaluate("document.querySelector('#status')?.textContent")
                raise AssertionError(f"never came true: {expression} (status: {said})")
            time.sleep(0.1)

    def wait_for_text(self, place: str, pattern: str) -> None:
        words = f"document.querySelector({json.dumps(place)})?.textContent.trim()"
        self.wait_for(f"new RegExp({json.dumps(pattern)}).test({words})")

    def press(self, element: str, *places: tuple[float, float]) -> None:
        """Presses an element, an expression, at these fractions of its width and height."""
        self.wait_for(f"({element})?.getClientRects().length")
        self.evaluate(f"({element}).scrollIntoView({{ block: 'center', behavior: 'instant' }})")
        left, top, width, height = self._box_at_rest(element)
        points = [(left + width * x, top + height * y) for x, y in places or [(0.5, 0.5)]]
        self._driver.press(points)

    def _box_at_rest(self, element: str) -> list[float]:
        """Where it is once nothing moves it: what comes to a tab that was just opened does."""
        box = self._box(element)
        while True:
            time.sleep(0.1)
            before, box = box, self._box(element)
            if box == before:
                return box

    def _box(self, element: str) -> list[float]:
        found = self.evaluate(
            f"((box) => [box.x, box.y, box.width, box.height])(({element}).getBoundingClientRect())"
        )
        assert isinstance(found, list)
        return found


def one(selector: str, text: str = "") -> str:
    """An expression for the first element of a selector that holds exactly this text, if any."""
    which = f"(each) => each.textContent.trim() === {json.dumps(text)}" if text else "() => true"
    return f"[...document.querySelectorAll({json.dumps(selector)})].find({which})"


@pytest.fixture(params=BROWSERS)
def visitor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Visitor]:
    """A visible skip where that browser is missing, a failure in CI."""
    try:
        with BROWSERS[request.param](tmp_path / "browser.log") as driver:
            yield Visitor(driver)
    except MissingError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


def test_draw_train_go_back_look_under_the_hood_and_choose_a_picture(
    visitor: Visitor, app_url: str
) -> None:
    visitor.open(f"{app_url}#preset=few&epochs=20&pictures=5000")
    visitor.wait_for("document.querySelector('#sketchpad canvas')")
    visitor.evaluate(WATCH)
    visitor.evaluate(SHARE)
    visitor.wait_for("window.mnist?.prediction")
    (stroke,) = SEVEN
    visitor.press(one("#sketchpad canvas"), *((x / 1000, y / 1000) for x, y in stroke))
    visitor.wait_for_text("#answer", "^7$")
    assert visitor.evaluate("mnist.strokes.length") == 1
    assert visitor.evaluate("mnist.prediction.model") == "ready"

    visitor.press(one("[data-order=train]"))
    visitor.wait_for("mnist.prediction.model === 'yours'")
    visitor.wait_for_text("#status", "^(Done|Stopped)")
    visitor.wait_for_text("#answer", "^7$")

    slider = one("#lab-moment")
    visitor.press(slider, (0.99, 0.5), (0.5, 0.5), (0.1, 0.5), (0.001, 0.5))
    visitor.wait_for_text(".time output", "Before the first step")
    visitor.press(one("button", "Now"))
    visitor.wait_for_text(".time output", "the newest weights answer")

    visitor.press(one("[role=tab]", "Under the hood"))
    visitor.press(one("#hood button", "Open all"))
    for step in STEPS:
        section = f"#hood section[data-step={step}]"
        visitor.wait_for(f"{one(f'{section} details[open]')}?.getClientRects().length")
    visitor.wait_for_text("[data-step=loss] [data-part=words]", "The model gives")
    visitor.wait_for(f"{one('[data-step=answer] [data-part=figure]')}?.naturalWidth > 0")
    assert visitor.evaluate("document.querySelector('#hood .trouble').textContent") == ""

    visitor.evaluate(CHOOSE)
    visitor.wait_for("mnist.picture")
    visitor.wait_for_text("#answer", "^1$")
    visitor.wait_for_text("[data-step=stages] [data-part=found] .label", "As sent")
    assert visitor.evaluate("window.faults") == []
