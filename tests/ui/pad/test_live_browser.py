"""The answer comes from the visitor's own browser, and from the server wherever that can't be."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from mnist_core.files import WEIGHTS
from mnist_core.models.checkpoints import save_checkpoint
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.ui.static import weights
from tests.support.app import App
from tests.support.browser import ONE, SEVEN, Visit, draw, train
from tests.support.halfway import halfway

FILE = "**/mnist.safetensors"
SHORT = "#preset=few&epochs=10"
LONG = "#preset=few&epochs=100&pictures=20000"

# Notes every answer, and what the page's worker says.
_NOTE = """window.answers = [];
addEventListener("mnist:prediction", ({ detail }) => answers.push(detail));
window.told = [];
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => told.push(data));
  }
};"""
# Notes what the server says of a drawing that is looked at closely, and which weights answered at the
# pad when it was asked.
_NOTE_CLOSELY = """window.closely = [];
window.versionsOf = (kind) =>
  closely.filter(({ name }) => name === kind).map(({ weights }) => weights.version);
const send = window.fetch;
window.fetch = async (address, init) => {
  const isCall = typeof init?.body === "string" && init.body.includes("fn_name");
  const { fn_name: name, data } = isCall ? JSON.parse(init.body) : {};
  const isClose = ["why", "hood_steps_of"].includes(name) && data.model === "yours";
  const atThePad = isClose && mnist.prediction.weights;
  const response = await send(address, init);
  if (isClose) {
    const { ok, digit, steps } = await response.clone().json();
    const { probabilities } = steps?.layers ?? {};
    const { weights } = data;
    if (ok && (digit ?? probabilities)) closely.push({ name, weights, atThePad, digit, probabilities });
  }
  return response;
};"""
_OF_A_TEST = '"session_hash":"test"'
_IS_HERE = "told.some(({ type, model }) => type === 'loaded' && model === 'ready')"


SEVEN_AND_ONE = [[[120, 250], [400, 250], [240, 750]], [[650, 250], [630, 750]]]


class Asked:
    """What the page asks the server for, by the names of its functions and the ends of addresses."""

    def __init__(self, page: Page) -> None:
        self.names: list[str] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        body = request.post_data or ""
        if _OF_A_TEST in body:
            return
        named = re.search(r'"fn_name":"(\w+)"', body)
        self.names.append(named[1] if named else request.url.rsplit("/", 1)[-1])

    def count(self, name: str) -> int:
        return self.names.count(name)


@pytest.fixture
def visit(visit: Visit) -> Visit:
    """Opens the page so that answers and what its worker says are noted."""

    def noted(address: str = "", *, script: str = "") -> Page:
        return visit(address, script=_NOTE + script)

    return noted


def wait_until_here(page: Page) -> None:
    page.wait_for_function(_IS_HERE)


def answer(page: Page) -> dict[str, Any]:
    """The newest answer, with what it is of the drawing alone."""
    kept = ("digit", "words", "blank", "probabilities", "likeness", "image", "model", "trained")
    detail = page.evaluate("window.mnist.prediction")
    return {name: detail[name] for name in kept}


def wait_for_the_last_weights(page: Page) -> None:
    """Until the final weights and all moments that are brought along are here."""
    page.wait_for_function(
        "[...mnist.own?.kept ?? []].length && window.mnist.prediction.version === mnist.own.version"
    )


def test_with_the_weights_here_no_answer_is_asked_of_the_server_even_for_a_number(
    visit: Visit,
) -> None:
    page = visit()
    asked = Asked(page)
    wait_until_here(page)
    before = asked.count("predict")
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    page.locator("#sketchpad").get_by_role("button", name="Clear").click()
    expect(page.locator("#answer")).to_have_text("draw a digit")
    draw(page, ONE)
    expect(page.locator("#answer")).to_have_text("1")
    page.locator("#sketchpad").get_by_role("button", name="Clear").click()
    a_number_has_its_digits_to_look_at(page)
    assert asked.count("predict") == before
    # They came once for all visits.
    address = page.evaluate("(end) => new URL(end, document.baseURI).href", weights()["address"])
    from_disk = page.evaluate(
        """async (address) => {
          const response = await fetch(address, { cache: "only-if-cached", mode: "same-origin" });
          return [response.status, response.headers.get("Cache-Control")];
        }""",
        address,
    )
    assert from_disk == [200, "public, max-age=31536000, immutable"]


def test_a_slow_link_is_no_reason_to_wait(visit: Visit, profile: BrowserContext) -> None:
    profile.route(FILE, lambda route: None)  # never comes
    page = visit()
    asked = Asked(page)
    a_number_has_its_digits_to_look_at(page)
    assert asked.count("predict") > 0


def a_number_has_its_digits_to_look_at(page: Page) -> None:
    digits = page.locator(".digits button")
    bar = page.locator("#probabilities [data-digit='7']")
    draw(page, SEVEN_AND_ONE[:1])
    expect(page.locator("#answer")).to_have_text("7")
    expect(digits).to_have_count(0)
    draw(page, SEVEN_AND_ONE[1:])
    expect(page.locator("#answer")).to_have_text("71")
    expect(digits).to_have_count(2)
    expect(digits.last).to_have_attribute("aria-pressed", "true")
    expect(bar).to_have_attribute("aria-valuenow", "0")
    digits.first.hover()
    expect(bar).not_to_have_attribute("aria-valuenow", "0")
    page.mouse.move(0, 0)
    expect(bar).to_have_attribute("aria-valuenow", "0")
    digits.first.focus()
    expect(bar).not_to_have_attribute("aria-valuenow", "0")
    expect(page.locator("#probabilities")).to_have_attribute(
        "aria-label", "Probability of each digit as digit 1 of 2"
    )
    page.locator("#why summary").click()
    expect(page.locator("#why .words")).to_contain_text("say 7")
    page.locator("#sketchpad").get_by_role("button", name="Clear").click()
    expect(page.locator(".digits")).to_be_hidden()


def test_the_change_over_changes_no_answer(visit: Visit, profile: BrowserContext) -> None:
    held: list[Route] = []
    profile.route(FILE, lambda route: held.append(route))
    with profile.expect_event("request", lambda request: request.url.endswith(".safetensors")):
        page = visit()
    page.evaluate("(strokes) => mnist.setStrokes(strokes)", SEVEN)
    page.wait_for_function("mnist.prediction.words === '7'")
    before = answer(page)
    seen = page.locator("#probabilities").inner_text()
    held[0].continue_()
    wait_until_here(page)
    page.evaluate("answers.splice(0), mnist.emit('mnist:model', { model: 'ready' })")
    page.wait_for_function("answers.length && mnist.prediction.version === 1")
    after = answer(page)
    for name in ("probabilities", "likeness"):  # four decimals; the last may differ
        assert after.pop(name) == pytest.approx(before.pop(name), abs=2e-4)
    assert after == before
    assert page.locator("#probabilities").inner_text() == seen


def test_the_weights_wait_for_the_pen_to_rest(visit: Visit) -> None:
    page = visit(
        script="""
        window.requestIdleCallback = (work) => (window.idle = work);
        window.isAsked = false;
        const Real = window.Worker;
        window.Worker = class extends Real {
          postMessage(message, ...rest) {
            window.isAsked ||= message.type === "weights";
            super.postMessage(message, ...rest);
          }
        };"""
    )
    page.wait_for_function("Boolean(window.idle)")
    is_asked = page.evaluate(
        """async () => {
          const canvas = document.querySelector("#sketchpad canvas");
          const { left, top } = canvas.getBoundingClientRect();
          const options = { pointerId: 1, pointerType: "mouse", isPrimary: true, buttons: 1 };
          for (const [type, x] of [["pointerdown", 50], ["pointermove", 90]]) {
            const place = { clientX: left + x, clientY: top + 50 };
            canvas.dispatchEvent(new PointerEvent(type, { bubbles: true, ...options, ...place }));
          }
          window.idle();
          await new Promise((resolve) => setTimeout(resolve));
          return [mnist.strokes.length, window.isAsked];
        }"""
    )
    assert is_asked == [1, False]
    wait_until_here(page)


# What else may be wrong with them, `test_in_browser` tells the page's worker.
def test_weights_that_are_damaged_leave_the_server_answering(
    visit: Visit, profile: BrowserContext
) -> None:
    altered = WEIGHTS.read_bytes()[:-1] + b"\x99"
    profile.route(FILE, lambda route: route.fulfill(body=altered))
    page = visit()
    asked = Asked(page)
    page.wait_for_function("told.some(({ type }) => type === 'failed')")
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    assert asked.count("predict") > 0
    assert not page.evaluate(_IS_HERE)


def test_a_browser_without_module_workers_asks_the_server(visit: Visit) -> None:
    page = visit(  # an error is all that comes
        script="""window.Worker = class {
          postMessage() {}
          terminate() {}
          set onerror(hear) { setTimeout(hear); }
        };"""
    )
    asked = Asked(page)
    draw(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    assert asked.count("predict") > 0


def test_a_worker_that_falls_silent_is_given_up(visit: Visit) -> None:
    page = visit(
        script="""
        const Real = window.Worker;
        window.Worker = class extends Real {
          postMessage(message, ...rest) {
            if (window.silent && message.type === "strokes") window.isAsked = true;
            else super.postMessage(message, ...rest);
          }
        };"""
    )
    wait_until_here(page)
    page.clock.install()
    page.evaluate("window.silent = true")
    asked = Asked(page)
    draw(page, SEVEN)
    page.wait_for_function("window.isAsked")
    for patience_ms in (5000, 500):  # as a device's sleep may have taken the first
        page.clock.fast_forward(patience_ms)
    expect(page.locator("#answer")).to_have_text("7")
    assert asked.count("predict") > 0


def model_file(path: Path, *sizes: int) -> Path:
    """A model with hidden layers of those sizes, whose answers depend on the drawing."""
    model = MLP(MLPConfig(hidden_sizes=sizes), generator=torch.Generator().manual_seed(sizes[0]))
    with torch.no_grad():
        for layer in model.linear_layers:
            layer.weight.mul_(3)
    save_checkpoint(model, path)
    return path


def load_model(page: Page, file: Path) -> None:
    """Loads a model, until the server answers with it."""
    page.evaluate("answers.splice(0), mnist.emit('mnist:own', { own: null, trained: false })")
    page.get_by_label("Model file").set_input_files(file)
    page.wait_for_function("answers.some(({ model }) => model === 'yours')")


def wait_for_yours(page: Page) -> None:
    """Until the weights of the visitor's own model answer here, from now on."""
    page.wait_for_function(
        """() => {
          const { own, prediction } = window.mnist;
          const isHere = told.some(({ type, model }) => type === "loaded" && model === `yours/${own?.run}`);
          return isHere && prediction.asked === "yours" && prediction.version === own.version;
        }"""
    )


