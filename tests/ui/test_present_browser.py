"""The presentation view in a real browser: parts of the page alone, at full width."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.support.browser import SEVEN, Visit, draw, resize

ALL = ("#sketchpad canvas", "#probabilities", "#status", "#header", ".setup .fields")


def shown(page: Page) -> list[str]:
    return [part for part in ALL if page.locator(part).first.is_visible()]


def bar(page: Page) -> Locator:
    return page.get_by_role("group", name="Presentation view")


def width(page: Page, part: str) -> float:
    box = page.locator(part).bounding_box()
    assert box is not None
    return box["width"]


def test_parts_are_shown_alone_and_large_until_escape(visit: Visit) -> None:
    page = visit("#preset=few&epochs=3", size=(1280, 800))
    usual = width(page, "#sketchpad .paper")
    page.get_by_role("button", name="Present").click()
    expect(bar(page).get_by_role("button", name="Pad")).to_be_focused()
    assert shown(page) == ["#sketchpad canvas", "#probabilities"]
    assert width(page, "#sketchpad .paper") > 1.5 * usual
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    bar(page).get_by_role("button", name="Curve").click()
    for part in ("Pad", "Bars"):
        bar(page).get_by_role("button", name=part).click()
        expect(bar(page).get_by_role("button", name=part)).to_have_attribute(
            "aria-pressed", "false"
        )
    assert shown(page) == ["#status"]
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()
    bar(page).get_by_role("button", name="Curve").click()  # the last one stays
    assert shown(page) == ["#status"]
    assert page.url.endswith("?present=curve#preset=few&epochs=3")
    page.keyboard.press("Escape")
    expect(bar(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Present")).to_be_focused()
    assert shown(page) == list(ALL)
    assert page.url.endswith("/#preset=few&epochs=3")


def test_the_address_opens_it_on_any_screen_and_it_fits(visit: Visit) -> None:
    page = visit("?present=banana", size=(390, 844), touch=True, color_scheme="dark")
    expect(bar(page)).to_be_visible()
    expect(page.get_by_role("button", name="tour")).to_be_hidden()
    for size in ((390, 844), (844, 390), (1280, 800), (1920, 1080)):
        resize(page, size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
        assert shown(page) == ["#sketchpad canvas", "#probabilities"], size
    page.goto(page.url.replace("pad-bars", "bars"))
    expect(bar(page)).to_be_visible()
    assert shown(page) == ["#probabilities"]
    assert width(page, "#probabilities .track >> nth=0") > 1000


def test_the_diagram_is_presented_too_and_fits(visit: Visit) -> None:
    page = visit("?present=diagram#open=sgd&title=Hello", size=(1920, 1080))
    stage = page.locator("#lab .diagram .stage")
    expect(stage).to_be_visible()
    assert shown(page) == ["#status"]
    box = stage.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 1080 - 50
    for part in ("Pad", "Bars"):
        bar(page).get_by_role("button", name=part).click()
    assert shown(page) == ["#sketchpad canvas", "#probabilities", "#status"]
    expect(page.locator(".chart")).to_be_hidden()
    assert "?present=pad-bars-diagram#" in page.url
    bar(page).get_by_role("button", name="Leave").click()
    expect(page.locator("#lab .diagram")).not_to_have_attribute("open", "")
