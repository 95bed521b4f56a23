"""The environment that a server finds: folders and proxies."""

from __future__ import annotations

import os
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from mnist_core.errors import StartError
from mnist_core.server.environment import (
    UPLOADS_VARIABLE,
    prepare_environment,
    proxies_of_the_surroundings,
    remove_own_folder,
)

PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        *PROXIES,
        *(each.upper() for each in PROXIES),
        "no_proxy",
        "NO_PROXY",
        "MPLBACKEND",
    ):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv(UPLOADS_VARIABLE, str(tmp_path))


def test_the_folder_of_uploads_is_this_process_s_alone_and_goes_with_it(tmp_path: Path) -> None:
    prepare_environment()
    folder = Path(os.environ[UPLOADS_VARIABLE])
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "a").mkdir()
    (folder / "a" / "b.png").write_bytes(b"b")
    remove_own_folder()
    assert not folder.exists()


def test_a_folder_that_can_not_be_had_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(UPLOADS_VARIABLE, str(tmp_path / "file"))
    prepare_environment()
    folder = Path(os.environ[UPLOADS_VARIABLE])
    assert folder.is_dir()
    assert tmp_path not in folder.parents
    remove_own_folder()


def test_folders_of_killed_servers_are_removed_and_those_of_living_ones_not(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from mnist_core.server.environment import prepare_environment;"
        "prepare_environment(); print(os.environ['GRADIO_TEMP_DIR'], flush=True); sys.stdin.read()"
    )
    living, killed = (
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    )
    with living, killed:
        assert living.stdout is not None
        assert killed.stdout is not None
        folders = [Path(out.readline().strip()) for out in (living.stdout, killed.stdout)]
        killed.kill()
        killed.wait()
        assert all(folder.is_dir() for folder in folders)
        prepare_environment()
        assert [folder.is_dir() for folder in folders] == [True, False]
        remove_own_folder()
        living.communicate("", timeout=30)
    assert not any(folder.exists() for folder in folders)


def test_loopback_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "intranet.example")
    prepare_environment()
    assert os.environ["http_proxy"] == "http://proxy.example:3128"
    assert os.environ["no_proxy"] == "intranet.example,localhost,127.0.0.1,::1"
    remove_own_folder()


@pytest.mark.parametrize("proxy", ["socks5://a:1", "socks://a", "http://[a", "http://a:b", "x://y"])
def test_a_proxy_that_can_not_be_used_is_left_out(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", proxy)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    prepare_environment()
    assert "all_proxy" not in os.environ
    assert "HTTPS_PROXY" not in os.environ
    remove_own_folder()


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1"])
def test_a_port_that_is_none_is_said_in_a_line(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_SERVER_PORT", port)
    with pytest.raises(StartError, match="GRADIO_SERVER_PORT: expected a whole number"):
        prepare_environment()


@pytest.mark.parametrize(
    ("surroundings", "share", "trusted"),
    [
        ({}, False, ""),
        ({}, True, "127.0.0.1"),
        ({"FORWARDED_ALLOW_IPS": "192.0.2.1", "SPACE_ID": "ada/digits"}, True, "192.0.2.1"),
        ({"FORWARDED_ALLOW_IPS": ""}, True, ""),
    ],
)
def test_only_proxies_of_the_surroundings_are_trusted_unnamed(
    surroundings: dict[str, str], share: bool, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FORWARDED_ALLOW_IPS", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    assert proxies_of_the_surroundings(share=share) == trusted


def test_a_space_trusts_the_platforms_proxies_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    monkeypatch.setenv("SPACE_ID", "ada/digits")
    trusted = [ip_network(each) for each in proxies_of_the_surroundings(share=False).split(",")]
    for address, known in (
        ("10.20.1.2", True),
        ("127.0.0.1", True),
        ("fd00::1", True),
        ("8.8.8.8", False),
    ):
        assert any(ip_address(address) in each for each in trusted) is known
