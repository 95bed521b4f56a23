"""The drawing with its bars, kept: saved or shared as a picture, and as a link that opens it again."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect

from tests.support.browser import SEVEN, Visit, draw, open_page
from tests.support.pictures import seven


def test_a_drawing_is_saved_as_a_picture_and_copied_as_a_link(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    save = page.get_by_role("button", name="Save drawing")
    expect(save).to_be_hidden()  # where there is nothing to keep
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    with page.expect_download() as download:
        save.click()
    assert download.value.suggested_filename == "digit.png"
    download.value.save_as(tmp_path / "digit.png")
    with Image.open(tmp_path / "digit.png") as card:
        assert card.size == (1000, 560)
        colours = [card.convert("RGB").getpixel((700, 180 + 35 * digit)) for digit in range(10)]
    assert [digit for digit, colour in enumerate(colours) if colour == (79, 70, 229)] == [7]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy drawing’s link").click()
    expect(page.locator(".keep .kept")).to_contain_text("The link is copied.")
    other = visit(page.evaluate("navigator.clipboard.readText()"))
    expect(other.locator("#answer")).to_have_text("7")


_SHARES = """window.shared = [];
navigator.canShare = () => true;
navigator.share = async ({ files }) => {
  shared.push(files[0].name);
  if (shared.length === 2) throw new DOMException("left", "AbortError");
};"""


def test_a_phone_shares_it_and_a_picture_says_that_it_fits_no_link(
    browser: Browser, app_url: str
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.add_init_script(_SHARES)
    open_page(page, app_url)
    page.evaluate("(strokes) => mnist.setStrokes(strokes)", SEVEN)
    for times in (1, 2):  # the second time, the visitor thinks better of it
        page.get_by_role("button", name="Share drawing").click()
        page.wait_for_function(f"shared.length === {times}")
    assert page.evaluate("shared") == ["digit.png", "digit.png"]
    expect(page.locator(".keep .kept")).to_have_text("")
    page.locator("#sketchpad input[type=file]").set_input_files(
        {"name": "7.png", "mimeType": "image/png", "buffer": seven()}
    )
    expect(page.locator("#sketchpad .hint")).to_be_visible()
    page.get_by_role("button", name="Copy drawing’s link").click()
    expect(page.locator(".keep .kept")).to_contain_text("does not fit in a link")
    context.close()
