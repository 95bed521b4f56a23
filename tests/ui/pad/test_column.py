"""The pad's server functions, its endpoints, and the words of its answer."""

from __future__ import annotations

import base64
import dataclasses
import http.client
import json
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image, ImageDraw

from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import NO_INK, read_picture
from mnist_core.models.classifier import Classifier, Prediction, Reading
from mnist_core.ui.endpoint import SEVENTY_ONE
from mnist_core.ui.pad.words import words, words_of
from tests.support.browser import ONE, SEVEN
from tests.support.picture_files import refused_files, turned
from tests.support.pictures import touching_74
from tests.support.server import Server
from tests.support.strokes import BAD_STROKES


def prediction(**probabilities: float) -> Prediction:
    values = np.zeros(10, np.float32)
    for name, value in probabilities.items():
        values[int(name[1:])] = value
    return Prediction(
        probabilities=values,
        digit=int(values.argmax()),
        image=np.zeros((28, 28), np.float32),
        digit_likeness=1.0,
    )


def test_words_name_a_sure_digit() -> None:
    assert words(prediction(p7=0.98, p1=0.02), blank=False) == "7"


def test_words_name_two_close_digits_in_order() -> None:
    assert words(prediction(p7=0.55, p1=0.45), blank=False) == "not sure: 1 or 7"
    assert words(prediction(p7=0.45, p1=0.55), blank=False) == "not sure: 1 or 7"


def test_words_name_no_digit_where_none_stands_out() -> None:
    even = {f"p{digit}": 0.1 for digit in range(10)}
    assert words(prediction(**even), blank=False) == "not sure"


def test_words_for_what_is_no_digit() -> None:
    strange = Prediction(
        probabilities=np.full(10, 0.1, np.float32),
        digit=None,
        image=np.zeros((28, 28), np.float32),
        digit_likeness=0.0,
    )
    assert words(strange, blank=False) == "not a digit"
    assert words(strange, blank=True) == "draw a digit"


def test_words_of_a_number() -> None:
    def said(*digits: Prediction) -> str:
        return words_of(Reading(digits=digits))

    sure, close, even = prediction(p4=1.0), prediction(p7=0.55, p2=0.45), prediction(p3=0.3)
    assert said() == "draw a digit"
    assert said(close) == "not sure: 2 or 7"
    assert said(sure, sure) == "44"
    assert said(sure, close) == "not sure: 42 or 47"
    assert said(close, close) == said(sure, even) == "not sure"
    assert said(sure, dataclasses.replace(sure, digit=None)) == "not a number"


@pytest.fixture(scope="module")
def server(app_url: str) -> Server:
    return Server(app_url)


@pytest.fixture(scope="module")
def client(app_url: str) -> Any:
    client = Client(app_url, verbose=False)
    yield client
    client.close()


def test_predict_answers_with_all_that_the_page_shows(server: Server) -> None:
    answer = server.predict(SEVEN, seq=42)
    assert answer["ok"]
    assert answer["seq"] == 42
    assert answer["model"] == "ready"
    assert answer["digit"] == 7
    assert answer["words"] == "7"
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-3)


def test_predict_answers_a_number_with_its_digits(server: Server) -> None:
    answer = server.predict(SEVENTY_ONE)
    assert answer["words"] == "71"
    assert [part["digit"] for part in answer["parts"]] == [7, 1]
    assert all(part["strokes"] and len(part["probabilities"]) == 10 for part in answer["parts"])
    assert server.predict(SEVEN)["parts"] == []


def test_predict_answers_a_pictures_digits_by_what_their_pair_says(server: Server) -> None:
    reading = Classifier.load().read(touching_74())
    images = [base64.b64encode(digit.image.tobytes()).decode() for digit in reading.digits]
    said = [each if each is None else each.tolist() for each in reading.said]
    answer = server.predict([], images=images, said=said)
    assert answer["words"] == "74"
    for part, digit in zip(answer["parts"], reading.digits, strict=True):
        assert part["probabilities"] == pytest.approx(digit.probabilities, abs=1e-3)
    assert [part["together"] for part in answer["parts"]] == [True, True]
    (alone, _) = server.predict([], images=images)["parts"]
    assert not alone["together"]
    assert alone["probabilities"] != answer["parts"][0]["probabilities"]