class TestLoaded:
    def test_it_answers_here_as_the_server_does_and_goes_on_without_it(
        self, visit: Visit, profile: BrowserContext, tmp_path: Path
    ) -> None:
        page = visit()
        wait_until_here(page)
        draw(page, SEVEN)
        load_model(page, model_file(tmp_path / "first.safetensors", 12))
        wait_for_yours(page)
        first = answer(page)
        load_model(page, model_file(tmp_path / "second.safetensors", 24, 16))
        wait_for_yours(page)
        assert answer(page)["probabilities"] != first["probabilities"]
        agrees_with_the_server(page)
        page.reload()
        page.wait_for_function("window.mnist?.own")
        wait_for_yours(page)
        agrees_with_the_server(page)
        asked = Asked(page)
        draw(page, ONE)
        agrees_with_the_server(page)
        profile.set_offline(True)
        expect(page.get_by_text("No connection: training")).to_be_visible()
        before = answer(page)["probabilities"]
        page.locator("#sketchpad").get_by_role("button", name="Clear").click()
        draw(page, ONE)
        expect(page.locator("#answer")).not_to_have_text(re.compile("draw|reconnecting"))
        assert answer(page)["model"] == "yours"
        assert answer(page)["probabilities"] != before
        assert asked.count("predict") == 0

    def test_what_can_t_answer_here_stays_with_the_server_without_a_word(
        self, visit: Visit, profile: BrowserContext, tmp_path: Path
    ) -> None:
        page = visit()
        wait_until_here(page)
        draw(page, SEVEN)
        asked = Asked(page)
        load_model(page, model_file(tmp_path / "large.safetensors", 1100))
        agrees_with_the_server(page)
        assert asked.count("weights") == 0
        profile.route("**/page/weights", spoil)
        load_model(page, model_file(tmp_path / "good.safetensors", 12))
        page.wait_for_function("told.some(({ type }) => type === 'failed')")
        before = asked.count("predict")
        draw(page, ONE)
        agrees_with_the_server(page)
        assert asked.count("predict") > before
        expect(page.locator("#lab .kept")).to_contain_text("It answers for your drawing now.")


