"""The gallery in a real browser: closed and open, sorted, going back in time, and onto the pad."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from mnist_core.data.datasets import Splits
from mnist_core.worker.measuring import evaluation_set
from tests.support.browser import train, visits

TRAINING = "#preset=few&pictures=500&layers=16&epochs="
LONG = "#preset=few&pictures=20000&layers=16&epochs=100"  # still going when it is looked at


@pytest.fixture(scope="module")
def trained(
    profile: BrowserContext, app_url: str, mnist: Splits
) -> Iterator[tuple[Page, list[str]]]:
    """A page whose training is over and whose gallery is closed, and the server functions it asked."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/component_server/"):
            asked.append(json.loads(request.post_data or "{}")["fn_name"])

    with visits(profile, app_url) as visit:
        page = visit(f"{TRAINING}30")
        page.on("request", note)
        train(page, until="^Done")
        yield page, asked


def tiles(page: Page) -> Locator:
    return page.locator(".gallery .tile")


def said(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in tiles(page).all_inner_texts()]


def choose(page: Page, name: str, value: str) -> None:
    page.locator(".gallery").get_by_label(name).select_option(value)


def open_gallery(page: Page) -> None:
    if not page.locator(".gallery").evaluate("(gallery) => gallery.open"):
        page.get_by_text("Gallery: picture by picture").click()
    expect(tiles(page)).to_have_count(60)


def test_the_gallery_asks_for_nothing_while_it_is_closed(trained: tuple[Page, list[str]]) -> None:
    page, asked = trained
    assert "lab_views" in asked
    assert not {"lab_gallery", "lab_pictures"} & set(asked)
    open_gallery(page)
    count = page.locator(".gallery .count")
    told = r"^After step [\d,]+: ([\d,]+) of 5,000 held-out pictures right; [\d,]+ wrong\.$"
    expect(count).to_have_text(re.compile(told))
    right = int(re.sub(told, r"\1", count.inner_text()).replace(",", ""))
    expect(page.locator(".matrix-note")).to_contain_text(f"{right / 50:.1f} % of 5,000")
    expect(page.locator(".gallery .some")).to_have_text("60 of 5,000 shown.")


def test_pictures_are_chosen_sorted_and_shown_page_by_page(
    trained: tuple[Page, list[str]],
) -> None:
    page, asked = trained
    open_gallery(page)
    before = len(asked)
    for order, falls in (("unsure", False), ("sure", True)):
        choose(page, "Order", order)
        shares = [float(text.split()[-2]) for text in said(page)]
        assert shares == sorted(shares, reverse=falls)
    choose(page, "Order", "wrong")
    assert all("✗" in text for text in said(page))
    choose(page, "Digit", "3")
    choose(page, "Show", "wrong")
    assert all(re.match("3 ✗ [^3]", text) for text in said(page))
    assert "lab_gallery" not in asked[before:]  # what is here is only sorted anew
    choose(page, "Show", "all")
    choose(page, "Order", "set")
    page.get_by_role("button", name="Show 60 more").click()
    expect(tiles(page)).to_have_count(120)
    expect(tiles(page).nth(60)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tiles(page).nth(61)).to_be_focused()
    choose(page, "Digit", "")
    expect(tiles(page)).to_have_count(60)


def test_a_press_puts_the_very_picture_on_the_pad_with_the_gallerys_answer(
    trained: tuple[Page, list[str]], mnist: Splits
) -> None:
    page, _ = trained
    open_gallery(page)
    held_out = evaluation_set(mnist, "validation")
    choose(page, "Order", "set")
    for moment in ("0", "max"):
        page.locator("#lab-moment").evaluate(
            "(slider, moment) => {"
            " slider.value = moment === 'max' ? slider.max - 1 : moment;"
            " slider.dispatchEvent(new Event('input')); }",
            moment,
        )
        step = page.locator(".gallery .count")
        expect(step).to_have_text(
            re.compile("^After step 0:" if moment == "0" else "^After step [1-9]")
        )
        for at in (3, 17):
            tile = tiles(page).nth(at)
            label, *_, share, _ = tile.inner_text().split()
            assert int(label) == held_out.labels[at]
            tile.focus()
            page.keyboard.press("Enter")
            page.wait_for_function(
                "([image, share]) => String(mnist.prediction.image) === image"
                " && (100 * Math.max(...mnist.prediction.probabilities)).toFixed(1) === share",
                arg=[
                    ",".join(str(round(v)) for v in (held_out.images[at] * 255).flatten().tolist()),
                    share,
                ],
            )
    expect(page.locator("#sketchpad .hint")).to_contain_text("One of the handwritten pictures")
    page.reload()
    page.wait_for_function("window.mnist?.picture?.isPlaced")
    page.locator("#sketchpad").get_by_role("button", name="Clear").click()
    expect(page.locator("#answer")).to_have_text("draw a digit")
    page.locator("#sketchpad").get_by_role("button", name="Undo").click()
    page.wait_for_function("window.mnist.picture?.isPlaced")


def test_pictures_stay_in_place_while_the_slider_goes_back(
    trained: tuple[Page, list[str]],
) -> None:
    page, _ = trained
    open_gallery(page)
    slider = page.locator("#lab-moment")
    slider.fill("0")
    expect(page.locator(".gallery .count")).to_contain_text("After step 0:")
    page.get_by_role("button", name="Now", exact=True).click()
    expect(page.locator(".gallery .count")).not_to_contain_text("After step 0:")
    expect(tiles(page)).to_have_count(60)
    after = said(page)
    tiles(page).nth(5).evaluate("(tile) => (tile.isTheSame = true)")
    slider.fill("0")
    expect(page.locator(".gallery .count")).to_contain_text("After step 0:")
    before = said(page)
    assert [text[0] for text in before] == [text[0] for text in after]
    assert before != after
    assert tiles(page).nth(5).evaluate("(tile) => tile.isTheSame")


def test_the_gallery_follows_a_training_and_leaves_the_server_alone(
    trained: tuple[Page, list[str]],
) -> None:
    page, asked = trained
    open_gallery(page)
    page.evaluate(f"location.hash = '{LONG}'")
    before = len(asked)
    train(page, until="^Training: epoch")
    count = page.locator(".gallery .count")
    count.scroll_into_view_if_needed()
    expect(count).to_contain_text("After step")
    told = count.inner_text()
    expect(count).not_to_have_text(told)
    polls, answers = (asked[before:].count(name) for name in ("lab_poll", "lab_gallery"))
    assert 0 < answers < polls
    page.get_by_role("button", name="Delete this run").click()
    page.get_by_role("button", name="Press again to delete").click()
    expect(page.locator(".board tbody tr")).to_have_count(1)
    expect(count).to_contain_text("held-out pictures right")
