"""Uploaded files on the disk: how long, and how many."""

from __future__ import annotations

import os
from pathlib import Path

from mnist_core.server.uploads import AGE_S, Uploads


def put(folder: Path, name: str, *, size: int, at: float) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (at, at))
    return path


def test_what_is_old_goes_with_its_folder_also_what_was_cut_off(tmp_path: Path) -> None:
    old = put(tmp_path, "1f/a.png", size=9, at=0)
    cut = put(tmp_path, "tmpxyz", size=9, at=1)
    new = put(tmp_path, "2e/b.png", size=9, at=AGE_S)
    Uploads(tmp_path, most_bytes=10**6, clock=lambda: AGE_S + 10).sweep()
    assert [each.exists() for each in (old, cut, new)] == [False, False, True]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["2e"]


def test_the_oldest_make_room_and_no_more_than_needed(tmp_path: Path) -> None:
    files = [put(tmp_path, f"{n}/a.png", size=100_000, at=n) for n in range(4)]
    uploads = Uploads(tmp_path, most_bytes=350_000, clock=lambda: 10)
    uploads.sweep()
    assert [each.exists() for each in files] == [False, True, True, True]
    uploads.sweep(coming_bytes=100_000)
    assert [each.exists() for each in files] == [False, False, True, True]


def test_many_empty_files_count_as_what_they_take(tmp_path: Path) -> None:
    for number in range(100):
        put(tmp_path, f"{number}/a", size=0, at=number)
    Uploads(tmp_path, most_bytes=100_000, clock=lambda: 200).sweep()
    assert 5 < len(list(tmp_path.iterdir())) < 20


def test_a_folder_that_is_gone_and_a_link_out_of_it_are_no_trouble(tmp_path: Path) -> None:
    Uploads(tmp_path / "none", most_bytes=1).sweep()
    outside = put(tmp_path, "outside", size=9, at=0)
    folder = tmp_path / "uploads"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    Uploads(folder, most_bytes=1, clock=lambda: 10**9).sweep()
    assert outside.exists()
