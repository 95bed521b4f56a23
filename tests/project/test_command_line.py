import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_core import __main__ as command_line
from mnist_core.__main__ import main
from mnist_core.data.datasets import Splits
from mnist_core.files import ELDER_WEIGHTS, ROOT, WEIGHTS
from mnist_core.ink.ink import Ink
from mnist_core.ink.picture_file import read_picture
from mnist_core.models.checkpoints import load_checkpoint
from mnist_core.models.classifier import Classifier
from mnist_core.models.config import MLPConfig
from mnist_core.models.mlp import MLP
from mnist_core.training.config import TrainConfig
from mnist_core.training.presets import PRESETS, Preset
from tests.support.pen_digits import made_up_pen
from tests.support.picture_files import refused_files, turned


def draw_seven(path: Path, *, ink: int, paper: int) -> Path:
    picture = Image.new("L", (200, 200), paper)
    ImageDraw.Draw(picture).line([(50, 40), (150, 40), (90, 170)], fill=ink, width=14)
    picture.save(path)
    return path


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0)])
def test_predict_reads_a_picture_dark_on_light_or_light_on_dark(
    ink: int, paper: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(draw_seven(tmp_path / "seven.png", ink=ink, paper=paper))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "7"
    assert [line[0] for line in lines[1:]] == list("0123456789")


def test_predict_says_what_is_wrong_with_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, (data, said) in refused_files().items():
        path = tmp_path / "sent.png"
        path.write_bytes(data)
        assert main(["predict", str(path)]) == 1, name
        assert said in capsys.readouterr().err
    empty = tmp_path / "empty.png"
    Image.fromarray(np.full((50, 50), 255, dtype=np.uint8)).save(empty)
    for path, said in (
        (empty, "no ink found"),
        (tmp_path / "missing.png", "missing.png: No such file"),
    ):
        assert main(["predict", str(path)]) == 1
        assert said in capsys.readouterr().err


def test_predict_reads_what_python_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "seven.jpg"
    path.write_bytes(turned(3))
    assert main(["predict", str(path)]) == 0
    prediction = Classifier.load().predict(Ink.from_image(read_picture(path)))
    digit, *bars = capsys.readouterr().out.splitlines()
    assert digit == str(prediction.digit) == "7"
    assert [bar.split()[1] for bar in bars] == [f"{each:.2%}" for each in prediction.probabilities]


def test_train_prints_a_line_an_epoch_and_saves(
    mnist: Splits, mnist_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model.safetensors"
    arguments = ["train", "--preset", "fast", "--epochs", "1", "--data", str(mnist_root)]
    figure = tmp_path / "curves.png"
    assert main([*arguments, "--out", str(out), "--figure", str(figure)]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"epoch 1/1  loss \d\.\d+  validation accuracy \d+\.\d+%  \d+\.\d+ s", printed)
    assert re.search(r"test accuracy \d+\.\d+%", printed)
    assert load_checkpoint(out).config.hidden_sizes == (128, 64)
    with Image.open(figure) as picture:
        assert picture.size == (700, 300)


def test_evaluate_reports_the_shipped_weights_and_draws_the_report(
    mnist_root: Path, mnist: Splits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = tmp_path / "report.png"
    assert main(["evaluate", "--data", str(mnist_root), "--figure", str(figure)]) == 0
    printed = capsys.readouterr().out
    found = re.search(r"MNIST test set: 10,000 digits\naccuracy (\d+\.\d+)%", printed)
    assert found is not None
    assert float(found[1]) >= 98
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_of_writers_held_out_weights_are_measured_that_they_have_not_taught(
    digits: Splits, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    used: list[Path] = []

    def load(path: Path) -> MLP:
        used.append(path)
        return load_checkpoint(path)

    monkeypatch.setattr(command_line, "load_checkpoint", load)
    monkeypatch.setattr(command_line, "load_mnist", lambda *_, **__: digits)
    monkeypatch.setattr(command_line, "load_pen_digits", lambda *_, **__: made_up_pen((5,)))
    for report in ("pictures_report", "numbers_report"):
        monkeypatch.setattr(command_line, report, lambda *_, **__: [])
    assert main(["evaluate", "--writers-held-out"]) == 0
    assert "Pen digits, held-out writers: " in capsys.readouterr().out
    assert main(["evaluate", "--pictures", "1"]) == 0
    assert main(["evaluate"]) == 0
    assert used == [ELDER_WEIGHTS, ELDER_WEIGHTS, WEIGHTS]
    for option in ("--writers-held-out", "--pictures"):
        assert main(["evaluate", "--weights", str(WEIGHTS), option]) == 1
        error = capsys.readouterr().err
        assert error.startswith(f"error: {WEIGHTS}: all writers have taught it; expected")


def test_a_training_that_diverges_is_a_sentence(
    digits: Splits, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hopeless = TrainConfig(epochs=5, batch_size=32, learning_rate=1e6)
    preset = Preset(words="", model=MLPConfig(), train=hopeless)
    monkeypatch.setattr(command_line, "PRESETS", {"fast": preset})
    monkeypatch.setattr(command_line, "load_mnist", lambda *_, **__: digits)
    assert main(["train", "--preset", "fast"]) == 1
    assert "try a smaller learning rate" in capsys.readouterr().err


def test_help_names_every_command_and_preset(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, named in (
        (["--help"], ["train", "evaluate", "predict", "bench"]),
        (["train", "--help"], [*PRESETS, "record", "pairs"]),
    ):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 0
        printed = " ".join(capsys.readouterr().out.split())
        assert [name for name in named if name not in printed] == []


def test_a_missing_data_set_is_a_sentence_and_no_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(url: str, timeout: float) -> None:
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    assert main(["train", "--data", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threads", "0"], "expected a whole number from 1 to"),
        (["--threads", "100000"], "expected a whole number from 1 to"),
        (["--threads", "two"], "expected a whole number from 1 to"),
        (["train", "--epochs", "0"], "expected a whole number from 1 to"),
        (["evaluate", "--pictures", "0"], "expected a whole number from 1 to"),
        (["train", "--seed", str(2**70)], "expected a whole number from 0 to"),
        (["train", "--seed", "-1"], "expected a whole number from 0 to"),
    ],
)
def test_a_number_out_of_range_is_refused_with_what_was_expected(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = arguments if arguments[0] == "train" else [*arguments, "predict", "a.png"]
    with pytest.raises(SystemExit):
        main(command)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--out", "--figure"])
def test_where_a_result_can_not_go_is_found_out_before_the_work(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object, **__: object) -> None:
        raise AssertionError("it has begun")

    monkeypatch.setattr("mnist_core.__main__.load_mnist", work)
    wrong = {str(tmp_path / "none" / "a.png"): "there is no folder", str(tmp_path): "got a folder"}
    if option == "--figure":
        wrong[str(tmp_path / "a.nonsense")] = "expected a name that ends in one of"
    for path, said in wrong.items():
        assert main(["train", option, path]) == 1
        assert said in capsys.readouterr().err


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "mnist_core", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_output_that_can_not_be_encoded_and_a_strange_backend_stop_nothing(tmp_path: Path) -> None:
    picture = str(draw_seven(tmp_path / "seven.png", ink=0, paper=255))
    done = run("predict", picture, PYTHONIOENCODING="cp1252", PYTHONUTF8="0", MPLBACKEND="nonsense")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.splitlines()[0] == b"7"
    assert len(done.stdout.splitlines()) == 11
    assert b"####" in done.stdout


def test_a_stop_is_a_word_and_no_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mnist_core.__main__.load_mnist", stop)
    assert main(["train"]) == 130
    assert capsys.readouterr().err == "\nstopped\n"
