"""The page in a real browser: drawing, the answer, and what the visitor keeps."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from tests.support.browser import ONE, SEVEN, Visit, draw, reload, resize

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
    page.evaluate("document.querySelector('#x').remove()")


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
          delete canvas.setPointerCapture;
        }"""
    )
    assert strokes(page) == 1
    assert page.evaluate("window.mnist.strokes[0].length") == 3


def test_ink_survives_a_resize_and_a_change_of_theme(page: Page) -> None:
    draw(page, SEVEN)
    before = ink(page)
    resize(page, (390, 620))
    small = ink(page)
    assert 0 < small < before
    expect(page.locator("#answer")).to_have_text("7")
    page.evaluate("document.body.classList.toggle('dark')")
    assert ink(page) > 0
    page.evaluate("document.body.classList.toggle('dark')")


def test_ink_survives_a_reload(page: Page) -> None:
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    token = page.evaluate("window.mnist.session()")
    reload(page)
    expect(page.locator("#answer")).to_have_text("7")
    assert strokes(page) == 1
    assert page.evaluate("window.mnist.session()") == token


def test_another_visitor_is_invited_and_has_their_own_session_and_drawing(
    page: Page, visit: Visit
) -> None:
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    other = visit()
    expect(other).to_have_title("Draw a digit")
    expect(other.locator("#answer")).to_have_text("draw a digit")
    expect(other.locator("#answer")).to_have_attribute("aria-live", "polite")
    expect(other.locator("#probabilities [role=meter]")).to_have_count(10)
    expect(other.locator("#probabilities [aria-valuenow='0']")).to_have_count(10)
    expect(other.get_by_role("radio", name="Ready-made")).to_be_checked()
    expect(other.get_by_role("radio", name="Yours")).to_be_disabled()
    tokens = {each.evaluate("window.mnist.session()") for each in (page, other)}
    assert len(tokens) == 2


def test_a_lost_connection_is_said_calmly_and_mended(visit: Visit, profile: BrowserContext) -> None:
    profile.route("**/mnist.safetensors", lambda route: route.abort())
    page = visit()
    page.route("**/component_server/**", lambda route: route.abort())
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("reconnecting…")
    expect(page.get_by_text("No connection: training")).to_be_visible()
    page.unroute("**/component_server/**")
    expect(page.get_by_text("No connection: training")).to_be_hidden()
    expect(page.locator("#answer")).to_have_text("7")


def test_a_forgotten_session_is_opened_again(page: Page) -> None:
    page.evaluate("sessionStorage.setItem('mnist:token', 'forgotten')")
    reload(page)
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    assert page.evaluate("sessionStorage.getItem('mnist:token')") != "forgotten"


def test_a_damaged_stored_drawing_is_dropped(page: Page) -> None:
    page.evaluate("sessionStorage.setItem('mnist:ink', '[[[\"a\", 1]]]')")
    reload(page)
    assert page.locator("#answer").inner_text() == "draw a digit"
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


def test_yours_falls_back_where_the_server_has_no_such_model_but_not_by_an_answer_under_way(
    visit: Visit,
) -> None:
    page = visit()
    page.evaluate("window.mnist.emit('mnist:model', { model: 'yours' })")
    expect(page.get_by_role("radio", name="Ready-made")).to_be_checked()
    expect(page.get_by_role("radio", name="Yours")).to_be_disabled()
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    detail = page.evaluate("window.mnist.prediction")
    page.route("**/component_server/**", lambda route: None)  # never answers
    page.evaluate("window.mnist.emit('mnist:model', { model: 'yours' })")
    page.evaluate("(detail) => window.mnist.emit('mnist:prediction', detail)", detail)
    expect(page.get_by_role("radio", name="Yours")).to_be_checked()


def test_the_page_asks_nothing_of_other_hosts_and_its_security_policy_blocks_nothing_of_its_own(
    visit: Visit, profile: BrowserContext, app_url: str
) -> None:
    hosts = set()

    def note(request: Request) -> None:
        hosts.add(urlsplit(request.url).netloc)

    profile.on("request", note)
    page = visit(
        script="""window.blocked = [];
      addEventListener("securitypolicyviolation", (event) => blocked.push(event.violatedDirective));"""
    )
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    page.get_by_role("tab", name="Under the hood").click()
    page.get_by_role("button", name="Open all").click()
    expect(page.locator("[data-part=figure], [data-step=answer] img").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("blocked") == []
    profile.remove_listener("request", note)
    assert hosts - {""} == {urlsplit(app_url).netloc}  # figures come in their own addresses


# One more than a browser has connections to a server.
def test_seven_tabs_of_one_browser_all_answer(visit: Visit) -> None:
    for page in [visit() for _ in range(7)]:
        page.bring_to_front()
        page.evaluate("(strokes) => window.mnist.setStrokes(strokes)", SEVEN)
        expect(page.locator("#answer")).to_have_text("7")


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


def test_a_pad_that_is_rendered_anew_takes_over_drawing_and_keys(visit: Visit) -> None:
    page = visit()
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


def test_a_page_at_rest_asks_for_no_frames(visit: Visit) -> None:
    # What moves on Gradio's loading screen does so for seconds more.
    page = visit(
        script="""
        window.asked = [];
        const ask = window.requestAnimationFrame;
        window.requestAnimationFrame = (work) => {
          window.asked.push(new Error().stack);
          return ask(work);
        };"""
    )
    asked = page.evaluate(
        """async () => {
          for (let tries = 0; tries < 60; tries++) {
            window.asked = [];
            await new Promise((resolve) => setTimeout(resolve, 500));
            if (!window.asked.length) return [];
          }
          return [...new Set(window.asked)];
        }"""
    )
    assert asked == []
