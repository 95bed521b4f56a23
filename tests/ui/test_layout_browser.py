"""The page's layout in a real browser: what stays in sight where, on paper and in other colours."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import SEVEN, Visit, draw, resize

PHONE = (390, 844)


def strip(page: Page) -> Locator:
    return page.locator(".glance")


def share_in_sight(part: Locator) -> float:
    return float(
        part.evaluate(
            """(part) => {
              const { top, bottom, height } = part.getBoundingClientRect();
              return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0)) / height;
            }"""
        )
    )


def open_hood(page: Page) -> None:
    page.get_by_role("tab", name="Under the hood").click()
    page.locator("#hood").get_by_role("button", name="Open all").click()
    expect(page.locator("#hood section[data-step=answer] pre")).to_be_visible()


def scroll_to_the_end(page: Page) -> None:
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function("scrollY > 2000")


def test_the_pad_and_its_answer_stay_beside_a_long_tab(visit: Visit) -> None:
    page = visit()
    draw(page, SEVEN)
    open_hood(page)
    for size in ((1280, 800), (1024, 768), (1920, 1080)):
        resize(page, size)
        scroll_to_the_end(page)
        for part in ("#sketchpad canvas", "#answer", "#probabilities"):
            assert share_in_sight(page.locator(part)) == 1, (size, part)
        draw(page, SEVEN)
        expect(strip(page)).to_be_hidden()


def test_where_the_pad_scrolls_away_a_strip_keeps_ink_and_answer_in_sight_and_covers_no_focus(
    visit: Visit,
) -> None:
    page = visit(size=PHONE)
    open_hood(page)
    scroll_to_the_end(page)
    expect(strip(page)).to_be_visible()
    for _ in range(25):
        page.keyboard.press("Shift+Tab")
        page.wait_for_function(UNCOVERED)
    for size in (PHONE, (844, 390), (768, 1024)):
        resize(page, size)
        page.evaluate("scrollTo(0, 0)")
        draw(page, SEVEN)
        expect(page.locator("#answer")).to_have_text("7")
        expect(strip(page)).to_be_hidden()
        scroll_to_the_end(page)
        expect(strip(page)).to_be_visible()
        expect(strip(page).locator(".said")).to_have_text("7")
        assert strip(page).locator("canvas").evaluate(HOLDS_INK), size
        page.evaluate("window.mnist.setStrokes([])")
        expect(strip(page).locator(".said")).to_have_text("draw a digit")
    # Its words are announced at the pad already.
    expect(strip(page)).to_have_attribute("aria-hidden", "true")
    assert not strip(page).locator("a, button, input, [tabindex]").count()
    page.evaluate("scrollTo(0, 0)")
    expect(strip(page)).to_be_hidden()


# Where the pad comes to sight again, the strip goes a frame later.
UNCOVERED = """() => {
  const [focus, strip] = [document.activeElement, document.querySelector(".glance")];
  if (focus === document.body || !strip.checkVisibility({ visibilityProperty: true })) return true;
  const [own, cover] = [focus, strip].map((each) => each.getBoundingClientRect());
  return own.height > innerHeight - cover.height || own.top >= cover.bottom - 1;
}"""
HOLDS_INK = """(canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
  .data.some((value, i) => i % 4 === 3 && value > 0)"""


def test_the_answer_is_in_sight_while_one_draws(page: Page) -> None:
    for size in ((667, 375), (1280, 600), (390, 700), (844, 390)):
        resize(page, size)
        page.evaluate("scrollTo(0, 0)")
        for part in ("#sketchpad canvas", "#answer"):
            assert share_in_sight(page.locator(part)) == 1, (size, part)
    # Held sideways, as it now is, the bars stand beside the pad.
    pad = page.locator("#sketchpad canvas").bounding_box()
    bars = page.locator("#probabilities").bounding_box()
    assert pad is not None
    assert bars is not None
    assert bars["x"] > pad["x"] + pad["width"]
    assert share_in_sight(page.locator("#probabilities")) == 1


def test_a_large_screen_is_used_with_larger_type(page: Page) -> None:
    height = "(element) => element.getBoundingClientRect().height"
    usual = page.locator("#status").evaluate(height)
    resize(page, (1920, 1080))
    box = page.locator("#columns").bounding_box()
    assert box is not None
    assert box["width"] > 1500
    assert page.locator("#status").evaluate(height) > usual
    draw(page, SEVEN)
    assert page.evaluate("window.mnist.strokes[0][0]") == pytest.approx([280, 220], abs=3)


def test_between_phone_and_desk_a_number_and_a_choice_fit_their_fields(page: Page) -> None:
    page.get_by_text("More settings").click()
    for width in (860, 861, 960, 1023, 1024):
        resize(page, (width, 800))
        box = page.locator("#lab").bounding_box()
        assert box is not None
        assert box["width"] > 480, width
        field = page.get_by_label("Learning rate")
        assert field.evaluate("(field) => field.scrollWidth <= field.clientWidth"), width
        assert page.evaluate(CUT_OFF) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_text("More settings").click()


CUT_OFF = """[...document.querySelectorAll(".more select")].flatMap((select) => {
  const { font, paddingLeft, paddingRight } = getComputedStyle(select);
  const context = Object.assign(document.createElement("canvas").getContext("2d"), { font });
  const room = select.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  const texts = [...select.options].map(({ text }) => text);
  return texts.filter((text) => context.measureText(text).width > room);
})"""


def colours(part: Locator) -> list[str]:
    return list(
        part.evaluate(
            """(part) => [part, part.parentElement, document.body]
                 .map((each) => getComputedStyle(each).backgroundColor)"""
        )
    )


def test_in_forced_colours_bars_progress_tab_and_model_are_seen(visit: Visit) -> None:
    page = visit(forced_colors="active")
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    for part in ("[data-digit='7'] .fill", ".progress div"):
        own, around, _ = colours(page.locator(part))
        assert own != around, part
    chosen, other = (
        page.locator(f".answer .switch input[value={name}] + span") for name in ("ready", "yours")
    )
    assert colours(chosen)[0] != colours(other)[0]
    border = "(tab) => getComputedStyle(tab).borderTopWidth"
    assert page.get_by_role("tab", name="Train").evaluate(border) == "2px"
    assert page.get_by_role("tab", name="Under the hood").evaluate(border) != "2px"
    grid, curve = page.locator(".chart > canvas").evaluate(STANDS_OUT)
    assert 0 < grid < curve / 2
    page.locator(".why summary").click()
    for kind in ("for", "against"):
        legend = page.locator(f".why .legend .{kind}")
        expect(legend).to_have_css("forced-color-adjust", "none")


# How far the chart's grid and its curves are from the ground, as a canvas paints them.
STANDS_OUT = """(canvas) => {
  const context = document.createElement("canvas").getContext("2d");
  const [ground, ...others] = ["--page-ground", "--page-grid", "--page-accent"].map((name) => {
    context.fillStyle = getComputedStyle(canvas).getPropertyValue(name);
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  });
  return others.map((each) => Math.hypot(...each.map((value, i) => value - ground[i])));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_both_themes_the_page_fits_a_phone_legibly_and_is_printed_dark_on_white(
    visit: Visit, scheme: str
) -> None:
    page = visit(size=PHONE, touch=True, color_scheme=scheme)
    for part in ("html", "#lab-moment", "[name=epochs]"):  # the browser draws some of them itself
        expect(page.locator(part)).to_have_css("color-scheme", scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = [
        page.locator(place).evaluate("(element) => element.getBoundingClientRect().top")
        for place in ("#sketchpad canvas", "#answer", "#probabilities [data-digit='9']")
    ]
    assert tops == sorted(tops)
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    assert contrast(page, "#answer") >= 4.5
    assert contrast(page, "#seen figcaption") >= 4.5
    resize(page, (760, 1000))
    page.emulate_media(media="print")
    ink = """(canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const at = data.findIndex((value, i) => i % 4 === 3 && value === 255);
      return data[at - 3] + data[at - 2] + data[at - 1] < 150;
    }"""
    page.wait_for_function(f"({ink})(document.querySelector('#sketchpad canvas'))")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    for part in (".track", ".fill"):
        expect(page.locator(f"[data-digit='7'] {part}")).to_have_css("print-color-adjust", "exact")
    text = page.locator("#status").evaluate("(e) => getComputedStyle(e).color")
    assert sum(map(int, re.findall(r"\d+", text)[:3])) < 200


def contrast(page: Page, place: str) -> float:
    """The contrast ratio (WCAG 2) of an element's text with what lies behind it."""
    return float(
        page.locator(place).evaluate(
            """(element) => {
              const light = (colour) => {
                const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((text) => {
                  const value = text / 255;
                  return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              let paper = element;
              const fill = () => getComputedStyle(paper).backgroundColor;
              while (fill() === "rgba(0, 0, 0, 0)") paper = paper.parentElement;
              const [a, b] = [getComputedStyle(element).color, fill()].map(light);
              return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            }"""
        )
    )


def test_on_a_touch_screen_no_field_makes_a_phone_zoom_in_and_every_target_is_large_enough_to_hit(
    visit: Visit,
) -> None:
    page = visit(size=PHONE, touch=True)
    sizes = page.evaluate(
        """[...document.querySelectorAll("#lab :is(input, select, textarea), #hood select")]
             .filter((field) => !["checkbox", "radio", "range", "file"].includes(field.type))
             .map((field) => parseFloat(getComputedStyle(field).fontSize))"""
    )
    assert len(sizes) > 8
    assert min(sizes) >= 16
    page.get_by_text("More settings").click()
    assert page.evaluate(CUT_OFF) == []
    draw(page, SEVEN)
    for tab in ("Train", "Under the hood"):
        page.get_by_role("tab", name=tab).click()
        page.locator("details").evaluate_all("(all) => all.forEach((each) => (each.open = true))")
        assert page.evaluate(SMALL_TARGETS) == []


SMALL_TARGETS = """[...document.querySelectorAll(
  "#columns :is(button, summary, select, input, a[href]):not(:disabled, [tabindex='-1'])")]
  .filter((each) => each.checkVisibility())
  .map((each) => [each, (each.closest("label") ?? each).getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 23.9 || height < 23.9)
  .map(([each, { width, height }]) =>
  `${each.outerHTML.slice(0, 80)} ${width} × ${height}`)"""


def test_a_translator_leaves_digits_code_and_live_values_alone(page: Page) -> None:
    for part in ("#answer", "#probabilities", ".glance", ".figures", ".matrix"):
        expect(page.locator(part)).to_have_attribute("translate", "no")
    assert page.evaluate("[...document.querySelectorAll('#hood code')].every((e) => !e.translate)")
