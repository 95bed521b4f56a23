"""The laboratory's server functions: what they answer, to whom, and what they refuse."""

from __future__ import annotations

import base64
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mnist_core.data.datasets import Splits
from mnist_core.models.checkpoint_reading import read_metadata
from mnist_core.models.checkpoints import dump_checkpoint
from mnist_core.models.classifier import Classifier
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.server.application import Application
from mnist_core.server.limits import Limits
from mnist_core.server.session import Session
from mnist_core.ui.lab.tab import server_functions
from mnist_core.worker.measuring import evaluation_set
from tests.support.visitors import Pool

Call = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def pool(digits: Splits) -> Pool:
    pool = Pool()
    held_out = evaluation_set(digits, "validation")
    images = (held_out.images * 255).round().to(torch.uint8).reshape(-1, 784).numpy()
    pool.evaluation = {"validation": (images, held_out.labels.to(torch.uint8).numpy())}
    return pool


@pytest.fixture(scope="module")
def application(pool: Pool) -> Application:
    limits = Limits(upload_bytes=2**20, api_requests_per_s=1e6)
    return Application(ready=Classifier(MLP()), limits=limits, pool=pool)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def call(application: Application) -> Call:
    functions = {each.__name__: each for each in server_functions(application)}

    def called(name: str, payload: Any = None, **values: Any) -> dict[str, Any]:
        answer = functions[name](values if payload is None else payload)
        if inspect.iscoroutine(answer):
            # It waits for nothing, so one step runs it: the browser tests have a loop of their own.
            with pytest.raises(StopIteration) as ended:
                answer.send(None)
            answer = ended.value.value
        json.dumps(answer, allow_nan=False)  # as the browser will read it
        return answer  # type: ignore[no-any-return]

    called.names = list(functions)  # type: ignore[attr-defined]
    return called


@pytest.fixture(scope="module")
def session(application: Application, pool: Pool, digits: Splits) -> Session:
    session = application.sessions.open()
    pool.train(session, digits)
    return session


def test_a_poll_tells_the_run_from_the_cursor_on(call: Call, session: Session) -> None:
    run = session.runs[-1]
    everything = call("lab_poll", token=session.token)
    assert everything["fresh"]["points"] == run.points
    known = {"run": run.id, "points": len(run.points) - 2, "measures": len(run.measures)}
    fresh = call("lab_poll", token=session.token, known=known)["fresh"]
    assert fresh["points"] == run.points[-2:]
    assert fresh["measures"] == run.measures[-1:]  # which the end has measured anew
    assert fresh["from"] == [len(run.points) - 2, len(run.measures) - 1]
    known["rewinds"] = 1  # of a history of which part was taken back
    assert call("lab_poll", token=session.token, known=known)["fresh"]["points"] == run.points
    summary = everything["runs"][-1]
    assert summary["status"] == "finished"
    assert 0 <= summary["test_accuracy"] <= 1


def test_views_hold_the_matrix_and_the_weights_of_a_moment(call: Call, session: Session) -> None:
    first = call("lab_views", token=session.token, moment=0)
    now = call("lab_views", token=session.token)
    assert sum(now["matrix"]) == 50
    assert now["accuracy"] == pytest.approx(sum(now["matrix"][::11]) / 50)
    assert now["accuracy"] > first["accuracy"]
    values = np.frombuffer(base64.b64decode(now["weights"]), dtype=np.int8)
    assert values.size % 784 == 0
    assert np.abs(values).max() == 127


