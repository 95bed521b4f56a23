"""Links that open the page for a lesson, in a real browser: made by the form, and found in an address."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from playwright.sync_api import Page, expect

from tests.support.browser import PATIENCE_MS, SEVEN, Visit, resize

BELOW_THE_TITLE = """() => {
  const boxOf = (name) => document.querySelector(name).getBoundingClientRect();
  const [title, step] = ["#lesson h2", "#hood details[open] h3"].map(boxOf);
  return title.bottom <= step.top && step.bottom < innerHeight;
}"""
TITLE = "How large a step? <b>שלום</b>"
SENTENCE = "Write down what the dashed line does."


def lesson_link(page: Page) -> str:
    """The address that the form makes of what a teacher chose in it."""
    page.get_by_label("Learning rate").fill("0.5")
    page.evaluate("(strokes) => mnist.setStrokes(strokes)", SEVEN)
    page.get_by_text("Make a lesson link").click()
    form = page.get_by_role("form", name="Lesson link")
    form.get_by_label("Title").fill(TITLE)
    form.get_by_label("Sentence for the class").fill(SENTENCE)
    form.get_by_label("Opens at").select_option("8 One step of SGD")
    form.get_by_label("Offers to start").select_option("Steps too large")
    form.get_by_label("All settings").select_option("hidden")
    form.get_by_label("Learning rate").select_option("shown")
    form.get_by_label("Batch size").select_option("shown, locked")
    expect(page.locator(".made")).to_contain_text("trains with its own batch size")
    expect(form.get_by_label("All settings")).to_have_value("keep")
    form.get_by_label("with my drawing").check()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    form.get_by_role("button", name="Copy lesson link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == form.get_by_label("The link").input_value()
    expect(form.get_by_role("link", name="Open it in a new tab")).to_have_attribute("href", link)
    return str(link)


def test_a_link_from_the_form_opens_the_lesson_and_starts_nothing_by_itself(visit: Visit) -> None:
    link = lesson_link(visit())
    page = visit(f"#{urlsplit(link).fragment}")
    card = page.get_by_role("region", name="Lesson")
    expect(card.get_by_role("heading")).to_have_text(TITLE)
    expect(card.get_by_role("heading")).to_have_attribute("dir", "auto")
    expect(card).to_contain_text(SENTENCE)
    expect(card).not_to_contain_text("does not understand")
    expect(page.locator("#answer")).to_have_text("7")
    hood = page.locator("#hood section[data-step] details[open]")
    expect(hood).to_have_count(1)
    expect(hood.locator("h3")).to_have_text("8 One step of SGD")
    # The title stays in sight above it.
    for size in ((1280, 900), (390, 844), (844, 390)):
        resize(page, size)
        hood.evaluate("(step) => step.scrollIntoView()")
        expect(card.get_by_role("heading")).to_be_in_viewport(ratio=1)
        page.wait_for_function(BELOW_THE_TITLE)
    resize(page, (1280, 900))
    page.get_by_role("tab", name="Train").click()
    expect(page.locator("#status")).to_contain_text("Press Train")
    setup = page.get_by_role("form", name="Set-up of the training")
    for name in ("Epochs", "Dropout", "Start from"):
        expect(setup.get_by_label(name)).to_be_hidden()
    rate, batch = setup.get_by_label("Learning rate"), setup.get_by_label("Batch size")
    expect(rate).to_have_value("0.5")
    expect(batch).to_be_visible()  # under More settings, which the link opens
    expect(batch).to_be_disabled()
    page.get_by_role("tab", name="Under the hood").click()
    hint = page.locator("label", has=page.locator("[name=batch_size]")).locator(".hint")
    hint.evaluate(
        "(hint) => new MutationObserver(() => hint.dataset.locked.includes('experiment') &&"
        " (window.hinted = true)).observe(hint, { attributes: true })"
    )
    card.get_by_role("button", name="Start: Steps too large").click()
    expect(page.locator(".lesson")).to_contain_text("the loss ran away", timeout=PATIENCE_MS)
    assert page.evaluate("window.hinted")
    expect(hint).to_have_attribute("data-locked", "set for this lesson")
    # The experiment's own values go with it; the lesson's come back.
    locked = visit("#preset=few&batch=32&lock=batch&hide=seed").get_by_label("Batch size")
    expect(locked).to_have_value("32")
    locked.page.get_by_label("Start from").select_option("notebook")
    expect(locked).to_have_value("32")
    expect(locked).to_be_disabled()
    expect(batch).to_have_value("128")
    rate.fill("0.25")
    page.get_by_role("button", name="Reset").click()
    expect(rate).to_have_value("0.5")


def test_hostile_parts_are_text_or_nothing_and_one_sentence_says_so(visit: Visit) -> None:
    tag = "<img src=x onerror=window.broken=1>"
    title = "\u202e" + tag + "🙂" * 10_000
    parts = {
        "title": title,
        "sentence": tag,
        "open": "constructor",
        "experiment": tag,
        "hide": f"rate-{tag}",
        "lock": "rate",
    }
    address = "&".join(f"{name}={quote(text)}" for name, text in parts.items())
    page = visit(f"#preset=few&{address}&rate=0.1&filler={'x' * 100_000}")
    card = page.get_by_role("region", name="Lesson")
    expect(card.get_by_role("heading")).to_contain_text(tag)
    expect(card.locator("p").first).to_have_text(tag)
    expect(card.get_by_role("status")).to_contain_text("does not understand")
    expect(card.get_by_role("button")).to_have_count(0)
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("window.broken") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = [part.bounding_box() for part in card.locator("> *").all()]
    assert sum(box["height"] for box in boxes if box) < 300
    rate = page.get_by_label("Learning rate")
    expect(rate).to_have_value("0.1")
    expect(rate).to_be_enabled()  # hidden and locked: neither
    page.evaluate("location.hash = '#preset=few&rate=0.2'")
    expect(rate).to_have_value("0.2")
    expect(card).to_have_count(0)
