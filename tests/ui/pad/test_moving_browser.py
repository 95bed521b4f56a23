"""Whatever moves at the pad in a real browser: palms and pens, lost pointers, and words beside bars."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import ONE, Visit, draw

# Dispatches pointer events at places in the pad's box, 0 to 1000; what the browser can't know of them,
# it can't capture either.
_SEND = """([type, pointerType, pointerId, x, y, more]) => {
  const canvas = document.querySelector("#sketchpad canvas");
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const event = new PointerEvent(type, {
    pointerType, pointerId, isPrimary: true, bubbles: true, cancelable: true, button: 0,
    buttons: type === "pointerup" ? 0 : 1,
    clientX: left + (x / 1000) * width, clientY: top + (y / 1000) * height, ...more });
  canvas.dispatchEvent(event);
  return event.defaultPrevented;
}"""


def send(page: Page, kind: str, pointer: str, number: int, x: int, y: int, **more: Any) -> bool:
    return bool(page.evaluate(_SEND, [f"pointer{kind}", pointer, number, x, y, more]))


def strokes(page: Page) -> list[list[list[float]]]:
    return list(page.evaluate("window.mnist.strokes"))


def stroke(page: Page, pointer: str, number: int, x: int) -> None:
    """A line, of which no default is prevented: some browsers would stop the rest."""
    assert not send(page, "down", pointer, number, x, 200)
    for y in (400, 600, 800):
        send(page, "move", pointer, number, x, y)
    send(page, "up", pointer, number, x, 800)


# A pen is heard of for a while, so whoever uses one has a page of their own.
def test_a_pen_after_its_palm_draws_and_the_palm_leaves_no_dot(visit: Visit) -> None:
    page = visit()
    send(page, "down", "touch", 1, 900, 900)
    stroke(page, "pen", 2, 500)
    send(page, "up", "touch", 1, 900, 900)
    assert [line[0][0] for line in strokes(page)] == pytest.approx([500], abs=5)
    expect(page.locator("#answer")).to_have_text("1")


def test_a_pointer_that_can_t_be_captured_draws_all_the_same(page: Page) -> None:
    canvas = page.locator("#sketchpad canvas")
    canvas.evaluate("(canvas) => (canvas.setPointerCapture = () => { throw new Error(); }, 0)")
    stroke(page, "mouse", 1, 500)
    assert len(strokes(page)[0]) == 4
    canvas.evaluate("(canvas) => delete canvas.setPointerCapture")


def test_a_pointer_whose_end_was_lost_leaves_the_pad_alive(visit: Visit) -> None:
    page = visit()
    # A pen's palm is left alone for a while, a finger is not.
    for number, (lost, other) in enumerate([("mouse",) * 2, ("touch",) * 2, ("pen", "mouse")]):
        page.evaluate("window.mnist.setStrokes([])")
        send(page, "down", lost, 10 * number + 7, 300, 300)
        stroke(page, other, 10 * number + 8, 600)
        draw(page, ONE)
        assert len(strokes(page)) == 3, lost


def test_a_stroke_ends_with_what_takes_the_pointer_away(page: Page) -> None:
    for number, event in enumerate(
        (
            "window.dispatchEvent(new Event('blur'))",
            "document.querySelector('#sketchpad canvas').dispatchEvent("
            "new PointerEvent('lostpointercapture', { pointerId: 1, bubbles: true }))",
        )
    ):
        send(page, "down", "touch", number, 300, 300)
        page.evaluate(event)
        send(page, "move", "touch", number, 300, 600)
        assert len(strokes(page)[number]) == 1


def test_a_full_pad_says_so(page: Page) -> None:
    note = page.locator("#sketchpad .note")
    expect(note).to_be_hidden()
    full = [[[i % 1000, i // 1000 * 100] for i in range(8000)]]
    page.evaluate("(strokes) => window.mnist.setStrokes(strokes)", full)
    expect(note).to_contain_text("all the ink that fits")
    page.locator("#sketchpad").get_by_role("button", name="Clear").click()
    expect(note).to_be_hidden()


def answer(page: Page, digit: int | None, words: str, **more: Any) -> None:
    """An answer as the pad tells of it: `digit` (4 where there is none) has 94 %."""
    probabilities = [0.0066] * 10
    probabilities[4 if digit is None else digit] = 0.94
    detail = {
        "digit": digit, "words": words, "probabilities": probabilities, "image": [0] * 784,
        "blank": False, "trained": True, "model": "ready", "asked": "ready", "resting": True,
        "cause": "moment", **more,
    }  # fmt: skip
    page.evaluate(f"window.mnist.emit('mnist:prediction', {json.dumps(detail)})")


def agree(page: Page, words: str) -> None:
    expect(page.locator("#answer")).to_have_text(words)
    expect(page.locator(".glance .said")).to_have_text(words)
    expect(page.locator(f"[data-digit='{words}'][data-winner]")).to_have_attribute(
        "aria-valuenow", "94"
    )


def test_after_a_single_answer_the_words_are_those_of_the_bars(page: Page) -> None:
    kinds: list[dict[str, Any]] = [{}, {"resting": False, "cause": "ink"}, {"cause": "model"}]
    for digit, more in enumerate(kinds):
        answer(page, digit, str(digit), **more)
        agree(page, str(digit))


def test_back_in_reach_the_words_are_those_of_the_bars(page: Page) -> None:
    answer(page, 3, "3", cause="ink")
    agree(page, "3")
    lost = {"code": "lost", "error": "reconnecting…"}
    page.evaluate(f"window.mnist.emit('mnist:refused', {json.dumps(lost)})")
    expect(page.locator("#answer")).to_have_text("reconnecting…")
    expect(page.locator("#probabilities")).to_have_attribute("data-stale", "")
    page.evaluate("window.mnist.emit('mnist:connection', { lost: false })")
    expect(page.locator("#answer")).to_have_text("draw a digit")
    expect(page.locator("#probabilities [aria-valuenow='0']")).to_have_count(10)
    expect(page.locator("#probabilities[data-stale]")).to_have_count(0)


def test_beside_not_a_digit_no_bar_is_the_answer_and_one_reads_how_to_draw(page: Page) -> None:
    expect(page.locator(".advice")).to_be_hidden()
    answer(page, None, "not a digit")
    expect(page.locator("#answer")).to_have_text("not a digit")
    expect(page.locator(".advice")).to_contain_text("read as a number")
    expect(page.locator("[data-digit='4'] .fill")).to_have_css("opacity", "0.5")