def test_a_cell_of_the_matrix_tells_its_pictures(call: Call, session: Session, pool: Pool) -> None:
    matrix = call("lab_views", token=session.token, moment=0)["matrix"]
    cell = int(np.argmax(matrix))
    answer = call("lab_mistakes", token=session.token, moment=0, truth=cell // 10, guess=cell % 10)
    assert answer["count"] == matrix[cell]
    assert len(answer["at"]) == min(24, matrix[cell])
    labels = pool.evaluation["validation"][1]
    assert set(labels[answer["at"]]) == {cell // 10}


def gallery_of(call: Call, session: Session, **request: Any) -> tuple[dict[str, Any], Any, Any]:
    """An answer of the gallery, with its cells and its probabilities."""
    answer = call("lab_gallery", token=session.token, **request)
    cells = np.frombuffer(base64.b64decode(answer["cells"]), dtype=np.uint8)
    return answer, cells, np.frombuffer(base64.b64decode(answer["sure"]), dtype="<u2") / 65_535


def test_the_gallery_says_of_each_picture_what_the_model_of_that_moment_says(
    call: Call, session: Session, pool: Pool
) -> None:
    images, labels = pool.evaluation["validation"]
    run = session.runs[-1]
    for moment in (0, None):
        answer, cells, sure = gallery_of(call, session, moment=moment)
        snapshot = run.at(moment)
        assert snapshot is not None
        given = run.classifier_of(snapshot).predict_images(images.reshape(-1, 28, 28) / 255)
        assert (answer["step"], answer["total"], answer["stride"]) == (snapshot.step, 50, 1)
        assert (cells == labels * 10 + given.argmax(axis=1)).all()
        assert sure == pytest.approx(given.max(axis=1), abs=1e-5)
    # The end is measured on all pictures, as the gallery is.
    matrix = call("lab_views", token=session.token)["matrix"]
    assert np.bincount(cells, minlength=100).tolist() == matrix
    shown = call("lab_pictures", token=session.token, held=answer["held"], at=[3, 49, 3])["images"]
    assert base64.b64decode(shown) == images[[3, 49, 3]].tobytes()


def test_a_gallery_that_cannot_be_is_refused_with_a_sentence(
    call: Call, application: Application, pool: Pool, digits: Splits
) -> None:
    session = application.sessions.open()
    asked = {"token": session.token, "held": "validation"}
    assert "no such training" in call("lab_gallery", **asked)["error"]
    pool.begin(session)
    assert "Nothing has been measured" in call("lab_gallery", **asked)["error"]
    run = pool.train(session, digits)
    assert "not kept any more" in call("lab_gallery", **asked, moment=99)["error"]
    run.give_up_weights()
    assert "its weights are gone" in call("lab_gallery", **asked)["error"]
    assert "from 0 to 49, got 50." in call("lab_pictures", **asked, at=[0, 50])["error"]
    assert "Nothing" in call("lab_pictures", token=session.token, held="test", at=[0])["error"]
    for at in ([-1], [0.5], list(range(61)), None):
        assert call("lab_pictures", **asked, at=at)["code"] == "payload"


def test_a_moment_answers_for_the_drawing_once_it_is_shown(call: Call, session: Session) -> None:
    now = session.classifier_for("yours")
    assert call("lab_show", token=session.token, run=session.runs[-1].id, moment=0)["ok"]
    assert session.classifier_for("yours") is not now
    assert call("lab_show", token=session.token)["ok"]


def test_a_downloaded_model_loads_with_torch_and_safetensors_alone(
    call: Call, session: Session, tmp_path: Path, digits: Splits
) -> None:
    assert digits.test is not None
    images = digits.test.images[:20]
    data = base64.b64decode(call("lab_download", token=session.token, kind="model")["data"])
    (tmp_path / "model.safetensors").write_bytes(data)
    loader = call("lab_download", token=session.token, kind="loader")["text"]
    (tmp_path / "use_model.py").write_text(loader)
    safetensors.torch.save_file({"images": images}, tmp_path / "images.safetensors")
    script = (
        "import sys; sys.modules['mnist_core'] = None\n"
        "import safetensors.torch, use_model\n"
        "read = use_model.load('model.safetensors')\n"
        "images = safetensors.torch.load_file('images.safetensors')['images']\n"
        "safetensors.torch.save_file({'p': read(images)}, 'answers.safetensors')\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=120)
    found = safetensors.torch.load_file(tmp_path / "answers.safetensors")["p"].numpy()
    expected = session.classifier_for("yours").predict_images(images)
    assert found == pytest.approx(expected, abs=1e-5)


def upload(call: Call, session: Session, data: bytes) -> dict[str, Any]:
    size = 3 * 2**16
    answer: dict[str, Any] = {}
    for start in range(0, max(1, len(data)), size):
        answer = call(
            "lab_upload",
            token=session.token,
            data=base64.b64encode(data[start : start + size]).decode(),
            begin=start == 0,
            end=start + size >= len(data),
        )
        if not answer["ok"]:
            break
    return answer


def test_a_model_loaded_back_answers(call: Call, application: Application) -> None:
    session = application.sessions.open()
    model = MLP(MLPConfig(hidden_sizes=(32,)))
    answer = upload(call, session, dump_checkpoint(model))
    assert answer["layers"] == [784, 32, 10]
    assert answer["loaded"] == call("lab_poll", token=session.token)["loaded"]
    assert session.has_model
    images = torch.rand(5, 28, 28)
    answered = session.classifier_for("yours").predict_images(images)
    assert answered == pytest.approx(Classifier(model).predict_images(images))


def test_foreign_damaged_and_huge_files_are_refused_with_the_reason(
    call: Call, application: Application
) -> None:
    session = application.sessions.open()
    good = dump_checkpoint(MLP(MLPConfig(hidden_sizes=(32,))))
    foreign = safetensors.torch.save({"x": torch.zeros(3)})
    weights, metadata = safetensors.torch.load(good), read_metadata(good)
    metadata["config"] = json.dumps(json.loads(metadata["config"]) | {"information": 1})
    refused = {
        "model file is damaged": safetensors.torch.save(weights, metadata=metadata),
        "weights that give no numbers": safetensors.torch.save(
            {name: tensor.double() + 1e300 for name, tensor in weights.items()},
            metadata=read_metadata(good),
        ),
        "not a model file": b"print('hello')",
        "not a model that was": foreign,
        "MB": b"\0" * (2**20 + 2**18),
        "not a model": b"",
        "model file": good[: len(good) // 2],
    }
    for words, data in refused.items():
        answer = upload(call, session, data)
        assert not answer["ok"], words
        assert words in answer["error"]
    assert not session.has_model
    assert upload(call, session, good)["ok"]


def test_nothing_answers_without_the_secret(call: Call, session: Session) -> None:
    for name in call.names:  # type: ignore[attr-defined]
        for token in (None, "", "x" * 43, 7, [session.token]):
            answer = call(name, {"token": token, "order": "reset", "kind": "model"})
            assert answer["code"] == "session"
    assert session.runs


def test_another_session_sees_no_run(
    call: Call, application: Application, session: Session
) -> None:
    stranger = application.sessions.open()
    run = session.runs[-1].id
    assert call("lab_poll", token=stranger.token)["runs"] == []
    for name in ("lab_views", "lab_show", "lab_mistakes", "lab_gallery"):
        answer = call(name, token=stranger.token, run=run, truth=1, guess=1)
        assert answer["code"] == "gone"
    assert not call("lab_download", token=stranger.token, kind="model")["ok"]
    assert call("lab_order", token=stranger.token, order="reset")["ok"]
    assert session.runs


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
_KEYS = (
    "setup", "order", "values", "known", "run", "moment", "truth", "guess", "kind", "data", "held", "at",
    "other",
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.dictionaries(st.sampled_from(_KEYS), _JSON), name=st.integers(0, 99))
def test_nonsense_is_answered_and_never_raises(
    call: Call, application: Application, payload: dict[str, Any], name: int
) -> None:
    names = call.names  # type: ignore[attr-defined]
    token = application.sessions.open().token
    answer = call(names[name % len(names)], payload | {"token": token})
    codes = ("payload", "refused", "setup", "gone", "huge", "foreign")
    assert answer["ok"] or answer["code"] in codes
    assert answer["ok"] or answer["error"].endswith(".")


@pytest.mark.parametrize("payload", [[], "x", 3, True])
def test_a_payload_that_is_no_object_is_refused(call: Call, payload: Any) -> None:
    assert call("lab_poll", payload)["code"] == "payload"


def test_a_worker_is_warmed_when_a_visitor_comes_near(
    call: Call, session: Session, pool: Pool
) -> None:
    before = pool.warmings
    assert not call("lab_near", token="nobody's")["ok"]
    assert pool.warmings == before
    assert call("lab_near", token=session.token)["ok"]
    assert pool.warmings == before + 1