# What is tried again half a minute later, and after that, is not.
_NO_NEXT_TRY = """
const { setTimeout: real } = window;
window.setTimeout = (work, ms, ...rest) => (ms >= 30_000 ? 0 : real(work, ms, ...rest));
"""


def test_who_leaves_in_the_middle_of_the_weights_finds_the_pad_answering(
    visit: Visit, start_app: Callable[..., App], tmp_path: Path
) -> None:
    app = start_app()
    with halfway(app.port) as line:
        page = visit(line.url)
        line.wait_for(1)
        page.close()
        page = visit(line.url, script=_NO_NEXT_TRY)
        line.wait_for(2)
        draw(page, SEVEN)
        expect(page.locator("#answer")).to_have_text("7")
        load_model(page, model_file(tmp_path / "own.safetensors", 12))
        line.wait_for(3)
        page.reload()  # in the middle of both
        line.wait_for(5)
        agrees_with_the_server(page)
        line.cut()
        page.wait_for_function("told.some(({ type }) => type === 'failed')")
        line.wait_for(6)  # the visitor's own are asked for again
        page.get_by_text("Ready-made", exact=True).click()
        expect(page.locator("#answer")).to_have_text("7")

        other = visit(line.url, script=_NO_NEXT_TRY)
        line.wait_for(7)
        app.kill()  # in the middle of both visitors' weights
        line.cut()
        for each in (page, other):
            each.evaluate("(strokes) => mnist.setStrokes(strokes)", SEVEN)  # asks for an answer
            expect(each.get_by_text("No connection: training")).to_be_visible()
        line.is_open = True
        start_app(port=app.port)
        for each in (page, other):
            each.evaluate("dispatchEvent(new Event('online'))")  # it looks for the server at once
            wait_until_here(each)
            asked = Asked(each)
            each.evaluate("(strokes) => mnist.setStrokes(strokes)", ONE)
            expect(each.locator("#answer")).to_have_text("1")
            assert asked.count("predict") == 0


