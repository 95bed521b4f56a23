"""The browser's own ink, network and words give what Python's give, in a real browser."""

from __future__ import annotations

import base64
import itertools
import json
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from mnist_core.data.pendigits import is_held_out, read_pen_digits
from mnist_core.files import ASSETS, WEIGHTS
from mnist_core.ink.ink import Ink
from mnist_core.models.checkpoints import dump_checkpoint, load_checkpoint
from mnist_core.models.classifier import Classifier, Prediction
from mnist_core.models.config import MAX_LAYERS, MLPConfig
from mnist_core.models.mlp import ACTIVATIONS, MLP
from mnist_core.ui.pad.words import SURE, UNSURE, words
from tests.support.browser import SEVEN
from tests.support.examples import the_same_each_time

# What is promised is 1/255 a pixel and 0.002 a probability; both are some 5e-6 apart. In between lies
# what only a few drawings would show.
APART = 1e-4
# Of so many drawings at most, the words may differ, and only where Python itself is in two minds.
MAX_TIES = 1

Strokes = list[list[list[float]]]
Floats = NDArray[np.float32]

_TO_TEXT = """
const textOf = (array) => {
  const bytes = new Uint8Array(array.buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
};
const bufferOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
"""


class _Assets(SimpleHTTPRequestHandler):
    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass  # no line a request

    def log_error(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def assets_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Assets, directory=str(ASSETS)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, assets_url: str) -> Iterator[Page]:
    """An empty page that can import the scripts; fails the test if they fail."""
    context = browser.new_context()
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(assets_url)
    yield page
    context.close()
    assert not errors


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def floats_of(text: str) -> Floats:
    return np.frombuffer(base64.b64decode(text), np.float32)


# Drawings


def held_out_digits(root: Path) -> list[Strokes]:
    """A third of the digits of the pen writers held out: 500."""
    digits = [d for d in read_pen_digits(root / "pendigits") if is_held_out(d.writer)]
    return [[s.tolist() for s in d.strokes] for d in digits[::3]]


def scribble(rng: np.random.Generator, points: int, size: float = 1000) -> Strokes:
    return [rng.uniform(0, size, (points, 2)).tolist()]


def on_a_grid(rng: np.random.Generator) -> Strokes:
    """Corners that fall between pixels, and on them, again and again."""
    return [(rng.integers(0, 36, (3, 2)) * 0.5).tolist() for _ in range(rng.integers(1, 4))]


def smooth(rng: np.random.Generator) -> Strokes:
    """A few wandering strokes."""
    strokes = []
    for _ in range(rng.integers(1, 5)):
        turns = rng.normal(0, 0.4, rng.integers(2, 60)).cumsum() + rng.uniform(0, 6.3)
        steps = 15 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        strokes.append((rng.uniform(200, 800, 2) + steps.cumsum(axis=0)).tolist())
    return strokes


def nearly_a_dot(rng: np.random.Generator) -> Strokes:
    """Points so close that only their last digits differ: a line, or the rounding of a dot."""
    return [(1 + rng.uniform(0, 1, (4, 2)) * 10 ** rng.uniform(-15, -9)).tolist()]


#: Odd drawings by kind, with how many of each.
ODD: dict[str, tuple[int, Callable[[np.random.Generator], Strokes]]] = {
    "nothing": (1, lambda rng: []),
    "strokes without points": (1, lambda rng: [[], []]),
    "a dot": (20, lambda rng: [rng.uniform(-1e3, 1e3, (1, 2)).tolist()]),
    "a dot again and again": (20, lambda rng: [rng.uniform(0, 1e3, (1, 2)).tolist() * 9]),
    "two dots": (50, lambda rng: rng.uniform(0, 1e3, (2, 1, 2)).tolist()),
    "dots": (50, lambda rng: rng.uniform(0, 1e3, (rng.integers(3, 40), 1, 2)).tolist()),
    "nearly a dot": (60, nearly_a_dot),
    "a line": (50, lambda rng: scribble(rng, 2)),
    "a horizontal line": (30, lambda rng: [[[0, y := rng.uniform(0, 9)], [rng.uniform(1, 9), y]]]),
    "a vertical line": (30, lambda rng: [[[x := rng.uniform(0, 9), 0], [x, rng.uniform(1, 9)]]]),
    "each point twice": (
        50,
        lambda rng: [np.repeat(rng.integers(0, 1000, (20, 2)), 2, axis=0).tolist()],
    ),
    "on a grid": (100, on_a_grid),
    "outside the box": (50, lambda rng: [rng.uniform(-9e5, 9e5, (12, 2)).tolist()]),
    "huge": (50, lambda rng: [(s * 1e12).tolist() for s in map(np.array, smooth(rng))]),
    "tiny": (50, lambda rng: [(s * 1e-15).tolist() for s in map(np.array, smooth(rng))]),
    "far away": (50, lambda rng: [(s + 1e9).tolist() for s in map(np.array, smooth(rng))]),
    "wandering": (100, smooth),
    "8,000 points": (6, lambda rng: scribble(rng, 8000)),
    "more pieces than are drawn": (12, lambda rng: scribble(rng, int(rng.integers(2600, 3600)))),
}


