"""Experiments and words of the Train tab, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.support.browser import PATIENCE_MS, Visit


def experiments(page: Page) -> None:
    page.locator(".experiments summary").click()


def test_an_experiment_says_what_to_look_for_trains_and_says_what_was_seen(visit: Visit) -> None:
    page = visit()
    experiments(page)
    lesson = page.locator(".lesson")
    page.get_by_role("button", name="Steps too large").click()
    expect(lesson).to_contain_text("Watch the loss")
    expect(page.get_by_label("Learning rate")).to_have_value("10")
    expect(lesson).to_contain_text("the loss ran away", timeout=PATIENCE_MS)
    expect(page.locator("#status")).to_contain_text("The loss grew beyond all numbers")
    expect(page.locator("#status")).to_contain_text("Try a tenth of the learning rate")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    assert page.evaluate("mnist.prediction !== null")


def test_the_runs_of_an_experiment_follow_each_other_until_the_visitor_stops_them(
    visit: Visit,
) -> None:
    page = visit()
    experiments(page)
    page.get_by_role("button", name="Six rates at once").click()
    expect(page.locator(".lesson")).to_contain_text("6 runs, one after the other")
    rows = page.locator(".board tbody tr")
    expect(rows).to_have_count(2, timeout=PATIENCE_MS)
    # The run comes to its own end before the order comes to the server.
    held: list[Route] = []

    def hold(route: Route) -> None:
        if '"lab_order"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/component_server/", hold)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".lesson")).to_be_hidden()
    expect(page.locator("#status")).to_have_text(re.compile("^Done"), timeout=PATIENCE_MS)
    held[0].continue_()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    assert rows.count() < 6


def test_a_word_is_explained_on_hover_on_focus_and_on_a_tap(page: Page) -> None:
    tip = page.get_by_role("tooltip")
    term = page.locator(".setup .term", has_text="Learning rate")
    term.hover()
    expect(tip).to_contain_text("down the slope of the loss")
    expect(term).to_have_attribute("aria-describedby", "term-tip")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    term.focus()
    expect(tip).to_be_visible()
    parameters = page.locator(".meaning .term", has_text="parameters")
    parameters.dispatch_event("click")  # as a tap ends
    expect(tip).to_contain_text("numbers that are learnt")
    expect(page.locator(".meaning")).to_have_text(
        re.compile(r"109,386 parameters, .* kept aside\.")
    )