def test_an_empty_drawing_is_asked_for(server: Server) -> None:
    answer = server.predict([])
    assert answer["ok"]
    assert answer["blank"]
    assert answer["digit"] is None
    assert answer["words"] == "draw a digit"


def test_yours_is_the_ready_made_model_until_there_is_one(server: Server) -> None:
    answer = server.predict(ONE, model="yours")
    assert answer["model"] == "ready"
    assert answer["trained"] is False


@pytest.mark.parametrize("name", BAD_STROKES)
def test_the_page_survives_bad_strokes(server: Server, name: str) -> None:
    value, code = BAD_STROKES[name]
    answer = server.predict(value)
    assert answer["ok"] is False
    assert answer["code"] == code
    assert answer["error"].endswith(".")
    assert server.predict(SEVEN)["digit"] == 7


@pytest.mark.parametrize("payload", [None, [], "x", 1], ids=repr)
def test_the_page_survives_what_is_no_payload(server: Server, payload: Any) -> None:
    answer = server.call("predict", payload)
    assert answer == {"ok": False, "code": "payload", "error": answer["error"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"model": []},
        {"model": None},
        {"seq": "1"},
        {"seq": True},
        {"said": [None]},
        {"said": [[0.5] * 10]},
        {"said": [[2.0] * 11]},
        {"said": [[float("nan")] * 11]},
    ],
    ids=repr,
)
def test_the_page_survives_bad_payloads(server: Server, changes: dict[str, Any]) -> None:
    answer = server.predict(SEVEN, **changes)
    assert answer == {"ok": False, "code": "payload", "error": answer["error"]}


@pytest.mark.parametrize("payload", [{}, {"token": 1}, {"token": None}], ids=repr)
def test_without_a_secret_there_is_no_answer(server: Server, payload: Any) -> None:
    assert server.call("predict", payload)["code"] == "session"


def test_a_forgotten_session_says_so(server: Server) -> None:
    assert server.predict(SEVEN, token="gone")["code"] == "session"


def test_a_session_is_kept_by_its_token(server: Server) -> None:
    assert server.call("open_session", {"token": server.token})["token"] == server.token
    for other in (None, 1, "guess", ["x"]):
        assert server.call("open_session", {"token": other})["token"] != server.token
    assert server.call("open_session", None)["ok"]


def test_endpoint_predict(client: Client) -> None:
    answer = client.predict(strokes=SEVEN, api_name="/predict")
    assert answer["digit"] == 7
    assert len(answer["probabilities"]) == 10
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_endpoint_read(client: Client) -> None:
    answer = client.predict(strokes=SEVENTY_ONE, api_name="/read")
    assert (answer["text"], answer["words"]) == ("71", "71")
    assert [digit["digit"] for digit in answer["digits"]] == [7, 1]
    assert answer["digits"][1]["box"] == pytest.approx([115, 20, 120, 110])
    assert client.predict(strokes=[], api_name="/read")["text"] == ""
    with pytest.raises(AppError, match="Expected"):
        client.predict(strokes="seven", api_name="/read")


@pytest.mark.parametrize(
    "name", sorted(set(BAD_STROKES) - {"NaN", "infinite", "huge whole number"})
)
def test_endpoint_predict_says_what_it_expected(client: Client, name: str) -> None:
    with pytest.raises(AppError, match="Expected"):
        client.predict(strokes=BAD_STROKES[name][0], api_name="/predict")


