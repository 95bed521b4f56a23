"""Images of two digits that touch, for training: two images of a digit each, put side by side.

They are as `place_pair` has them of a picture. Some are no such pair: one digit, three, or a digit beside
what is none. Tensors are (N, rows, columns) in [0, 1], ink 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from mnist_core.ink.picture import LONGEST_PAIR, PAIR_SHAPE
from mnist_core.ink.raster import BOX_SIZE
from mnist_core.record.pools import NOT_A_DIGIT, Batch, Pool, RecordConfig, made_ahead
from mnist_core.training.augmentation import AugmentationConfig, augment

# The kinds of images: two digits that touch; three; two of which one or both are none; one, or none.
_SHARES = (0.74, 0.04, 0.08, 0.14)
# So many are made at once: more would not fit the processor's cache.
_AT_ONCE = 512
# A digit by itself: the sheet, and the line that it stands on, more or less.
_SHEET, _LINE = (32, 36), 28.0
_OFF_THE_LINE = 1.0
# Sizes differ so much, as a logarithm.
_OFF_THE_SIZE = 0.09
# How far digits overlap at most, and a tenth of them twice as far.
_OVERLAP = 3.2
_MUCH_SHARE = 0.1
# Those that a line joins, which runs from one to the other over a gap of some pixels.
_JOINED_SHARE = 0.25
_GAPS = (1.0, 3.0)
_LINE_WIDTH = 1.6
_STEEPEST = 1.2  # radians
# Pixels of more are ink.
_INK, _OUTLINE = 0.5, 0.3
# A pen's edges are as soft as they are, or so many times as sharp, about grey between these.
_SHARPEST = 2.2
_GREYS = (0.35, 0.55)


def pair_batches(
    pools: Sequence[Pool],
    written: Pool,
    config: RecordConfig,
    *,
    seed: int,
    progress: float,
    device: torch.device | str,
    teach: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[Batch]:
    """One epoch of images (N, 28, 48), labels (N, 2) and what `teach` makes of them.

    Pools and shares are those of `make_pools`, and `written` that of `written_pairs`, all on `device`.
    Labels of what is no pair are `NOT_A_DIGIT`. The same `seed` gives the same batches.
    """
    generator = torch.Generator(device).manual_seed(seed)
    augmentation = config.augmentation_at(progress)

    def some_written(count: int) -> tuple[Tensor, Tensor]:
        images, labels = written.draw(count, generator)
        varied = augment(images, config=augmentation, generator=generator)
        return _sharpened(_framed(varied), generator), labels

    def make(batches: int) -> list[Batch]:
        total = batches * config.batch_size
        ready = round(total * config.written_share) if len(written.labels) else 0
        # Of the thread that makes them, which has a default device of its own.
        with torch.device(device):
            parts = [
                _some(pools, config.shares, count, augmentation, generator)
                for count in _portions(total - ready)
            ]
            parts += [some_written(count) for count in _portions(ready)]
            images, labels = (torch.cat(part) for part in zip(*parts, strict=True))
            order = torch.randperm(total, generator=generator).split(config.batch_size)
        return [
            (images[some], labels[some], None if teach is None else teach(images[some]))
            for some in order
        ]

    return made_ahead(make, config.steps_per_epoch)


def pairs_of(pool: Pool, count: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """`count` pairs of the pool's digits, each as it is: images (N, 28, 48), labels (N, 2).

    None where the pool is empty.
    """
    if not len(pool.labels):
        return torch.empty(0, *PAIR_SHAPE), torch.empty(0, 2, dtype=torch.int64)
    as_they_are = AugmentationConfig(share=0.0, stroke_width=0.0)
    parts = [
        _some([pool], (1.0,), some, as_they_are, generator, kinds=(1.0, 0.0, 0.0, 0.0))
        for some in _portions(count)
    ]
    images, labels = (torch.cat(part) for part in zip(*parts, strict=True))
    return images, labels


def _portions(count: int) -> list[int]:
    return [min(_AT_ONCE, count - first) for first in range(0, count, _AT_ONCE)]


def _some(
    pools: Sequence[Pool],
    shares: Sequence[float],
    count: int,
    augmentation: AugmentationConfig,
    generator: torch.Generator,
    *,
    kinds: Sequence[float] = _SHARES,
) -> tuple[Tensor, Tensor]:
    """`count` images, those of a kind beside each other. Digits of a pair are of one pool."""
    triples, spoilt, lone = (round(share * count) for share in kinds[1:])
    pairs = count - triples - spoilt - lone
    several = count - lone

    def digits(which: Tensor) -> tuple[Tensor, Tensor]:
        images, labels = _drawn(pools, which, generator)
        varied = augment(images, config=augmentation, generator=generator)
        return _upright(_full(varied), generator), labels

    which = torch.multinomial(torch.tensor(shares), count, replacement=True, generator=generator)
    non_digits = len(pools) - 1
    which[several + lone // 2 :] = non_digits
    others = which[:several].clone()
    third = spoilt // 3
    which[pairs + triples : several - third] = non_digits
    others[several - 2 * third :] = non_digits
    left, left_labels = digits(which)
    right, right_labels = digits(others)
    together = _side_by_side(left[:several], right, generator, joined=pairs)
    parts = [
        _framed(together[:pairs]),
        _framed(together[pairs + triples :]),
        _framed(left[several:]),
    ]
    if triples:
        last, _ = digits(which[pairs : pairs + triples])
        parts.append(_framed(_side_by_side(together[pairs : pairs + triples], last, generator)))
    labels = torch.full((count, 2), NOT_A_DIGIT)
    labels[:pairs] = torch.stack((left_labels[:pairs], right_labels[:pairs]), dim=1)
    labels[(labels == NOT_A_DIGIT).any(dim=1)] = NOT_A_DIGIT
    return _sharpened(torch.cat(parts), generator), labels


def _drawn(
    pools: Sequence[Pool], which: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Images (N, 28, 28) and labels (N,) from the pools with the numbers `which`, (N,)."""
    images, labels = torch.empty(len(which), 28, 28), torch.empty(len(which), dtype=torch.int64)
    for number, pool in enumerate(pools):
        places = torch.nonzero(which == number)[:, 0]
        if len(places):  # a pool of no share may be empty
            images[places], labels[places] = pool.draw(len(places), generator)
    return images, labels