def odd_drawings() -> list[Strokes]:
    rng = np.random.default_rng(0)
    return [make(rng) for count, make in ODD.values() for _ in range(count)]


def any_drawings(count: int) -> list[Strokes]:
    """As many as Hypothesis finds, of any finite numbers; the same in each run."""
    finite = st.floats(allow_nan=False, allow_infinity=False)
    canvas = st.integers(0, 1000).map(float)
    found: list[Strokes] = []

    @the_same_each_time(count)
    @given(
        st.sampled_from([finite, canvas]).flatmap(
            lambda number: st.lists(
                st.lists(st.lists(number, min_size=2, max_size=2), max_size=20), max_size=5
            )
        )
    )
    def collect(strokes: Strokes) -> None:
        found.append(strokes)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        collect()
    return found


# Answers


@dataclass(frozen=True)
class Answers:
    """What the browser made of drawings: inks in [0, 1] and images in bytes, (N, 784)."""

    inks: Floats
    images: NDArray[np.uint8]
    probabilities: Floats
    likeness: Floats
    digits: list[int | None]
    words: list[str]
    blank: list[bool]


def browser_answers(page: Page, drawings: list[Strokes]) -> Answers:
    """The shipped network's answers in the browser."""
    found = page.evaluate(
        "async (drawings) => {"
        + _TO_TEXT
        + """
          const { imageOf } = await import("/pad/raster.js");
          const { Network } = await import("/pad/network.js");
          const { predict } = await import("/pad/classifier.js");
          const file = await fetch("/mnist.safetensors");
          const network = Network.from(await file.arrayBuffer());
          const count = JSON.parse(drawings).length;
          const inks = new Float32Array(count * 784);
          const images = new Uint8Array(count * 784);
          const numbers = new Float32Array(count * 11);
          const rest = JSON.parse(drawings).map((strokes, i) => {
            inks.set(imageOf(strokes), i * 784);
            const { image, probabilities, likeness, digit, words, blank } = predict(network, strokes);
            images.set(image, i * 784);
            numbers.set([...probabilities, likeness], i * 11);
            return [digit, words, blank];
          });
          return { inks: textOf(inks), images: textOf(images), numbers: textOf(numbers), rest };
        }""",
        json.dumps(drawings),
    )
    count = len(drawings)
    numbers = floats_of(found["numbers"]).reshape(count, 11)
    digits, said, blank = zip(*found["rest"], strict=True)
    return Answers(
        inks=floats_of(found["inks"]).reshape(count, 784),
        images=np.frombuffer(base64.b64decode(found["images"]), np.uint8).reshape(count, 784),
        probabilities=numbers[:, :10],
        likeness=numbers[:, 10],
        digits=list(digits),
        words=list(said),
        blank=list(blank),
    )


def predictions(classifier: Classifier, drawings: list[Strokes]) -> list[Prediction]:
    """`Classifier.predict` of each, all networks' passes at once."""
    inks = [Ink(strokes) for strokes in drawings]
    images = np.stack([ink.to_image() for ink in inks])
    with torch.inference_mode():
        log_probabilities, likeness = classifier.model.answers(torch.from_numpy(images))
    answers = [
        Prediction(
            probabilities=probabilities,
            digit=int(probabilities.argmax()) if accepted else None,
            image=image,
            digit_likeness=each,
        )
        for probabilities, accepted, image, each in zip(
            log_probabilities.exp().numpy(),
            likeness >= classifier.model.config.reject_below,
            images,
            likeness.tolist(),
            strict=True,
        )
    ]
    blank = classifier.predict(Ink())
    return [blank if ink.is_empty else each for ink, each in zip(inks, answers, strict=True)]


def margin(prediction: Prediction, reject_below: float) -> float:
    """How far Python's answer is from saying something else."""
    first, second, third = map(float, np.sort(prediction.probabilities)[::-1][:3])
    return min(
        abs(prediction.digit_likeness - reject_below),
        abs(first - SURE),
        abs(first + second - UNSURE),
        second - third if first < SURE else first - second,
    )


