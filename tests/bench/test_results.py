import json
from pathlib import Path

import pytest

from mnist_core.bench.results import Result, Results, machine, read


def results(**values: float) -> Results:
    found = Results()
    for name, value in values.items():
        found.add(name, value, "s", better="more" if name.startswith("rate") else "less")
    found.add("beside them", 7.0)
    return found


def test_what_is_kept_comes_back_with_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    results(start=2.5).save(path)
    kept = read(path)
    assert kept["machine"] == machine()
    assert [(each["name"], each["value"]) for each in kept["results"]] == [
        ("start", 2.5),
        ("beside them", 7.0),
    ]


def test_what_became_a_tenth_slower_is_said(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    results(start=2.0, answer=1.0, rate=500.0).save(path)
    now = results(start=2.4, answer=1.05, rate=400.0, unknown=1.0)
    assert now.compared_with(path) == [
        "slower: start: 2 s before, 2.4 s now",
        "slower: rate: 500 s before, 400 s now",
    ]
    assert results(start=1.0, rate=900.0).compared_with(path) == [
        f"nothing became slower than in {path}"
    ]


def test_another_machine_is_said(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    kept = json.loads(results(start=2.0).to_json())
    path.write_text(json.dumps(kept | {"machine": kept["machine"] | {"cores": "1000"}}))
    assert "another machine" in results(start=2.0).compared_with(path)[0]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"results": [1], "machine": {}}'])
def test_a_file_that_no_bench_wrote_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="expected what bench --json wrote"):
        read(path)


def test_a_result_stands_beside_its_goal() -> None:
    line = str(Result(name="start", value=2.5, unit="s", better="less", goal=1.2))
    assert line.startswith("start (at most 1.2 s)")
    assert line.endswith(" 2.5 s")
