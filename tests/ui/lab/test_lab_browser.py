"""The laboratory in a real browser: train, pause, step, go back in time, keep and share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from mnist_core.data.datasets import Splits
from tests.support.browser import PATIENCE_MS, SEVEN, Visit, draw, reload, train, visits

pytestmark = pytest.mark.usefixtures("mnist")

LONG = "#preset=few&epochs=100&pictures=20000"  # still going whenever it is looked at
SHORT = "#preset=few&epochs=10"


@pytest.fixture
def visit(visit: Visit) -> Visit:
    """Opens the page once it can train."""

    def ready(address: str = "") -> Page:
        page = visit(address)
        expect(button(page, "Train")).to_be_enabled()
        return page

    return ready


@pytest.fixture(scope="module")
def trained(profile: BrowserContext, app_url: str, mnist: Splits) -> Iterator[Page]:
    """A visitor with a seven and a training that is done, for tests that leave both as they are."""
    with visits(profile, app_url) as visit:
        page = visit(SHORT)
        draw(page, SEVEN)
        train(page)
        yield page


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def status(page: Page) -> Locator:
    return page.locator("#status")


def step(page: Page) -> int:
    found = re.search(r"step ([\d,]+)", page.locator(".figures").inner_text())
    return int(found[1].replace(",", "")) if found else -1


def loss(page: Page) -> float:
    found = re.search(r"loss ([\d.]+)", page.locator(".figures").inner_text())
    return float(found[1]) if found else float("inf")


def losses(page: Page, tmp_path: Path) -> list[str]:
    """The training losses in the history that the page lets one keep."""
    with page.expect_download() as download:
        button(page, "History as CSV").click()
    path = tmp_path / "history.csv"
    download.value.save_as(path)
    rows = [line.split(",") for line in path.read_text().splitlines()]
    assert rows[0] == ["run", "kind", "step", "loss", "accuracy", "seconds"]
    return [row[3] for row in rows if row[1] == "training"]


def test_a_training_answers_for_the_drawing_while_it_learns_and_is_heard_now_and_then(
    visit: Visit,
) -> None:
    page = visit(f"{LONG}&rate=0.002")  # slowly: who is sure of a 7 answers the same from then on
    draw(page, SEVEN)
    page.evaluate(
        "window.seen = new Set();"
        "addEventListener('mnist:prediction', (e) => e.detail.model === 'yours' &&"
        " seen.add(e.detail.probabilities[7]));"
        "window.told = [0, 0]; ['.announcement', '#status'].forEach((name, i) =>"
        " new MutationObserver(() => told[i]++).observe(document.querySelector(name),"
        " {childList: true, characterData: true, subtree: true}))"
    )
    train(page, until=r"^Training: epoch")
    page.wait_for_function("seen.size > 5 && told[1] > 15", timeout=PATIENCE_MS)
    heard, shown = page.evaluate("told")
    assert 1 <= heard < shown / 2
    button(page, "Stop").click()
    expect(status(page)).to_contain_text("test pictures are read right", timeout=PATIENCE_MS)
    expect(page.locator(".announcement")).to_contain_text(re.compile("^(Done|Stopped)"))


def test_a_training_goes_by_steps_pauses_resumes_and_takes_another_setting(visit: Visit) -> None:
    page = visit(f"{LONG}&rate=0.000001")
    button(page, "Step").click()  # before any training
    expect(status(page)).to_contain_text("Paused at step 1,", timeout=PATIENCE_MS)
    button(page, "Resume").click()
    expect(status(page)).to_have_text(re.compile(r"^Training: epoch"), timeout=PATIENCE_MS)
    button(page, "Pause").click()
    expect(status(page)).to_have_text(re.compile(r"^Paused at step"))
    before = step(page)
    button(page, "Step").click()
    expect(status(page)).to_contain_text(f"Paused at step {before + 1},")
    button(page, "Step").click()
    expect(status(page)).to_contain_text(f"Paused at step {before + 2},")
    button(page, "Resume").click()
    expect(status(page)).to_have_text(re.compile(r"^Training"))
    page.wait_for_function(
        "was => Number(/step ([\\d,]+)/.exec(document.querySelector('.figures').textContent)[1]"
        ".replace(',', '')) > was",
        arg=before + 20,
    )
    assert loss(page) > 2.1
    page.get_by_label("Learning rate").fill("0.2")
    page.get_by_label("Learning rate").blur()
    page.wait_for_function(
        "Number(/loss ([\\d.]+)/.exec(document.querySelector('.figures').textContent)[1]) < 1.5",
        timeout=PATIENCE_MS,
    )
    button(page, "Stop").click()
    expect(status(page)).to_have_text(re.compile(r"^Stopped"), timeout=PATIENCE_MS)


# What is said of the pictures once something is learnt, and before: of fewer where measuring takes long.
LEARNT = re.compile(r"^[6-9]\d\.\d % of 5,000 held-out pictures")
GUESSED = re.compile(r"^[1-3]?\d\.\d % of [\d,]+ held-out pictures")


def test_the_slider_goes_back_in_time(trained: Page) -> None:
    page = trained
    note = page.locator(".matrix-note")
    expect(note).to_have_text(LEARNT)
    seven = page.locator('#probabilities [data-digit="7"]')
    expect(seven).not_to_have_attribute("aria-valuenow", re.compile(r"^1?\d$"))
    page.locator("#lab-moment").fill("0")
    expect(page.locator(".time output")).to_contain_text("Before the first step")
    expect(seven).to_have_attribute("aria-valuenow", re.compile(r"^1?\d$"))
    expect(note).to_have_text(GUESSED)
    button(page, "Now").click()
    expect(note).to_have_text(LEARNT)
    expect(seven).not_to_have_attribute("aria-valuenow", re.compile(r"^1?\d$"))


def test_a_reload_keeps_the_run_its_moment_the_choice_and_the_set_up(visit: Visit) -> None:
    page = visit("")
    page.get_by_label("Start from").select_option("few")
    page.get_by_label("Learning rate").fill("0.03")
    page.get_by_label("Epochs").fill("6")
    train(page)
    page.locator("#lab-moment").fill("0")
    expect(page.locator(".time output")).to_contain_text("Before the first step")
    expect(page.locator(".matrix-note")).to_have_text(GUESSED)  # the server knows of it, too
    page.get_by_text("Ready-made", exact=True).click()
    reload(page)
    expect(page.locator(".board tr[data-run]")).to_have_count(1)
    expect(status(page)).to_contain_text("Done")
    expect(page.locator(".time output")).to_contain_text("Before the first step")
    expect(page.locator("#lab-moment")).to_have_value("0")
    expect(page.get_by_label("Ready-made")).to_be_checked()
    expect(page.get_by_label("Learning rate")).to_have_value("0.03")
    expect(page.get_by_label("Epochs")).to_have_value("6")
    button(page, "Now").click()
    expect(page.locator(".time output")).to_contain_text("the newest weights answer")


def test_a_link_gives_its_drawing_once_and_also_in_an_open_page(visit: Visit) -> None:
    link = "#preset=few&epochs=3&ink=10.10_90.10_45.110"
    page = visit(link)
    expect(page.get_by_label("Epochs")).to_have_value("3")
    assert page.evaluate("mnist.strokes.length") == 1
    draw(page, SEVEN)
    reload(page)
    assert page.evaluate("mnist.strokes.length") == 2
    expect(page.get_by_label("Epochs")).to_have_value("3")
    page.evaluate("location.hash = '#preset=few&epochs=5&ink=10.10_90.10'")
    expect(page.get_by_label("Epochs")).to_have_value("5")
    page.wait_for_function("mnist.strokes.length === 1")


def test_focus_stays_where_controls_come_and_go(visit: Visit) -> None:
    page = visit(LONG)
    page.get_by_label("Epochs").press("Enter")
    expect(status(page)).to_have_text(re.compile(r"^Training: epoch"), timeout=PATIENCE_MS)
    assert page.evaluate("document.activeElement.dataset.order") in ("pause", "stop")
    title = page.locator(".board").get_by_role("button", name="Seconds")
    title.focus()
    seconds = page.locator(".board tr[data-run] td:nth-child(5)")
    before = seconds.inner_text()
    expect(seconds).not_to_have_text(before)
    expect(title).to_be_focused()
    button(page, "Stop").click()
    expect(status(page)).to_contain_text("test pictures are read right", timeout=PATIENCE_MS)
    expect(button(page, "Train")).to_be_focused()


def test_a_cell_of_the_matrix_shows_its_pictures_in_a_grid(trained: Page) -> None:
    cell = trained.get_by_role("button", name=re.compile("pictures of a 3 read as 3"))
    expect(cell).to_have_text(re.compile(r"\d"))
    cell.click()
    pictures = trained.locator(".mistakes canvas")
    expect(pictures.first).to_be_visible()
    expect(pictures).to_have_count(24)
    tops = pictures.evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().top)")
    assert len(set(tops)) <= 5
    trained.locator(".mistakes .tile", has_text="3 ✓").first.click()
    trained.wait_for_function("window.mnist.picture?.isPlaced")
    trained.locator("#sketchpad").get_by_role("button", name="Undo").click()
    trained.wait_for_function("window.mnist.picture === null")
    # The matrix is one stop for the Tab key, with arrows from there.
    cell.focus()
    for key in ("ArrowDown", "ArrowRight"):
        trained.keyboard.press(key)
    expect(trained.get_by_role("button", name=re.compile("of a 4 read as 4"))).to_be_focused()
    expect(trained.locator(".matrix button:not([tabindex='-1'])")).to_have_count(1)
    trained.keyboard.press("Enter")
    expect(trained.locator(".mistakes .note")).to_contain_text("of a 4, and read right")


def test_three_runs_make_a_leaderboard_that_sorts(visit: Visit) -> None:
    page = visit(SHORT)
    for run, epochs in enumerate((1, 8, 3), start=1):
        page.get_by_label("Epochs").fill(str(epochs))
        train(page, run=run)
        expect(page.locator(".board tr[data-run]")).to_have_count(run)
    button(page, "Test").click()
    cells = page.locator(".board tr[data-run] td:nth-child(4)").all_inner_texts()
    accuracies = [float(text.split()[0]) for text in cells]
    assert accuracies == sorted(accuracies, reverse=True)
    button(page, "Run").click()
    runs = page.locator(".board tr[data-run]").evaluate_all("rows => rows.map(r => r.dataset.run)")
    assert runs == ["1", "2", "3"]
    scrolled, moved = page.locator(".board th").first.evaluate(HEAD_STAYS)
    assert scrolled > 0
    assert moved == 0


# Scrolls the table, in a low window, under its head.
HEAD_STAYS = """(head) => {
  const scroll = head.closest(".scroll");
  const top = head.getBoundingClientRect().top;
  scroll.style.maxHeight = "80px";
  scroll.scrollTop = 60;
  return [scroll.scrollTop, head.getBoundingClientRect().top - top];
}"""


def test_a_link_gives_the_same_first_losses_in_another_browser(
    visit: Visit, tmp_path: Path
) -> None:
    page = visit(f"{SHORT}&layers=40-20&activation=tanh&seed=7&batch=32")
    draw(page, SEVEN)
    train(page)
    page.get_by_label("with my drawing").check()
    button(page, "Copy link").click()
    page.wait_for_function("location.hash.includes('ink=')")
    link = page.evaluate("location.hash")
    expected = losses(page, tmp_path)

    other = visit(link)
    expect(other.locator("[name=hidden_sizes]")).to_have_value("40, 20")
    assert other.evaluate("mnist.strokes.length") == 1
    train(other)
    assert len(expected) > 50
    assert losses(other, tmp_path) == expected


def test_nonsense_in_the_address_falls_back_to_defaults_and_in_a_field_it_is_named(
    visit: Visit,
) -> None:
    page = visit("#preset=few&epochs=banana&layers=9999&colour=%3Cb%3Ered&ink=1.2_x.y")
    expect(page.locator("#lesson")).to_contain_text("does not understand")
    expect(page.get_by_label("Epochs")).to_have_value("40")
    expect(page.locator("[name=hidden_sizes]")).to_have_value("128, 64")
    field = page.get_by_label("Learning rate")
    expect(field).to_have_attribute("inputmode", "decimal")
    field.fill("one")
    field.press("Tab")
    expect(page.locator(".meaning")).to_contain_text("a number")
    expect(field).to_have_attribute("aria-invalid", "true")
    for typed, read in (("0,01", "0.01"), ("0.02", "0.02")):
        field.fill(typed)
        field.press("Tab")
        button(page, "Copy link").click()
        page.wait_for_function("(rate) => location.hash.includes(rate)", arg=f"rate={read}")
    # Under closed settings too.
    page.get_by_text("More settings").click()
    page.get_by_label("Dropout").fill("2")
    page.get_by_text("More settings").click()
    expect(page.get_by_label("Dropout")).to_be_hidden()
    button(page, "Train").click()
    expect(status(page)).to_contain_text("Dropout: a number from 0 to 0.9")
    expect(page.get_by_label("Dropout")).to_be_focused()
    button(page, "Copy link").click()
    expect(page.get_by_text("There is no link to this set-up yet")).to_be_visible()
    page.get_by_label("Dropout").fill("0.1")
    expect(status(page)).to_have_text("Press Train to begin.")


def test_a_model_is_kept_and_loaded_back_by_another_visitor_who_sees_nothing_else_of_it(
    visit: Visit, trained: Page, tmp_path: Path
) -> None:
    with trained.expect_download() as download:
        button(trained, "Download model").click()
    model = tmp_path / download.value.suggested_filename
    download.value.save_as(model)

    other = visit()
    expect(other.locator(".results")).to_be_hidden()
    expect(button(other, "Stop")).to_be_disabled()
    button(other, "Download model").click()
    expect(other.locator("#lab .kept")).to_contain_text("no model of your own yet")
    draw(other, SEVEN)
    other.get_by_label("Model file").set_input_files(model)
    expect(other.locator("#lab .kept")).to_contain_text("784 → 128 → 64 → 10")
    for digit in (1, 7):
        meter = f'#probabilities [data-digit="{digit}"]'
        value = trained.locator(meter).get_attribute("aria-valuenow")
        expect(other.locator(meter)).to_have_attribute("aria-valuenow", str(value))

    foreign = tmp_path / "foreign.safetensors"
    foreign.write_bytes(b"\x89PNG not a model")
    other.get_by_label("Model file").set_input_files(foreign)
    expect(other.locator("#lab .kept")).to_contain_text("not a model file")


def test_closing_the_page_ends_its_training(visit: Visit, trained: Page) -> None:
    page = visit(LONG)
    train(page, until=r"^Training")
    token = page.evaluate("mnist.session()")
    page.close()
    # Well within the time after which a silent page's training ends in any case.
    trained.wait_for_function(STANDS_STILL, arg=token, timeout=10_000)


# Asks for the step of the run behind a secret, as its page would, twice.
STANDS_STILL = """async (token) => {
  const { components, root, api_prefix } = window.gradio_config;
  const component_id = components.find((each) => each.props?.elem_id === "lab").id;
  const step = async () => {
    const body = { component_id, fn_name: "lab_views", session_hash: "test", data: { token } };
    const headers = { "Content-Type": "application/json" };
    const options = { method: "POST", headers, body: JSON.stringify(body) };
    return (await (await fetch(`${root}${api_prefix}/component_server/`, options)).json()).step;
  };
  const before = await step();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  return before > 0 && before === (await step());
}"""


def test_reset_forgets_the_run_and_is_ready_for_another(visit: Visit) -> None:
    page = visit(f"{SHORT}&rate=0.07")
    train(page)
    expect(page.locator(".results")).to_be_visible()
    button(page, "Reset").click()
    expect(status(page)).to_contain_text("nothing has been learnt yet")
    expect(page.locator(".results")).to_be_hidden()
    expect(button(page, "Reset")).to_be_disabled()
    # With two runs, the first stays; and the set-up is again the one that the page began with.
    page.get_by_label("Start from").select_option("few")
    page.get_by_label("Epochs").fill("3")
    page.get_by_label("Learning rate").fill("0.07")
    for run in (2, 3):
        train(page, run=run)
    expect(page.locator(".board tbody tr")).to_have_count(2)
    button(page, "Reset").click()
    expect(status(page)).to_contain_text("nothing has been learnt yet")
    expect(page.get_by_role("radio", name="Ready-made")).to_be_checked()
    expect(page.locator(".progress")).to_have_attribute("aria-valuenow", "0")
    expect(page.locator(".progress")).to_have_attribute("aria-valuetext", "no training")
    expect(page.locator(".figures")).to_be_hidden()
    expect(page.locator(".time")).to_be_hidden()
    expect(page.locator(".board tbody tr")).to_have_count(1)
    expect(page.get_by_label("Learning rate")).not_to_have_value("0.07")
    expect(button(page, "Reset")).to_be_disabled()
    reload(page)
    expect(status(page)).to_contain_text("nothing has been learnt yet")
    page.get_by_label("Start from").select_option("few")
    page.get_by_label("Epochs").fill("3")
    train(page, run=4)
    expect(page.locator(".time")).to_be_visible()


def test_a_jump_back_in_time_leaves_words_and_bars_agreed(trained: Page) -> None:
    page = trained
    for key in ("Home", "End", "Home"):
        page.locator("#lab-moment").press(key)
        page.wait_for_function(
            """() => {
              const { words, digit, probabilities } = window.mnist.prediction;
              const said = document.querySelector("#answer").textContent;
              const most = Math.max(...probabilities);
              const bar = document.querySelector("#probabilities [data-winner]");
              return said === words && Number(bar?.getAttribute("aria-valuenow")) === Math.round(100 * most)
                && (digit === null || !/^\\d$/.test(words) || Number(words) === digit);
            }"""
        )
    button(page, "Now").click()


def test_a_server_that_has_forgotten_the_visitor_answers_with_the_ready_made_model(
    visit: Visit,
) -> None:
    page = visit(SHORT)
    draw(page, SEVEN)
    train(page)
    expect(page.get_by_role("radio", name="Yours")).to_be_checked()
    forgotten: list[str] = []

    def forget(route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        if body["fn_name"] == "open_session":
            body["data"]["token"] = None
            route.continue_(post_data=json.dumps(body))
        elif body["fn_name"] == "lab_poll" and not forgotten:
            forgotten.append(body["fn_name"])
            route.fulfill(json={"ok": False, "code": "session", "error": "Reconnecting."})
        else:
            route.continue_()

    page.route(re.compile("component_server"), forget)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("radio", name="Ready-made")).to_be_checked()
    page.get_by_role("tab", name="Under the hood").click()
    expect(page.locator("#hood [data-part=model]")).to_have_text("The ready-made model answers.")


def test_the_chart_as_a_picture_has_a_key_unless_the_browser_disguises_canvases(
    trained: Page, tmp_path: Path
) -> None:
    with trained.expect_download() as download:
        button(trained, "Chart as PNG").click()
    path = tmp_path / "training.png"
    download.value.save_as(path)
    height = int.from_bytes(path.read_bytes()[20:24], "big")
    assert height > trained.locator(".chart > canvas").evaluate("(canvas) => canvas.height")
    trained.evaluate(
        """() => {
          const drawn = CanvasRenderingContext2D.prototype;
          const read = drawn.getImageData;
          drawn.getImageData = function (...place) {
            const image = read.apply(this, place);
            image.data.forEach((_, i) => (image.data[i] = (i * 97) % 256));
            return image;
          };
          window.undisguise = () => (drawn.getImageData = read);
        }"""
    )
    button(trained, "Chart as PNG").click()
    expect(trained.locator("#lab .kept")).to_contain_text("guards pictures against fingerprinting")
    trained.evaluate("void undisguise()")
