"""The tour of the first minute, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.support.browser import SEVEN, Visit, draw

# Visits of one browser share what a later visit finds.
NEW = "localStorage.clear()"
BROKEN = (
    """Object.defineProperty(window, "localStorage", { get() { throw new Error("closed"); } })"""
)
# The tour covers nothing of what it is about.
BESIDE = """() => {
  const boxOf = (name) => document.querySelector(name).getBoundingClientRect();
  const [tour, about] = [".tour", "[data-toured]"].map(boxOf);
  return tour.left >= about.right || tour.top >= about.bottom;
}"""
INVITATION = "New here? A short tour"


def tour(page: Page) -> Locator:
    return page.get_by_role("dialog")


def test_a_new_visitor_is_invited_and_led_through_the_page(visit: Visit) -> None:
    page = visit(size=(1280, 800), script=NEW)
    expect(tour(page)).to_have_count(0)  # nothing starts by itself
    page.get_by_role("button", name=INVITATION).click()
    for title in ("Draw here", "What the network says", "Train your own", "Look inside", "Keep it"):
        expect(tour(page)).to_contain_text(title)
        page.wait_for_function(BESIDE)
        assert page.evaluate("document.activeElement.closest('.tour') !== null")
        page.keyboard.press("Enter")
    expect(tour(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Tour", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name=INVITATION)).to_have_count(0)
    again = visit()
    expect(again.get_by_role("button", name="Tour", exact=True)).to_be_visible()


def test_the_pen_goes_on_and_a_press_elsewhere_or_escape_ends_it(visit: Visit) -> None:
    page = visit(size=(390, 844), script=NEW)
    assert page.evaluate("document.querySelector('#header').offsetHeight") < 90
    page.get_by_role("button", name=INVITATION).click()
    draw(page, SEVEN, lift=False)
    expect(tour(page)).to_be_hidden()
    page.mouse.up()
    expect(page.locator("#answer")).to_have_text("7")
    expect(tour(page)).to_contain_text("What the network says")
    expect(page.locator("#sketchpad canvas")).to_be_focused()
    page.locator(".head p").click()
    expect(tour(page)).to_have_count(0)
    page.get_by_role("button", name="Tour", exact=True).click()
    expect(tour(page)).to_contain_text("Draw here")
    page.keyboard.press("Escape")
    expect(tour(page)).to_have_count(0)
    assert page.locator("[data-toured]").count() == 0


def test_no_invitation_in_a_lesson_and_none_again_where_nothing_can_be_kept(visit: Visit) -> None:
    lesson = visit("#title=Rates", script=NEW)
    expect(lesson.get_by_role("button", name="Tour", exact=True)).to_be_visible()
    page = visit(script=BROKEN)
    page.get_by_role("button", name=INVITATION).click()
    page.get_by_role("button", name="Skip").click()
    expect(tour(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Tour", exact=True)).to_be_visible()
