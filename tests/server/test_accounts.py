"""Names and passwords: where they come from, and that no message repeats one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_core.errors import AccountsError
from mnist_core.server.accounts import AUTH_VARIABLE, read_accounts


def test_nobody_is_asked_unless_wanted() -> None:
    assert read_accounts(None) is None


def test_accounts_come_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "accounts"
    file.write_text("ada:love:lace\n\n alan:turing \n")
    assert read_accounts(str(file)) == [("ada", "love:lace"), ("alan", "turing")]
    monkeypatch.setenv(AUTH_VARIABLE, "ada:secret")
    assert read_accounts("") == [("ada", "secret")]


@pytest.mark.parametrize("text", ["", "\n", "hunter2", "hunter2:", ":hunter2", "a:b\nhunter2"])
def test_an_unusable_secret_is_refused_without_being_told(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "accounts"
    file.write_text(text)
    monkeypatch.setenv(AUTH_VARIABLE, text)
    for source in (str(file), ""):
        with pytest.raises(AccountsError, match="expected") as caught:
            read_accounts(source)
        assert "hunter2" not in str(caught.value)
    with pytest.raises(AccountsError, match="could not be read"):
        read_accounts(str(tmp_path / "none"))
