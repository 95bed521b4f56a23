"""The head of the page, as those read it who run no script."""

from __future__ import annotations

import urllib.request
from html.parser import HTMLParser


class Card(HTMLParser):
    """What a page says of itself to those who show a link to it, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name = values.get("property") or values.get("name") or ""
        if tag == "meta" and name.startswith(("og:", "twitter:", "description")):
            self.said.append((name, values.get("content") or ""))


def test_a_shared_link_tells_of_the_page_and_not_of_gradio(app_url: str) -> None:
    with urllib.request.urlopen(app_url) as answer:
        html = answer.read().decode()
    card = Card()
    card.feed(html)
    said = dict(card.said)
    assert len(said) == len(card.said)
    assert said["og:title"] == "Draw a digit"
    assert "neural network" in said["og:description"]
    assert "neural network" in said["description"]
    assert not [each for each in card.said if "gradio" in each[1].lower()]
    # A browser looks for it among the first bytes alone.
    assert html.index('<meta charset="utf-8"') < 1024
    # Ours goes before all of Gradio's.
    assert html.index("requestAnimationFrame") < html.index("window.gradio_config")
