"""Pictures on the pad in a real browser: the ways in, the way back, and what is told meanwhile."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from mnist_core.ink.picture_file import NO_INK
from tests.support.browser import ONE, Visit, draw, open_page, reload
from tests.support.picture_files import blank_files, refused_files
from tests.support.pictures import seven, touching_74_file

SEVEN: FilePayload = {"name": "seven.png", "mimeType": "image/png", "buffer": seven()}
ROUTE = "**/page/picture"


@pytest.fixture
def page(visit: Visit) -> Page:
    """The open page of a visitor of its own: one may send three pictures at once."""
    return visit()


# A drop on the pad, or a paste, of files or of an address.
_GIVE = """async ([kind, file, address]) => {
  const data = new DataTransfer();
  if (file) {
    const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], "seven.png", { type: "image/png" }));
  }
  if (address) for (const type of ["text/uri-list", "text/plain"]) data.setData(type, address);
  const [Event, name, at] = kind === "drop"
    ? [DragEvent, "dataTransfer", document.querySelector("#sketchpad canvas")]
    : [ClipboardEvent, "clipboardData", document.body];
  const dispatch = (type) =>
    at.dispatchEvent(new Event(type, { [name]: data, bubbles: true, cancelable: true }));
  if (kind === "drop") dispatch("dragover");
  const highlighted = document.querySelector("#sketchpad").hasAttribute("data-over");
  dispatch(kind);
  return highlighted;
}"""


def give(page: Page, kind: str, *, file: bytes = b"", address: str = "") -> bool:
    return bool(page.evaluate(_GIVE, [kind, base64.b64encode(file).decode(), address]))


def choose(page: Page, file: FilePayload) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Picture").click()
    chooser.value.set_files(file)


def press(page: Page, name: str) -> None:
    page.locator("#sketchpad").get_by_role("button", name=name).click()


def see(page: Page, words: str, *, picture: bool) -> None:
    expect(page.locator("#answer")).to_have_text(words)
    expect(page.locator("#sketchpad .hint")).to_be_visible(visible=picture)
    assert page.evaluate("mnist.picture !== null") is picture


def note(page: Page) -> Any:
    return expect(page.locator("#sketchpad .note"))


def test_a_chosen_picture_is_read_and_undone_like_a_stroke(page: Page) -> None:
    draw(page, ONE)
    see(page, "1", picture=False)
    choose(page, SEVEN)
    see(page, "7", picture=True)
    expect(page.locator("#sketchpad .read")).to_have_text("A picture was read: 7")
    press(page, "Undo")
    see(page, "1", picture=False)
    press(page, "Redo")
    see(page, "7", picture=True)
    press(page, "Clear")
    see(page, "draw a digit", picture=False)
    press(page, "Undo")
    see(page, "7", picture=True)
    draw(page, ONE)
    see(page, "1", picture=False)
    press(page, "Undo")
    see(page, "7", picture=True)
    page.wait_for_function(  # on the 7's roof, and on the paper beside it
        """() => {
          const canvas = document.querySelector("#sketchpad canvas");
          const context = canvas.getContext("2d");
          const at = (x, y) => context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data;
          const [ink, paper] = [at(0.5, 0.35), at(0.3, 0.6)];
          return ink[3] === 255 && ink[0] < 60 && paper[3] > 40 && paper[3] < 120;
        }"""
    )


def test_digits_that_touch_are_read_together_and_a_reload_keeps_that(page: Page) -> None:
    touching: FilePayload = {
        "name": "74.png",
        "mimeType": "image/png",
        "buffer": touching_74_file(),
    }
    choose(page, SEVEN)
    see(page, "7", picture=True)
    expect(page.locator(".together")).to_be_hidden()
    choose(page, touching)
    see(page, "74", picture=True)
    expect(page.locator(".together")).to_be_visible()
    shown = page.locator("#probabilities [data-digit='4']").get_attribute("aria-valuenow")
    reload(page)
    see(page, "74", picture=True)
    expect(page.locator(".together")).to_be_visible()
    expect(page.locator("#probabilities [data-digit='4']")).to_have_attribute(
        "aria-valuenow", shown or ""
    )


def test_a_picture_is_dropped_or_pasted_but_no_address_is_fetched(page: Page) -> None:
    for kind in ("drop", "paste"):
        assert give(page, kind, file=seven()) is (kind == "drop")  # highlighted while it is held
        see(page, "7", picture=True)
        expect(page.locator("#sketchpad")).not_to_have_attribute("data-over", "")
        press(page, "Clear")
        see(page, "draw a digit", picture=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for kind in ("drop", "paste"):
        give(page, kind, address="https://example.org/seven.png")
        note(page).to_contain_text("an address, not a picture")
        draw(page, ONE)
        note(page).to_be_hidden()
    assert not [url for url in asked if "example" in url or url.endswith("/page/picture")]


def test_a_bad_file_is_told_in_a_sentence_and_the_pad_keeps_what_it_had(page: Page) -> None:
    choose(page, SEVEN)
    see(page, "7", picture=True)
    for data, said in (refused_files()["400 megapixels"], (blank_files()["all white"], NO_INK)):
        choose(page, {"name": "bad.png", "mimeType": "image/png", "buffer": data})
        note(page).to_contain_text(said)
        see(page, "7", picture=True)
    draw(page, ONE)
    note(page).to_be_hidden()


@pytest.fixture
def held(page: Page) -> list[Route]:
    """The pictures that are on their way, which goes on when a test says so."""
    routes: list[Route] = []
    page.route(ROUTE, lambda route: routes.append(route))
    return routes


def test_one_sees_that_a_slow_picture_is_under_way_and_the_pen_goes_before_it(
    page: Page, held: list[Route]
) -> None:
    sending = page.locator("#sketchpad .sending")
    stops: tuple[Callable[[], None], ...] = (lambda: draw(page, ONE), lambda: press(page, "Clear"))
    for stop in stops:
        with page.expect_request(ROUTE):
            choose(page, SEVEN)
        expect(sending).to_be_visible()
        with page.expect_event("requestfailed"):
            stop()
        expect(sending).to_be_hidden()
    see(page, "draw a digit", picture=False)
    assert len(held) == 2


def test_a_forgotten_session_is_opened_again_and_a_lost_connection_told(page: Page) -> None:
    forgotten = {"ok": False, "code": "session", "error": "Reconnecting."}
    page.route(ROUTE, lambda route: route.fulfill(json=forgotten), times=1)
    choose(page, SEVEN)
    see(page, "7", picture=True)
    page.route(ROUTE, lambda route: route.abort(), times=1)
    choose(page, SEVEN)
    note(page).to_contain_text("there is no connection")


def test_the_other_parts_of_the_page_see_it_and_a_reload_keeps_it_until_it_is_cleared(
    page: Page,
) -> None:
    choose(page, SEVEN)
    see(page, "7", picture=True)
    reload(page)
    page.wait_for_function("window.mnist.picture")
    see(page, "7", picture=True)
    assert page.evaluate("localStorage.getItem('mnist:picture')") is None
    page.locator(".why summary").click()
    expect(page.locator(".why .words")).to_contain_text("say 7")
    page.get_by_role("tab", name="Under the hood").click()
    stages = page.locator("#hood [data-step=stages]")
    expect(stages.locator("[data-part=found] .label")).to_have_text(
        ["As sent", "Ink alone", "Crop", "Scale, centre"]
    )
    expect(stages.locator(".small-bar[data-winner] .digit")).to_have_text("7")
    expect(stages.locator("pre")).to_contain_text("def find_ink")
    expect(stages.get_by_role("group", name="Stages")).to_be_hidden()
    press(page, "Clear")
    assert page.evaluate("sessionStorage.getItem('mnist:picture')") is None
    page.evaluate("(strokes) => mnist.setStrokes(strokes)", ONE)
    expect(stages.get_by_role("group", name="Stages")).to_be_visible()
    expect(stages.locator("pre")).to_contain_text("def each_stage")


@pytest.fixture
def phone(browser: Browser, app_url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.on("filechooser", lambda chooser: None)  # intercepted from now on, not only in a moment
    open_page(page, app_url)
    yield page
    context.close()


def test_on_a_phone_the_button_is_at_hand_and_nothing_is_wider_than_the_screen(
    phone: Page,
) -> None:
    phone.get_by_role("button", name="Clear").focus()
    phone.keyboard.press("Tab")
    with phone.expect_file_chooser() as chooser:
        phone.keyboard.press("Enter")
    assert chooser.value.element.get_attribute("accept") == "image/*"
    chooser.value.set_files(SEVEN)
    see(phone, "7", picture=True)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