def test_over_a_thousand_drawings_get_pythons_answer(page: Page, mnist_root: Path) -> None:
    drawings = held_out_digits(mnist_root) + odd_drawings() + any_drawings(150)
    assert len(drawings) >= 1200
    found = browser_answers(page, drawings)
    classifier = Classifier.load()
    truth = predictions(classifier, drawings)

    inks = np.stack([each.image.reshape(784) for each in truth])
    assert np.abs(found.inks - inks).max() <= APART
    images = (inks * 255).round().astype(int)
    assert np.abs(found.images.astype(int) - images).max() <= 1

    probabilities = np.stack([each.probabilities for each in truth])
    assert np.abs(found.probabilities - probabilities).max() <= APART
    likeness = np.array([each.digit_likeness for each in truth])
    assert np.abs(found.likeness - likeness).max() <= APART

    blank = [Ink(strokes).is_empty for strokes in drawings]
    assert found.blank == blank
    said = [words(each, blank=empty) for each, empty in zip(truth, blank, strict=True)]
    # Every kind of answer is among them.
    assert {"7", "draw a digit", "not a digit", "not sure"} <= {w.split(":")[0] for w in said}
    other = [
        margin(each, classifier.model.config.reject_below)
        for each, ours, theirs, digit in zip(truth, said, found.words, found.digits, strict=True)
        if (ours, each.digit) != (theirs, digit)
    ]
    assert len(other) <= MAX_TIES
    assert all(distance < APART for distance in other)


# Networks of every kind

DEPTHS = (0, 1, 2, 4, MAX_LAYERS)


def trained(config: MLPConfig, *, seed: int) -> MLP:
    """A network as a training might leave it: nothing is 0 or 1 that could be another number."""
    generator = torch.Generator().manual_seed(seed)
    model = MLP(config, generator=generator)
    with torch.no_grad():
        for layer in model.linear_layers:
            layer.weight.mul_(3)  # deep ones still tell images apart
        for name, tensor in model.state_dict().items():
            if "norm.running_var" in name or "norm.weight" in name:
                tensor.uniform_(0.5, 2, generator=generator)
            elif "norm.running_mean" in name or "norm.bias" in name:
                tensor.uniform_(-0.5, 0.5, generator=generator)
    return model.eval()


def networks() -> list[MLP]:
    kinds = itertools.product(ACTIVATIONS, DEPTHS, ("none", "batch"), (False, True))
    return [
        trained(
            MLPConfig(
                hidden_sizes=(37, 30, 26, 21, 19, 18, 17, 13)[:depth],
                activation=activation,
                normalization=normalization,  # type: ignore[arg-type]
                rejects=rejects,
                dropout=0.3,
                mean=(0.5, 0.1307)[seed % 2],
                std=(0.5, 0.3081)[seed % 2],
                temperature=(1.7, 0.6, 1.0)[seed % 3],
                reject_below=0.9,
            ),
            seed=seed,
        )
        for seed, (activation, depth, normalization, rejects) in enumerate(kinds)
    ]


_NETWORK_ANSWERS = (
    "async ([files, pixels]) => {"
    + _TO_TEXT
    + """
      const { Network } = await import("/pad/network.js");
      const images = new Float32Array(bufferOf(pixels));
      const answers = files.map((file) => {
        const network = Network.from(bufferOf(file));
        const numbers = [];
        for (let i = 0; i < images.length; i += 784) {
          const { probabilities, likeness, digit } = network.answer(images.subarray(i, i + 784));
          numbers.push(...probabilities, likeness, digit ?? -1);
        }
        return numbers;
      });
      return textOf(Float32Array.from(answers.flat()));
    }"""
)


def network_answers(page: Page, files: list[bytes], images: Floats) -> Floats:
    """(files, images, 12): ten probabilities, digit-likeness, and the digit or -1."""
    text = page.evaluate(_NETWORK_ANSWERS, [[text_of(f) for f in files], text_of(images.tobytes())])
    return floats_of(text).reshape(len(files), len(images), 12)


def some_images(count: int) -> Floats:
    rng = np.random.default_rng(1)
    inks = np.stack([Ink(smooth(rng)).to_image() for _ in range(count - 2)])
    extremes = np.stack([np.zeros((28, 28), np.float32), np.ones((28, 28), np.float32)])
    return np.concatenate([inks, extremes])