@pytest.mark.parametrize("scale", [1, 15])
def test_endpoint_predict_image(client: Client, tmp_path: Any, scale: int) -> None:
    picture = Image.new("RGB", (300 * scale, 200 * scale), "white")
    ImageDraw.Draw(picture).line(
        [(x * 0.2 * scale, y * 0.2 * scale) for x, y in SEVEN[0]],
        fill="navy",
        width=12 * scale,
        joint="curve",
    )
    picture.save(tmp_path / "seven.png")
    answer = client.predict(
        picture=handle_file(str(tmp_path / "seven.png")), api_name="/predict_image"
    )
    assert answer["digit"] == 7


def test_endpoint_predict_image_with_an_empty_picture(client: Client, tmp_path: Any) -> None:
    Image.new("L", (50, 50), 255).save(tmp_path / "empty.png")
    answer = client.predict(
        picture=handle_file(str(tmp_path / "empty.png")), api_name="/predict_image"
    )
    assert answer["digit"] is None
    assert answer["words"] == NO_INK


def test_endpoint_predict_image_reads_what_python_reads(client: Client, tmp_path: Any) -> None:
    path = tmp_path / "seven.jpg"
    path.write_bytes(turned(3))
    answer = client.predict(picture=handle_file(str(path)), api_name="/predict_image")
    expected = Classifier.load().predict(Ink.from_image(read_picture(path)))
    assert answer["digit"] == expected.digit == 7
    np.testing.assert_allclose(answer["probabilities"], expected.probabilities, atol=1e-5)


def test_endpoint_read_image(client: Client, tmp_path: Any) -> None:
    picture = Image.new("L", (600, 300), 255)
    for stroke in SEVENTY_ONE:
        points = [(2 * x + 100, 2 * y) for x, y in stroke]
        ImageDraw.Draw(picture).line(points, fill=30, width=16, joint="curve")
    picture.save(tmp_path / "number.png")
    Image.new("L", (50, 50), 255).save(tmp_path / "empty.png")
    number, empty = (
        client.predict(picture=handle_file(str(tmp_path / name)), api_name="/read_image")
        for name in ("number.png", "empty.png")
    )
    assert (number["text"], number["words"]) == ("71", "71")
    assert [digit["digit"] for digit in number["digits"]] == [7, 1]
    left, top, right, bottom = number["digits"][0]["box"]
    assert (left, right) == pytest.approx((140 / 600, 260 / 600), abs=0.03)
    assert (top, bottom) == pytest.approx((40 / 300, 220 / 300), abs=0.06)
    assert (empty["text"], empty["digits"], empty["words"]) == ("", [], NO_INK)


@pytest.mark.parametrize("name", ["/predict_image", "/read_image"])
def test_endpoints_of_pictures_refuse_other_files(client: Client, tmp_path: Any, name: str) -> None:
    for data, said in refused_files().values():
        (tmp_path / "sent.png").write_bytes(data)
        with pytest.raises(AppError, match=f"^Expected.*{said}"):
            client.predict(picture=handle_file(str(tmp_path / "sent.png")), api_name=name)


@pytest.mark.parametrize(
    "picture", [None, "text", 3, {}, {"path": "/etc/hostname"}, {"path": "app.py"}, {"path": 1}]
)
def test_endpoint_predict_image_reads_nothing_but_uploads(app_url: str, picture: Any) -> None:
    request = urllib.request.Request(
        f"{app_url}gradio_api/run/predict_image",
        data=json.dumps({"data": [picture]}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as error:
        assert re.search("Expected a picture|uploads alone", json.load(error)["error"])


def test_a_body_of_megabytes_is_refused_before_it_is_read(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        server.predict([[[0.123456789, 0.123456789]] * 250_000])
    with caught.value as error:
        assert error.code == 413
        assert "at most 1,024 kB" in json.load(error)["error"]
    assert server.predict(SEVEN)["digit"] == 7


def test_a_body_of_unstated_length_is_refused(app_url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(app_url).netloc, timeout=60)
    connection.request("POST", "/gradio_api/component_server", iter([b"{}"]), encode_chunked=True)
    assert connection.getresponse().status == 411
    connection.close()
