"""The page in a real browser: drawing, the answer, and what the visitor keeps."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.support.browser import ONE, SEVEN, Visit, draw, open_page

THREE = [[[300, 200], [500, 150], [650, 250], [600, 400], [450, 470], [640, 560], [640, 720],
          [500, 830], [300, 760]]]  # fmt: skip


def strokes(page: Page) -> int:
    return int(page.evaluate("window.mnist.strokes.length"))


def button(page: Page, name: str) -> Locator:
    return page.locator("#sketchpad").get_by_role("button", name=name, exact=True)


def ink(page: Page) -> int:
    """How many pixels of the pad's canvas hold ink."""
    return int(
        page.evaluate(
            """() => new Promise((resolve) => requestAnimationFrame(() => {
              const canvas = document.querySelector("#sketchpad canvas");
              const { data } = canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height);
              let count = 0;
              for (let i = 3; i < data.length; i += 4) count += data[i] > 127;
              resolve(count);
            }))"""
        )
    )


def test_the_page_opens_with_an_invitation(page: Page) -> None:
    expect(page).to_have_title("Draw a digit")
    expect(page.locator("#answer")).to_have_text("draw a digit")
    expect(page.locator("#answer")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#probabilities [role=meter]")).to_have_count(10)
    expect(page.locator("#probabilities [aria-valuenow='0']")).to_have_count(10)
    expect(page.get_by_role("radio", name="Ready-made")).to_be_checked()
    expect(page.get_by_role("radio", name="Yours")).to_be_disabled()


def test_bars_move_before_the_pen_is_lifted(page: Page) -> None:
    draw(page, SEVEN, lift=False)
    expect(page.locator("#probabilities [data-digit='7']")).to_have_attribute(
        "aria-valuenow", re.compile(r"^([5-9]\d|100)$")
    )
    expect(page.locator("#answer")).to_have_text("7")
    page.mouse.up()
    expect(page.locator("#answer")).to_have_text("7")
    seen = page.evaluate(
        """() => Math.max(...document.querySelector("#seen canvas").getContext("2d")
             .getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 === 0))"""
    )
    assert seen == 255


def test_undo_redo_and_clear_by_button(page: Page) -> None:
    draw(page, SEVEN)
    draw(page, ONE)
    assert strokes(page) == 2
    button(page, "Undo").click()
    assert strokes(page) == 1
    expect(page.locator("#answer")).to_have_text("7")
    button(page, "Redo").click()
    assert strokes(page) == 2
    button(page, "Clear").click()
    assert strokes(page) == 0
    expect(page.locator("#answer")).to_have_text("draw a digit")
    expect(page.locator("#probabilities [aria-valuenow='0']")).to_have_count(10)
    expect(button(page, "Clear")).to_have_attribute("aria-disabled", "true")
    button(page, "Undo").click()
    assert strokes(page) == 2


def test_undo_redo_and_clear_by_key(page: Page) -> None:
    draw(page, SEVEN)
    page.keyboard.press("Control+z")
    assert strokes(page) == 0
    page.keyboard.press("Control+Shift+Z")
    assert strokes(page) == 1
    page.keyboard.press("Delete")
    assert strokes(page) == 0
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    assert strokes(page) == 1
    page.keyboard.press("Escape")
    assert strokes(page) == 0


def test_keys_typed_into_a_field_leave_the_drawing_alone(page: Page) -> None:
    draw(page, SEVEN)
    page.evaluate("document.body.append(Object.assign(document.createElement('input'), {id: 'x'}))")
    page.locator("#x").press("Delete")
    page.locator("#x").press("Control+z")
    assert strokes(page) == 1


def test_drawing_by_keyboard(page: Page) -> None:
    page.locator("#sketchpad canvas").focus()
    page.keyboard.press("Space")
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert strokes(page) == 1
    expect(page.locator("#answer")).to_have_text("1")
    page.keyboard.press("ArrowLeft")
    assert strokes(page) == 1


def test_a_second_finger_and_a_right_button_draw_nothing(page: Page) -> None:
    page.evaluate(
        """() => {
          const canvas = document.querySelector("#sketchpad canvas");
          canvas.setPointerCapture = () => {};
          const { left, top } = canvas.getBoundingClientRect();
          const send = (type, pointerId, x, y, button = 0) => canvas.dispatchEvent(
            new PointerEvent(type, { pointerId, pointerType: "touch", button, bubbles: true,
              cancelable: true, clientX: left + x, clientY: top + y }));
          send("pointerdown", 9, 50, 50, 2);
          send("pointerdown", 1, 50, 50);
          send("pointermove", 1, 90, 90);
          send("pointerdown", 2, 200, 200);
          send("pointermove", 2, 250, 250);
          send("pointerup", 2, 250, 250);
          send("pointermove", 1, 120, 120);
          send("pointerup", 1, 120, 120);
        }"""
    )
    assert strokes(page) == 1
    assert page.evaluate("window.mnist.strokes[0].length") == 3


def test_ink_survives_a_resize_and_a_change_of_theme(page: Page) -> None:
    draw(page, SEVEN)
    before = ink(page)
    page.set_viewport_size({"width": 390, "height": 620})
    small = ink(page)
    assert 0 < small < before
    expect(page.locator("#answer")).to_have_text("7")
    page.evaluate("document.body.classList.toggle('dark')")
    assert ink(page) > 0


def test_ink_survives_a_reload(page: Page) -> None:
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    token = page.evaluate("window.mnist.session()")
    page.reload()
    expect(page.locator("#answer")).to_have_text("7")
    assert strokes(page) == 1
    assert page.evaluate("window.mnist.session()") == token


def test_two_visitors_have_their_own_session_and_drawing(page: Page, visit: Visit) -> None:
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    other = visit()
    expect(other.locator("#answer")).to_have_text("draw a digit")
    tokens = {each.evaluate("window.mnist.session()") for each in (page, other)}
    assert len(tokens) == 2


def test_a_lost_connection_is_said_calmly_and_mended(page: Page) -> None:
    def lose(route: Route) -> None:
        route.abort()

    page.route("**/mnist.safetensors", lose)
    page.reload()
    page.wait_for_function("window.mnist?.prediction")
    page.route("**/component_server/**", lose)
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("reconnecting…")
    expect(page.get_by_text("No connection: training")).to_be_visible()
    page.unroute("**/component_server/**")
    expect(page.get_by_text("No connection: training")).to_be_hidden()
    expect(page.locator("#answer")).to_have_text("7")


def test_a_forgotten_session_is_opened_again(page: Page) -> None:
    page.evaluate("sessionStorage.setItem('mnist:token', 'forgotten')")
    page.reload()
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    assert page.evaluate("sessionStorage.getItem('mnist:token')") != "forgotten"


def test_a_damaged_stored_drawing_is_dropped(page: Page) -> None:
    for stored in ("nonsense", "{}", "[[[1]]]", '[[["a", 1]]]', "[[[NaN, 1]]]"):
        page.evaluate("(text) => sessionStorage.setItem('mnist:ink', text)", stored)
        page.reload()
        page.wait_for_function("window.mnist?.prediction")
        assert page.locator("#answer").inner_text() == "draw a digit", stored
        assert strokes(page) == 0


def test_strokes_given_by_another_component_are_drawn_and_undone(page: Page) -> None:
    assert page.evaluate("(strokes) => window.mnist.setStrokes(strokes)", SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    assert not page.evaluate("window.mnist.setStrokes([[['x', 1]]])")
    button(page, "Undo").click()
    expect(page.locator("#answer")).to_have_text("draw a digit")


def test_answers_come_in_the_order_of_the_drawing(page: Page) -> None:
    page.evaluate(
        """() => {
          window.seen = [];
          window.addEventListener("mnist:prediction", (e) => window.seen.push(e.detail.seq));
        }"""
    )
    draw(page, THREE)
    expect(page.locator("#answer")).to_have_text("3")
    seen = page.evaluate("window.seen")
    assert len(seen) >= 2
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone_in_both_themes(visit: Visit, scheme: str) -> None:
    page = visit(size=(390, 844), touch=True, color_scheme=scheme)
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


def test_the_page_asks_nothing_of_other_hosts(browser: Browser, app_url: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    open_page(page, app_url)
    page.wait_for_load_state("networkidle")
    assert hosts == {urlsplit(app_url).netloc}
    context.close()


def test_the_choice_of_a_model_is_not_undone_by_an_answer_under_way(page: Page) -> None:
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    detail = page.evaluate("window.mnist.prediction")
    page.route("**/component_server/**", lambda route: None)  # never answers
    page.evaluate("window.mnist.emit('mnist:model', { model: 'yours' })")
    page.evaluate("(detail) => window.mnist.emit('mnist:prediction', detail)", detail)
    expect(page.get_by_role("radio", name="Yours")).to_be_checked()


def test_yours_falls_back_where_the_server_has_no_such_model(page: Page) -> None:
    page.evaluate("window.mnist.emit('mnist:model', { model: 'yours' })")
    expect(page.get_by_role("radio", name="Ready-made")).to_be_checked()
    expect(page.get_by_role("radio", name="Yours")).to_be_disabled()


def test_the_security_policy_blocks_nothing_that_the_page_needs(visit: Visit) -> None:
    page = visit(
        script="""window.blocked = [];
      addEventListener("securitypolicyviolation", (event) => blocked.push(event.violatedDirective));"""
    )
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    page.get_by_role("tab", name="Under the hood").click()
    page.get_by_role("button", name="Open all").click()
    expect(page.locator("[data-part=figure], [data-step=answer] img").first).to_be_visible()
    assert page.evaluate("blocked") == []


def test_eight_tabs_of_one_browser_all_answer(visit: Visit) -> None:
    for page in [visit() for _ in range(8)]:
        page.bring_to_front()
        page.evaluate("(strokes) => window.mnist.setStrokes(strokes)", SEVEN)
        expect(page.locator("#answer")).to_have_text("7")


def test_markup_in_the_address_stays_text(visit: Visit) -> None:
    tag = "<img src=x onerror=window.broken=1>"
    page = visit(f"#preset={tag}&layers={tag}&{tag}={tag}")
    expect(page.locator("#lesson")).to_contain_text("does not understand")
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("window.broken") is None


# Puts a new pad in the place of the old one, as Gradio does when it renders anew: the same script runs
# again, on an element fresh from the template. Its server notes what it is asked, and never answers.
_RENDER_ANEW = """async () => {
  const { components } = window.gradio_config;
  const template = components.find(({ props }) => props.html_template?.includes('id="sketchpad"'));
  const element = document.createElement("div");
  element.innerHTML = template.props.html_template;
  document.querySelector("#sketchpad").parentElement.replaceWith(element);
  window.asked = [];
  const predict = (payload) => { asked.push(payload.strokes.length); return new Promise(() => {}); };
  const { href } = document.querySelector("link[href$='/pad/sketchpad.js']");
  (await import(href)).mount({ element, server: { predict } });
}"""


def test_a_pad_that_is_rendered_anew_takes_over_drawing_and_keys(page: Page) -> None:
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    page.evaluate(_RENDER_ANEW)
    of_the_old: list[str] = []
    page.on("request", lambda request: of_the_old.append(request.post_data or ""))
    page.wait_for_function("asked.length === 1")
    assert page.evaluate("asked") == [1]
    draw(page, ONE)
    assert strokes(page) == 2
    page.keyboard.press("Control+z")
    assert strokes(page) == 1
    assert ink(page) > 0
    assert [each for each in of_the_old if '"predict"' in each] == []


def test_every_sample_is_read_as_its_digit(page: Page) -> None:
    samples = page.get_by_role("group", name="Sample digits").get_by_role("button")
    expect(samples).to_have_count(10)
    for digit in range(10):
        samples.nth(digit).click()
        expect(page.locator("#answer")).to_have_text(str(digit))
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#answer")).to_have_text("8")