@pytest.mark.usefixtures("mnist")
class TestYours:
    def test_it_moves_here_while_it_trains_with_all_that_shows_it_and_ends_as_the_servers(
        self, visit: Visit
    ) -> None:
        page = visit(LONG, script=_NOTE_CLOSELY)
        wait_until_here(page)
        draw(page, SEVEN)
        asked = Asked(page)
        train(page, until=r"^Training: epoch")
        page.wait_for_function(
            "new Set(answers.filter(({ asked, version }) => asked === 'yours' && version)"
            ".map(({ version }) => version)).size > 3"
        )
        while_training = asked.count("predict")
        under_the_hood_and_why_show_the_pads_answer(page)
        page.get_by_role("button", name="Stop", exact=True).click()
        wait_for_the_last_weights(page)
        versions = page.evaluate(
            "answers.filter(({ asked, version }) => asked === 'yours' && version)"
            ".map(({ version }) => version)"
        )
        assert versions == sorted(versions)
        assert asked.count("predict") == while_training  # only before the first weights had come
        agrees_with_the_server(page)

    def test_it_is_no_other_visitors_and_cut_off_it_goes_on_with_both_models_and_moments(
        self, visit: Visit, profile: BrowserContext
    ) -> None:
        page = visit(SHORT)
        wait_until_here(page)
        draw(page, SEVEN)
        asked = Asked(page)
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        train(page)
        wait_for_the_last_weights(page)
        own = page.evaluate("mnist.own")
        token = page.evaluate("mnist.session()")
        assert [each for each in addresses if token in each] == []
        assert any(each.endswith("/page/weights") for each in addresses)
        other = visit()
        assert weights_of(page, token, own["run"]) == "application/octet-stream"
        assert weights_of(other, other.evaluate("mnist.session()"), own["run"]) == "gone"
        assert weights_of(other, token[:-1] + "?", own["run"]) == "session"
        other.close()
        count = page.evaluate("mnist.own.kept.length")
        page.wait_for_function(
            "(count) => told.filter(({ type, model }) =>"
            " type === 'loaded' && model.startsWith('yours/1/')).length === count",
            arg=count,
        )
        assert asked.count("weights") > count
        seven = page.locator("#probabilities [data-digit='7']")
        newest = seven.get_attribute("aria-valuenow")
        profile.set_offline(True)
        expect(page.get_by_text("No connection: training")).to_be_visible()
        page.locator("#lab-moment").press("Home")
        expect(page.locator(".time output")).to_contain_text("Before the first step")
        expect(seven).to_have_attribute("aria-valuenow", re.compile(r"^1?\d$"))
        page.get_by_role("button", name="Now").click()
        expect(seven).to_have_attribute("aria-valuenow", str(newest))
        page.get_by_text("Ready-made", exact=True).click()
        page.locator("#sketchpad").get_by_role("button", name="Clear").click()
        draw(page, ONE)
        expect(page.locator("#answer")).to_have_text("1")
        page.get_by_text("Yours", exact=True).click()
        page.locator("#lab-moment").press("Home")
        profile.set_offline(False)
        expect(page.get_by_text("No connection: training")).to_be_hidden()
        # The server is told where the slider stands, and the slider stays there.
        expect(page.locator(".matrix-note")).to_contain_text("held-out pictures")
        page.wait_for_function("mnist.prediction.asked === 'yours'")
        agrees_with_the_server(page)
        expect(page.locator("#lab-moment")).to_have_value("0")

    def test_weights_that_are_damaged_leave_the_server_answering(
        self, visit: Visit, profile: BrowserContext
    ) -> None:
        profile.route("**/page/weights", spoil)
        page = visit(SHORT)
        wait_until_here(page)
        draw(page, SEVEN)
        asked = Asked(page)
        train(page)
        page.wait_for_function("mnist.prediction.model === 'yours' && mnist.own?.kept.length")
        answers = page.evaluate("answers.length")
        draw(page, ONE)
        page.wait_for_function(
            "(count) => answers.length > count && mnist.prediction.asked === 'yours'", arg=answers
        )
        assert asked.count("predict") > 0
        assert page.evaluate(
            "told.every(({ type, model }) => type !== 'loaded' || model === 'ready')"
        )