def _upright(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each digit on a sheet of its own, 20 pixels high or a little more or less."""
    count = len(images)
    (top, bottom), (left, right) = _extents(images)
    longer = torch.maximum(bottom - top, 0.6 * (right - left)).clamp_min(4)
    sizes = torch.exp(_OFF_THE_SIZE * torch.randn(count, generator=generator))
    scale = BOX_SIZE * sizes / longer
    line = _LINE + _OFF_THE_LINE * torch.randn(count, generator=generator)
    middle = (line - (bottom - top) * scale / 2, torch.full((count,), _SHEET[1] / 2))
    return _sampled(images, ((top + bottom) / 2, (left + right) / 2), scale, middle, _SHEET)


def _side_by_side(
    left: Tensor, right: Tensor, generator: torch.Generator, *, joined: int = 0
) -> Tensor:
    """The right ones moved so that they touch; of the first `joined`, some with a line between."""
    count = len(left)
    chance = torch.rand(count, generator=generator)
    overlap = _OVERLAP * torch.rand(count, generator=generator)
    overlap[chance < _MUCH_SHARE] *= 2
    lines = torch.nonzero(chance[:joined] > 1 - _JOINED_SHARE)[:, 0]
    least, most = _GAPS
    overlap[lines] = -least - (most - least) * torch.rand(len(lines), generator=generator)
    across = (_contact(left, right) + 1 - overlap.round()).clamp(0, left.shape[2]).long()
    wide = left.shape[2] + right.shape[2]
    source = torch.arange(wide) - across[:, None]
    inside = (source >= 0) & (source < right.shape[2])
    source = source.clamp(0, right.shape[2] - 1)[:, None].expand(-1, right.shape[1], -1)
    left = functional.pad(left, (0, right.shape[2]))
    right = torch.gather(right, 2, source) * inside[:, None]
    both = torch.maximum(left, right)
    both[lines] = torch.maximum(both[lines], _line(left[lines], right[lines], generator))
    return both


def _contact(left: Tensor, right: Tensor) -> Tensor:
    """(N,) by how many columns the right sheet is moved so that ink lies on ink, in neighbouring rows."""
    width = left.shape[2]
    far = 4.0 * width
    ends = ((left > _INK) * torch.arange(1.0, width + 1)).amax(dim=2) - 1
    ends[ends < 0] = -far
    width = right.shape[2]
    starts = width - ((right > _INK) * torch.arange(width, 0.0, -1)).amax(dim=2)
    starts[starts == width] = far
    between = (ends - starts, ends[:, 1:] - starts[:, :-1], ends[:, :-1] - starts[:, 1:])
    return torch.stack([each.amax(dim=1) for each in between]).amax(dim=0)


def _line(left: Tensor, right: Tensor, generator: torch.Generator) -> Tensor:
    """A line from the outermost ink of the left one, in some direction, to that of the right one."""
    rows, columns = torch.meshgrid(
        *(torch.arange(float(size)) for size in left.shape[1:]), indexing="ij"
    )

    def outermost(images: Tensor, sign: int) -> tuple[Tensor, Tensor]:
        angle = _STEEPEST * (2 * torch.rand(len(images), 1, 1, generator=generator) - 1)
        far = sign * torch.cos(angle) * columns + torch.sin(angle) * rows
        far = far.masked_fill(images <= _INK, -math.inf).flatten(1).argmax(dim=1)
        return tuple(each.flatten()[far][:, None, None] for each in (rows, columns))  # type: ignore[return-value]

    (row, column), (to_row, to_column) = outermost(left, 1), outermost(right, -1)
    down, over = to_row - row, to_column - column
    along = ((rows - row) * down + (columns - column) * over) / (down**2 + over**2).clamp_min(1)
    along = along.clamp(0, 1)
    away = torch.hypot(rows - row - along * down, columns - column - along * over)
    return (_LINE_WIDTH - away).clamp(0, 1)


def _framed(images: Tensor) -> Tensor:
    """The ink as `place_pair` places it, (N, 28, 48)."""
    count = len(images)
    (top, bottom), (left, right) = _extents(images)
    height, width = (bottom - top).clamp_min(1), (right - left).clamp_min(1)
    scale = torch.minimum(BOX_SIZE / height, LONGEST_PAIR / width)
    middle = [torch.full((count,), side / 2) for side in PAIR_SHAPE]
    centre = ((top + bottom) / 2, (left + right) / 2)
    return _sampled(images, centre, scale, (middle[0], middle[1]), PAIR_SHAPE)


def _extents(images: Tensor) -> list[tuple[Tensor, Tensor]]:
    """From where to where there is ink, (N,) each, down and across."""
    found = []
    for axis in (2, 1):
        inked = (images.amax(dim=axis) > _OUTLINE).to(torch.uint8)
        last = inked.shape[1] - inked.flip(1).argmax(dim=1)
        found.append((inked.argmax(dim=1).float(), last.float()))
    return found


def _sampled(
    images: Tensor,
    centre: tuple[Tensor, Tensor],
    scale: Tensor,
    middle: tuple[Tensor, Tensor],
    shape: tuple[int, int],
) -> Tensor:
    """Images of that shape, `scale` times as large, in which `centre` comes to lie at `middle`."""
    if not len(images):  # which affine_grid refuses
        return images.new_zeros(0, *shape)
    rows = torch.zeros(len(images), 2, 3)
    for axis in (0, 1):
        source, size = images.shape[1 + axis], shape[axis]
        row = 1 - axis  # grid_sample has x before y
        rows[:, row, row] = size / (scale * source)
        rows[:, row, 2] = 2 * (centre[axis] + (size / 2 - middle[axis]) / scale) / source - 1
    grid = functional.affine_grid(rows, [len(images), 1, *shape], align_corners=False)
    return functional.grid_sample(images[:, None], grid, align_corners=False)[:, 0]


def _full(images: Tensor) -> Tensor:
    """With ink as dark as it gets."""
    return images / images.amax(dim=(1, 2), keepdim=True).clamp_min(0.1)


def _sharpened(images: Tensor, generator: torch.Generator) -> Tensor:
    """With edges as soft as sampling leaves them, or harder."""
    sharpness, grey = (
        low + (high - low) * torch.rand(len(images), 1, 1, generator=generator)
        for low, high in ((1.0, _SHARPEST), _GREYS)
    )
    return ((_full(images) - grey) * sharpness + grey).clamp_(0, 1)
