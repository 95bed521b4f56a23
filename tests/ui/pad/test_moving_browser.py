"""Whatever moves at the pad in a real browser: palms and pens, lost pointers, and words beside bars."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import ONE, draw

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
    send(page, "down", pointer, number, x, 200)
    for y in (400, 600, 800):
        send(page, "move", pointer, number, x, y)
    send(page, "up", pointer, number, x, 800)


def test_a_pen_after_its_palm_draws_and_the_palm_leaves_no_dot(page: Page) -> None:
    send(page, "down", "touch", 1, 900, 900)
    stroke(page, "pen", 2, 500)
    send(page, "up", "touch", 1, 900, 900)
    assert [line[0][0] for line in strokes(page)] == pytest.approx([500], abs=5)
    expect(page.locator("#answer")).to_have_text("1")


def test_a_pointer_that_can_t_be_captured_draws_all_the_same(page: Page) -> None:
    page.evaluate(
        "void (HTMLCanvasElement.prototype.setPointerCapture = () => { throw new Error(); })"
    )
    stroke(page, "mouse", 1, 500)
    assert len(strokes(page)[0]) == 4


@pytest.mark.parametrize("pointer", ["mouse", "pen", "touch"])
def test_a_pointer_whose_end_was_lost_leaves_the_pad_alive(page: Page, pointer: str) -> None:
    send(page, "down", pointer, 7, 300, 300)
    if pointer == "touch":  # a pen's palm is left alone for a while, a finger is not
        stroke(page, "touch", 8, 600)
    else:
        stroke(page, "mouse", 8, 600)
    draw(page, ONE)
    assert len(strokes(page)) == 3


@pytest.mark.parametrize("event", ["blur", "lostpointercapture"])
def test_a_stroke_ends_with_what_takes_the_pointer_away(page: Page, event: str) -> None:
    send(page, "down", "touch", 1, 300, 300)
    if event == "blur":
        page.evaluate("window.dispatchEvent(new Event('blur'))")
    else:
        page.evaluate(
            "document.querySelector('#sketchpad canvas').dispatchEvent("
            "new PointerEvent('lostpointercapture', { pointerId: 1, bubbles: true }))"
        )
    send(page, "move", "touch", 1, 300, 600)
    assert len(strokes(page)[0]) == 1


def test_no_default_of_a_pointer_is_prevented_as_some_browsers_would_stop_the_rest(
    page: Page,
) -> None:
    assert not send(page, "down", "pen", 1, 500, 500)


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


@pytest.mark.parametrize(
    "more", [{}, {"resting": False, "cause": "ink"}, {"cause": "model"}], ids=str
)
def test_after_a_single_answer_the_words_are_those_of_the_bars(
    page: Page, more: dict[str, Any]
) -> None:
    answer(page, 3, "3", **more)
    agree(page, "3")


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