def under_the_hood_and_why_show_the_pads_answer(page: Page) -> None:
    page.locator("#why summary").click()
    page.get_by_role("tab", name="Under the hood").click()
    page.locator("#hood").get_by_role("button", name="Close all").click()
    page.locator("#hood section[data-step=layers] summary").click()
    for kind in ("hood_steps_of", "why"):
        page.wait_for_function(f"new Set(versionsOf('{kind}')).size > 3")
    seen = page.evaluate("closely")
    answers = page.evaluate("answers.filter(({ model }) => model === 'yours')")
    shown = {each["weights"]["version"]: each["probabilities"] for each in answers}
    for each in seen:
        # Of what the pad showed at that moment, and the same.
        assert each["weights"] == each["atThePad"]
        at_the_pad = shown[each["weights"]["version"]]
        if each["name"] == "why":
            assert at_the_pad[each["digit"]] == max(at_the_pad)
        else:
            assert each["probabilities"] == pytest.approx(at_the_pad, abs=2e-3)
    page.get_by_role("tab", name="Train").click()


def spoil(route: Route) -> None:
    route.fulfill(
        status=200,
        body=b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ",
        headers={"Content-Type": "application/octet-stream", "X-Version": "7"},
    )


def weights_of(page: Page, token: str, run: int) -> str:
    """The kind of file that comes, or the code of the refusal."""
    return str(
        page.evaluate(
            """async ([token, run]) => {
              const address = new URL("page/weights", document.baseURI);
              const body = JSON.stringify({ token, run, step: null });
              const response = await fetch(address, { method: "POST", body });
              const kind = response.headers.get("Content-Type");
              return kind === "application/json" ? (await response.json()).code : kind;
            }""",
            [token, run],
        )
    )


_ASK = """async ([name, payload]) => {
  const { components, root, api_prefix } = window.gradio_config;
  const component_id = components.find(({ props }) => props?.server_fns?.includes(name)).id;
  const data = { token: await mnist.session(), ...payload };
  const body = JSON.stringify({ component_id, fn_name: name, session_hash: "test", data });
  const headers = { "Content-Type": "application/json" };
  const options = { method: "POST", headers, body };
  return (await fetch(`${root}${api_prefix}/component_server/`, options)).json();
}"""
_SERVER_AGREES = f"""async () => {{
  const there = await ({_ASK})(["predict", {{ strokes: mnist.strokes, model: "yours", seq: 0 }}]);
  const here = mnist.prediction;
  const isNear = (value, i) => Math.abs(value - here.probabilities[i]) < 2e-4;
  return here.words === there.words && there.probabilities.every(isNear);
}}"""


def agrees_with_the_server(page: Page) -> None:
    """Waits until the visitor's own model answers as the server's does, whatever the page does."""
    page.wait_for_function(_SERVER_AGREES)
