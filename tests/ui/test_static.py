"""The page's scripts: at which addresses they are, how they are served, and behind a prefix too."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import re
from urllib.parse import urlsplit

import pytest

from mnist_core.files import ASSETS, WEIGHTS
from mnist_core.ui.static import address, modules, mount_script, preload_links, version, weights


def get(
    url: str, path: str, *, method: str = "GET", encoding: str = "identity"
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body; the path goes out as it stands, dots and all."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request(method, path, headers={"Accept-Encoding": encoding})
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    body = response.read()
    connection.close()
    return response.status, headers, body


def test_every_script_has_an_address_of_its_content(app_url: str) -> None:
    assert set(modules()) == {
        path.relative_to(ASSETS).as_posix() for path in ASSETS.glob("**/*.js")
    }
    assert re.fullmatch("[0-9a-f]{16}", version())
    for name, content in modules().items():
        status, headers, body = get(app_url, f"/{address(name)}")
        assert status == 200
        assert body == content == (ASSETS / name).read_bytes()
        assert headers["content-type"] == "text/javascript; charset=utf-8"
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_weights_have_an_address_of_their_content(app_url: str, encoding: str) -> None:
    named = weights()
    assert named["address"] == f"page/{named['sha256'][:16]}/mnist.safetensors"
    path = f"/{named['address']}"
    status, headers, body = get(app_url, path, encoding=encoding)
    assert status == 200
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["vary"] == "Accept-Encoding"
    assert headers.get("content-encoding", "identity") == encoding
    if encoding == "gzip":
        assert len(body) < 6.5e6
        body = gzip.decompress(body)
    assert body == WEIGHTS.read_bytes()
    assert hashlib.sha256(body).hexdigest() == named["sha256"]


@pytest.mark.parametrize(
    "path",
    [
        "{version}/pad/nothing.js",
        "{version}/lab.js",
        "{version}/lab/lab.css",
        "{version}/lab/lab.html",
        "{version}/mnist.safetensors",
        "{version}/use_model.py",
        "{version}/pad/",
        "{version}/",
        "{version}/../app.py",
        "{version}/pad/../../../app.py",
        "{version}/pad/..%2f..%2fapp.py",
        "{version}/pad/%2e%2e/use_model.py",
        "{version}//etc/passwd",
        "0123456789abcdef/pad/answer.js",
        "pad/answer.js",
        "",
    ],
)
def test_nothing_else_is_served(app_url: str, path: str) -> None:
    status, headers, body = get(app_url, "/page/" + path.format(version=version()))
    assert status == 404
    assert body == b'{"error":"There is nothing here."}'
    assert "immutable" not in headers.get("cache-control", "")


def test_scripts_are_read_not_written(app_url: str) -> None:
    path = f"/{address('pad/answer.js')}"
    status, headers, body = get(app_url, path, method="HEAD")
    assert (status, body) == (200, b"")
    assert "immutable" in headers["cache-control"]
    assert get(app_url, path, method="POST")[0] == 405


def test_a_script_that_is_not_there_is_a_mistake_of_the_page() -> None:
    with pytest.raises(KeyError, match=r"pad/answer\.js.*got pad/anwser\.js"):
        mount_script("pad/anwser.js")


def test_the_scripts_are_announced_in_the_head_and_the_pads_first() -> None:
    linked = re.findall(r'<link rel="modulepreload" href="([^"/][^"]*)">', preload_links())
    of_the_pad = ["/shared/" in each or "/pad/" in each for each in linked]
    assert of_the_pad == sorted(of_the_pad, reverse=True)
    assert address("lab/diagram/layout.js") in linked
    assert address("pad/network.js") not in linked  # its worker's: a visit begins without