def test_every_kind_of_network_gives_pythons_probabilities(page: Page) -> None:
    images = some_images(36)
    models = networks()
    files = [dump_checkpoint(model, half=index % 2 == 1) for index, model in enumerate(models)]
    found = network_answers(page, files, images)
    spread = 0.0
    for file, model, numbers in zip(files, models, found, strict=True):
        with torch.inference_mode():
            log_probabilities, likeness = load_checkpoint(file).answers(torch.from_numpy(images))
        probabilities = log_probabilities.exp().numpy()
        assert np.abs(numbers[:, :10] - probabilities).max() <= APART, model.config
        assert np.abs(numbers[:, 10] - likeness.numpy()).max() <= APART, model.config
        accepted = likeness.numpy() >= 0.9
        digits = np.where(accepted, probabilities.argmax(axis=1), -1)
        assert (numbers[:, 11] == digits).mean() > 0.95, model.config
        spread = max(spread, float(np.ptp(probabilities, axis=0).max()))
    assert spread > 0.9  # the answers depend on the image


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16])
def test_weights_of_other_precision(page: Page, kind: torch.dtype) -> None:
    model = trained(MLPConfig(hidden_sizes=(20,), normalization="batch"), seed=1)
    file = dump_checkpoint(model)
    tensors = {
        name: t.to(kind) if t.is_floating_point() else t for name, t in model.state_dict().items()
    }
    metadata = json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")])["__metadata__"]
    file = safetensors.torch.save(tensors, metadata=metadata)
    images = some_images(12)
    with torch.inference_mode():
        truth = load_checkpoint(file).probabilities(torch.from_numpy(images)).numpy()
    found = network_answers(page, [file], images)[0]
    assert np.abs(found[:, :10] - truth).max() <= APART


def test_words_are_pythons(page: Page) -> None:
    rng = np.random.default_rng(2)
    sharp = rng.uniform(0.5, 30, (4000, 1))
    logits = rng.normal(0, 1, (4000, 10)) * sharp
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = (probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32)
    # On the thresholds, and where digits are equal.
    edges = np.zeros((6, 10), np.float32)
    edges[0, [3, 4]] = 0.7, 0.3
    edges[1, [3, 4]] = np.nextafter(np.float32(0.7), np.float32(0)), 0.3
    edges[2, [1, 2, 3, 4]] = 0.25
    edges[3, [8, 2]] = 0.5
    edges[4, [0, 9, 5]] = 0.3, 0.2, 0.19
    edges[5] = 0.1
    cases = np.concatenate([probabilities, edges])
    digits = [None if index % 50 == 7 else int(each.argmax()) for index, each in enumerate(cases)]
    truth = [
        words(
            Prediction(probabilities=p, digit=d, image=p, digit_likeness=1.0), blank=index % 60 == 9
        )
        for index, (p, d) in enumerate(zip(cases, digits, strict=True))
    ]
    said, thresholds = page.evaluate(
        "async ([text, digits]) => {"
        + _TO_TEXT
        + """
          const { words, SURE, UNSURE } = await import("/pad/words.js");
          const all = new Float32Array(bufferOf(text));
          const said = digits.map((digit, i) =>
            words({ blank: i % 60 === 9, digit, probabilities: all.subarray(10 * i, 10 * i + 10) }),
          );
          return [said, [SURE, UNSURE]];
        }""",
        [text_of(cases.tobytes()), digits],
    )
    assert thresholds == [SURE, UNSURE]
    assert said == truth
    assert len(set(truth)) > 40


# The worker

_WORKER = """
const worker = new Worker("/pad/reader.js", { type: "module" });
const messages = [];
let wake = () => {};
worker.onmessage = ({ data }) => { messages.push(data); wake(); };
worker.onerror = (event) => { messages.push({ type: "error", error: event.message }); wake(); };
// The next message of a kind, which is then taken out.
const next = async (test) => {
  for (;;) {
    const index = messages.findIndex((each) => each.type === "error" || test(each));
    if (index >= 0) return messages.splice(index, 1)[0];
    await new Promise((resolve) => (wake = resolve));
  }
};
const bytesOf = (text) => bufferOf(text);
const post = (message) => worker.postMessage(message, message.bytes ? [message.bytes] : []);
const loads = (message) => {
  post({ type: "weights", ...message });
  return next(({ type, version, model }) =>
    (type === "loaded" || type === "failed") && model === message.model && version === message.version);
};
const asks = (message) => {
  post({ type: "strokes", ...message });
  return next(({ seq }) => seq === message.seq);
};
"""


def in_worker(page: Page, script: str, argument: Any) -> Any:
    """What `script` returns; it may use `loads`, `asks`, `post`, `next` and the `given` argument."""
    return page.evaluate("async (given) => {" + _TO_TEXT + _WORKER + script + "}", argument)


