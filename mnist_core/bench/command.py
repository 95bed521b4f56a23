"""The bench as a whole: every subject, the files, and the figure."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from matplotlib.figure import Figure

from mnist_core.bench.answers import measure_answers
from mnist_core.bench.results import Results, machine, read
from mnist_core.bench.serving import measure_page
from mnist_core.bench.training import measure_costs, measure_presets
from mnist_core.data.datasets import Splits
from mnist_core.evaluation.style import ACCENT, QUIET, save_figure


def run(
    data: Splits,
    *,
    root: Path | str | None,
    quick: bool = False,
    json_file: Path | None = None,
    compare: Path | None = None,
    figure: Path | None = None,
) -> None:
    """Prints each figure as soon as it is measured, which takes some minutes.

    `quick` shows in seconds that each can be measured; they then say nothing. json_file: where they are
    kept, with the machine's description. compare: such a file, for what became slower. figure: where to
    draw how the cost grows.
    """
    if compare is not None:
        read(compare)  # a wrong one is told before the work
    kind = machine()
    print(
        f"{kind['processor']}, {kind['cores']} cores; torch {kind['torch']}, "
        f"{torch.get_num_threads()} thread; each figure beside others of this run"
    )
    results = Results()
    measure_presets(results, data, root=root, quick=quick)
    measure_costs(results, data, quick=quick)
    measure_answers(results)
    measure_page(results, quick=quick)
    if json_file is not None:
        results.save(json_file)
        print(f"kept in {json_file}")
    if compare is not None:
        print("\n".join(results.compared_with(compare)))
    if figure is not None:
        print(save_figure(growth(results), figure))


def growth(results: Results) -> Figure:
    """Seconds an epoch against those of the matrix products alone, and predictions against visitors."""
    values = {each.name: each.value for each in results.results}
    figure = Figure(figsize=(10, 4), layout="constrained")
    cost, load = figure.subplots(ncols=2)
    sizes = [name for name in values if re.fullmatch(r"  \d+ × \d+ units", name)]
    cost.loglog(
        [values[f"{name}, products"] for name in sizes],
        [values[name] for name in sizes],
        "o",
        color=ACCENT,
    )
    for name in sizes:
        cost.annotate(
            name.strip().removesuffix(" units"),
            (values[f"{name}, products"], values[name]),
            textcoords="offset points",
            xytext=(6, -8),
            fontsize=7,
        )
    ends = [values[f"{name}, products"] for name in (sizes[0], sizes[-1])]
    cost.loglog(ends, ends, color=QUIET, label="nothing but products")
    cost.set(xlabel="matrix products of an epoch, s", ylabel="an epoch, s")
    cost.legend()
    counts = {
        int(found[1]): value
        for name, value in values.items()
        if (found := re.fullmatch(r"predictions/s of (\d+) visitors", name))
    }
    load.plot(list(counts), list(counts.values()), "o-", color=ACCENT)
    load.plot(list(counts), [5 * count for count in counts], color=QUIET, label="all that is asked")
    load.set(xlabel="visitors, 5 drawings a second each", ylabel="predictions a second")
    load.legend()
    return figure
