"""What a request may name as a file: an upload, and nothing that would have to be fetched."""

from __future__ import annotations

import io
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from PIL import Image, ImageDraw

from mnist_core.errors import RefusedError
from mnist_core.ui.files import ONLY_UPLOADS, check_values
from tests.support.app import start

META = {"_type": "gradio.FileData"}
ADDRESSES = (
    "http://files.example/a.png",
    "https://files.example/a.png",
    "HTTP://files.example/a.png",
    "http://93.184.215.14/a.png",
    "http://[2606:2800:21f::1]/a.png",
    "http://169.254.169.254/latest",
    "//files.example/a.png",
    "ftp://files.example/a.png",
    "file:///etc/passwd",
    "data:image/png;base64,iVBORw0KGgo=",
)


def shapes(address: str) -> list[Any]:
    """Values that name `address` as a file, in every way that Gradio or a client knows."""
    file = {"path": address, "meta": META}
    return [
        file,
        {"path": address},
        {"path": address, "url": address, "meta": META},
        {"path": "", "url": address, "meta": META},
        {"url": address, "meta": META},
        {"url": address},
        {"path": None, "url": address, "meta": META},
        {"path": address, "meta": META, "is_stream": True},
        {"path": "a.png", "url": address, "orig_name": "a.png", "meta": META},
        [file],
        [[[file]]],
        {"picture": file},
        {"meta": {"_type": "gradio.FileData"}, "path": {"path": address, "meta": META}},
        {"a": [{"b": [file]}]},
        address,
        [address],
    ]


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_shape_of_value_names_an_address(address: str, uploads: Path) -> None:
    for value in shapes(address):
        with pytest.raises(RefusedError):
            check_values([value])


def test_only_a_file_in_the_folder_of_uploads_passes(uploads: Path, tmp_path: Path) -> None:
    inside, outside = uploads / "a.png", tmp_path / "b.png"
    inside.write_bytes(b"a")
    outside.write_bytes(b"b")
    (uploads / "link.png").symlink_to(outside)
    check_values([{"path": str(inside), "meta": META}])
    for path in (outside, uploads, uploads / "none.png", uploads / "link.png", "a\0b", "a" * 5000):
        with pytest.raises(RefusedError):
            check_values([{"path": str(path), "meta": META}])
    with pytest.raises(RefusedError):
        check_values([{"path": str(uploads / ".." / "b.png"), "meta": META}])


def test_an_upload_keeps_what_was_uploaded_and_no_address(uploads: Path) -> None:
    file = uploads / "a.png"
    file.write_bytes(b"a")
    value = {"path": str(file), "url": "http://files.example/", "orig_name": "a.png", "meta": META}
    check_values([[value]])
    assert value == {"path": str(file), "orig_name": "a.png", "meta": META}


def test_drawings_pass_and_endless_nesting_does_not(uploads: Path) -> None:
    check_values([[[[0.5, 1], [2, 3]]], None, True, "7"])
    value: Any = []
    for _ in range(900):
        value = [value]
    with pytest.raises(RefusedError):
        check_values([value])


# A running server


@dataclass(frozen=True)
class Spied:
    url: str
    connections: Path
    temporary: Path
    process: int

    def opened(self) -> list[str]:
        """Where it connected to and what it looked up, but for itself: Gradio's start does that."""
        lines = self.connections.read_text().splitlines()
        return [line for line in lines if f"http://{line}/" != self.url]

    def post(self, path: str, body: Any, *, content_type: str = "application/json") -> str:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers=headers)
        try:
            with urllib.request.urlopen(request) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()

    def answer(self, name: str, event: str) -> str:
        with urllib.request.urlopen(f"{self.url}gradio_api/call/{name}/{event}") as response:
            return str(response.read().decode())

    def queue(self) -> str:
        """What the queue says to those who joined it as "odd"."""
        with urllib.request.urlopen(f"{self.url}gradio_api/queue/data?session_hash=odd") as said:
            return str(said.read().decode())

    def files(self) -> list[Path]:
        return sorted(each for each in self.temporary.rglob("*") if each.is_file())

    def memory_bytes(self) -> int:
        status = Path(f"/proc/{self.process}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024


@pytest.fixture(scope="module")
def spied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spied]:
    folder = tmp_path_factory.mktemp("spied")
    connections, temporary = folder / "connections", folder / "temporary"
    temporary.mkdir()
    connections.touch()
    app = start(
        log=folder / "app.log",
        program=("-m", "tests.support.spied_app", str(connections)),
        options=("--max-api-requests-per-s", "10000"),
        environment={"TMPDIR": str(temporary), "GRADIO_TEMP_DIR": ""},
    )
    try:
        yield Spied(app.url, connections, temporary, app.process.pid)
    except BaseException:
        app.kill()
        raise
    app.end()  # which sees that there is no stack trace in the log
    assert not list(temporary.rglob("*"))