def test_the_worker_answers_with_the_weights_at_an_address(page: Page) -> None:
    before, loaded, answer = in_worker(
        page,
        """
        const before = await asks({ seq: 1, model: "ready", strokes: given });
        const loaded = await loads({ model: "ready", version: 1, url: "/mnist.safetensors" });
        const answer = await asks({ seq: 2, model: "ready", strokes: given });
        return [before, loaded, { ...answer, image: textOf(answer.image) }];
        """,
        SEVEN,
    )
    truth = Classifier.load().predict(Ink(SEVEN))
    assert before == {"type": "unknown", "seq": 1, "model": "ready"}
    assert loaded == {"type": "loaded", "model": "ready", "version": 1}
    image = np.frombuffer(base64.b64decode(answer.pop("image")), np.uint8)
    assert np.abs(image - truth.image.reshape(784) * 255).max() <= 1
    assert np.abs(answer.pop("probabilities") - truth.probabilities).max() <= APART
    assert answer.pop("likeness") == pytest.approx(truth.digit_likeness, abs=APART)
    expected = {"type": "answer", "seq": 2, "model": "ready", "version": 1}
    assert answer == expected | {"blank": False, "digit": 7, "words": "7", "parts": []}


def test_older_weights_do_not_replace_newer_ones(page: Page) -> None:
    model = MLP(MLPConfig(hidden_sizes=()))
    versions = in_worker(
        page,
        """
        const file = () => bytesOf(given[0]);
        await loads({ model: "yours", version: 5, bytes: file() });
        post({ type: "weights", model: "yours", version: 4, bytes: file() });
        await loads({ model: "other", version: 1, bytes: file() }); // after it
        const first = await asks({ seq: 1, model: "yours", strokes: given[1] });
        await loads({ model: "yours", version: 6, bytes: file() });
        const second = await asks({ seq: 2, model: "yours", strokes: given[1] });
        post({ type: "forget", model: "yours" });
        const third = await asks({ seq: 3, model: "yours", strokes: given[1] });
        return [first.version, second.version, third.type];
        """,
        [text_of(dump_checkpoint(model)), SEVEN],
    )
    assert versions == [5, 6, "unknown"]


def damaged_files() -> dict[str, bytes]:
    good = dump_checkpoint(trained(MLPConfig(hidden_sizes=(5,), normalization="batch"), seed=3))
    odd = MLP(MLPConfig(hidden_sizes=(5,)))
    with torch.no_grad():
        odd.output.bias[3] = torch.nan
    return {
        "empty": b"",
        "cut in its header": good[:50],
        "cut": good[:-1],
        "too long": good + b"\0",
        "another format": good.replace(b"mnist_core.mlp", b"mnist_core.cnn"),
        "another activation": good.replace(b'\\"relu\\"', b'\\"gelu\\"'),
        "another field": good.replace(b'\\"dropout\\"', b'\\"dropped\\"'),
        "other sizes": good.replace(b"[5]", b"[6]"),
        "no JSON": good.replace(b"{", b"[", 1),
        "not finite": dump_checkpoint(odd),
        "a page": b"<!doctype html><html><body>Sign in</body></html>",
    }


def test_weights_of_no_use_leave_what_was_there(page: Page) -> None:
    good = dump_checkpoint(trained(MLPConfig(hidden_sizes=(5,)), seed=3))
    damaged = damaged_files()
    kinds, missing, altered, answer = in_worker(
        page,
        """
        const [good, damaged, strokes] = given;
        await loads({ model: "yours", version: 1, bytes: bytesOf(good) });
        const kinds = [];
        for (const file of damaged) {
          kinds.push((await loads({ model: "yours", version: 2, bytes: bytesOf(file) })).type);
        }
        const missing = await loads({ model: "yours", version: 2, url: "/nowhere.safetensors" });
        const sha256 = "0".repeat(64);
        const altered = await loads({ model: "yours", version: 2, bytes: bytesOf(good), sha256 });
        const answer = await asks({ seq: 1, model: "yours", strokes });
        return [kinds, missing, altered, answer];
        """,
        [text_of(good), [text_of(file) for file in damaged.values()], SEVEN],
    )
    assert dict(zip(damaged, kinds, strict=True)) == dict.fromkeys(damaged, "failed")
    assert (missing["type"], missing["error"]) == ("failed", "status 404")
    assert (altered["type"], altered["error"]) == ("failed", "altered on the way")
    assert (answer["type"], answer["version"]) == ("answer", 1)


def test_the_weights_file_is_small_enough_to_travel() -> None:
    assert WEIGHTS.stat().st_size <= 6_500_000
