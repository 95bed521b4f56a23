"""What the field's words mean, told where they stand: by a tap, by keyboard, and while a network learns."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import Visit, resize, train

pytestmark = pytest.mark.usefixtures("mnist")

# Asks each visible term for its meaning; what is wrong with how it is told.
_FAULTS = """() => [...document.querySelectorAll("[data-term]")].flatMap((term) => {
  if (!term.checkVisibility()) return [];
  term.scrollIntoView({ block: "center" });
  term.focus();
  const tip = document.querySelector("#term-tip");
  const [own, told] = [term, tip].map((each) => each.getBoundingClientRect());
  const faults = {
    closed: !tip.matches(":popover-open") || term.getAttribute("aria-describedby") !== tip.id,
    short: tip.textContent.length < 25,
    covers:
      own.bottom > told.top && own.top < told.bottom && own.right > told.left && own.left < told.right,
    outside: told.left < 0 || told.top < 0 || told.right > innerWidth || told.bottom > innerHeight,
  };
  return Object.keys(faults).filter((name) => faults[name]).map((name) => [term.textContent, name]);
})"""
# What a newcomer reads after a training, and could ask about.
_TERMS = {
    "neural network", "model", "Epochs", "Learning rate", "Hidden layers", "Seed", "parameters",
    "held-out", "test pictures", "step", "loss", "accuracy", "weights", "units", "runs", "Held out",
    "To 97 %", "Training loss", "epoch",
}  # fmt: skip


def tap(place: Locator) -> None:
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session = place.page.context.new_cdp_session(place.page)
    for kind, points in (("touchStart", [point]), ("touchEnd", [])):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def tip(page: Page) -> Any:
    return expect(page.locator("#term-tip"))


def faults(page: Page) -> list[Any]:
    """What is wrong with where terms are told, on a phone held either way."""
    found = []
    for size in ((390, 844), (844, 390)):
        resize(page, size)
        found += [(size, each) for each in page.evaluate(_FAULTS)]
    return found


def test_every_term_is_told_beside_where_it_stands(visit: Visit) -> None:
    page = visit("#preset=few&pictures=200&layers=16&epochs=3", size=(390, 844), touch=True)
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()  # the tab is there
    assert faults(page) == []
    train(page, until="^Done")
    for summary in ("The chart as a table", "Gallery: picture by picture"):
        page.get_by_text(summary).click()
    expect(page.locator(".gallery .count .term")).to_have_count(2)
    page.locator("#lab-moment").fill("1")
    expect(page.locator(".time output .term", has_text="epoch")).to_be_visible()
    assert faults(page) == []
    shown = page.evaluate("[...document.querySelectorAll('[data-term]')].map((e) => e.innerText)")
    told = {text.split(" ↑")[0] for text in shown} | {"Training loss"}
    assert told >= _TERMS, _TERMS - told
    page.get_by_role("tab", name="Under the hood").click()
    page.get_by_role("button", name="Open all").click()
    expect(page.locator("#hood .term:visible", has_text="softmax")).to_have_count(1)
    assert faults(page) == []


def test_a_term_is_told_on_a_tap_or_by_keyboard_and_put_away(visit: Visit) -> None:
    page = visit("#preset=few&pictures=200&layers=16&epochs=3", size=(390, 844), touch=True)
    network = page.locator("#header .term")
    tap(network)
    tip(page).to_contain_text("Layers of simple units")
    page.keyboard.press("Escape")
    tip(page).to_be_hidden()
    page.keyboard.press("Enter")
    tip(page).to_be_visible()
    tap(page.locator("h1"))
    tip(page).to_be_hidden()
    train(page, until="^Done")
    # A column's title tells what it is, and sorts all the same.
    title = page.locator(".board").get_by_role("button", name="To 98 %")
    tap(title)
    tip(page).to_contain_text("seconds of training")
    expect(page.locator(".board [data-name=to98]")).to_have_attribute("aria-sort", "ascending")


def test_a_term_stays_told_while_the_text_around_it_changes(visit: Visit) -> None:
    page = visit("#preset=few&epochs=100&pictures=20000")
    train(page, until="^Training: epoch")
    term = page.locator("#status .term", has_text="held-out")
    term.focus()
    told = page.locator("#status").inner_text()
    expect(page.locator("#status")).not_to_have_text(told)
    expect(term).to_be_focused()
    tip(page).to_contain_text("Held-out pictures never train")