def picture() -> bytes:
    image = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(image).line([(50, 40), (150, 40), (90, 170)], fill=0, width=14)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def bodies(spied: Spied, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each route that takes values, with a body for it."""
    with urllib.request.urlopen(f"{spied.url}config") as response:
        dependencies = json.load(response)["dependencies"]
    for name in ("predict", "predict_image"):
        index = next(each["id"] for each in dependencies if each["api_name"] == name)
        parameter = "strokes" if name == "predict" else "picture"
        rest = {"session_hash": "odd", "fn_index": index, "event_data": value}
        yield f"gradio_api/run/{name}", {"data": [value], **rest}
        yield f"gradio_api/api/{name}", {"data": [value], **rest}
        yield f"gradio_api/call/{name}", {"data": [value]}
        yield f"gradio_api/call/v2/{name}", {parameter: value}
        yield "gradio_api/queue/join", {"data": [value], **rest}


def test_no_request_opens_a_connection(spied: Spied) -> None:
    before, memory, files = spied.opened(), spied.memory_bytes(), spied.files()
    for address in ("http://files.example/a.png", "https://93.184.215.14/a.png"):
        for value in shapes(address):
            for path, body in bodies(spied, value):
                answer = spied.post(path, body)
                if "call/" in path and "event_id" in answer:
                    name = path.rsplit("/", 1)[1]
                    answer = spied.answer(name, json.loads(answer)["event_id"])
                elif "queue" in path:
                    answer = spied.queue()
                assert "files.example" not in answer
                assert "uploads alone" in answer, (path, value)
    for path in ("file=http://files.example/", "proxy=http://files.example/"):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{spied.url}gradio_api/{path}")
    assert spied.opened() == before
    assert spied.files() == files
    assert spied.memory_bytes() - memory < 100 * 2**20


def test_forms_are_for_uploads_and_the_sign_in(spied: Spied) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="data"; filename="a"\r\n\r\nb\r\n--x--\r\n'
    for path in ("component_server", "run/predict_image", "call/predict_image", "queue/join"):
        for kind in ("multipart/form-data; boundary=x", "Multipart/Form-Data; boundary=x"):
            answer = spied.post(f"gradio_api/{path}", form, content_type=kind)
            assert "Expected JSON" in answer
        kind = "application/x-www-form-urlencoded"
        assert "Expected JSON" in spied.post(f"gradio_api/{path}", b"data=1", content_type=kind)


def test_a_cut_upload_stays_in_the_folder_that_is_swept(spied: Spied) -> None:
    """And the progress that an upload names, which Gradio would remember for good, is not kept."""
    host, port = spied.url.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(
            b"POST /gradio_api/upload?upload_id=x HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
            b'Content-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
            + bytes(90_000)
        )
        until = time.monotonic() + 20
        while not spied.files() and time.monotonic() < until:
            time.sleep(0.05)
    assert spied.files()
    (folder,) = spied.temporary.glob("mnist_core-*")
    assert all(folder in each.parents for each in spied.files())
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{spied.url}gradio_api/upload_progress?upload_id=x")
    refused.value.close()


def test_nesting_without_end_prints_no_trace(spied: Spied) -> None:
    body = b'{"data": [' + b"[" * 900 + b"]" * 900 + b"]}"
    assert "nested too deeply" in spied.post("gradio_api/run/predict", body)


def test_an_uploaded_picture_is_read(spied: Spied, tmp_path: Path) -> None:
    file = tmp_path / "seven.png"
    file.write_bytes(picture())
    client = Client(spied.url, verbose=False)
    assert client.predict(handle_file(str(file)), api_name="/predict_image")["digit"] == 7


def test_the_refusal_says_how_pictures_come() -> None:
    assert "uploads alone" in ONLY_UPLOADS
