"""Checks of the receptive field that a generator declares: tiles are exact by it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from sr_toolkit.interfaces import Generator
from sr_toolkit.testing.check import Check, NotHere, NothingToCheck, check, expect
from sr_toolkit.testing.network import (
    along,
    expect_same,
    lively,
    plain_convolutions,
    run,
    trained_run,
)
from sr_toolkit.testing.part import Part
from sr_toolkit.upscaling.upscaler import Upscaler

CHECKS: list[Check] = []
LONGEST = 1000
"""Declared radius up to which an image that is longer than it is tried."""

SLACK = 16  # LR pixels that a declared radius may be too large by, beside twice the true one


def _declared(part: Part) -> Iterator[tuple[Generator, int, int, str]]:
    """Yield generators with their scales and radii, those of the whole image left out."""
    found = False
    for specimen in part.specimens:
        generator = specimen.build()
        for scale in generator.scales:
            radius = generator.receptive_field(scale)
            if radius is not None and generator.deterministic:
                found = True
                if radius > LONGEST:
                    raise NotHere(f"a receptive field above {LONGEST} is not tried ({radius})")
                yield lively(generator), scale, radius, specimen.at(scale)
    if not found:
        raise NothingToCheck("the model is run on whole images")


@check(
    "model",
    into=CHECKS,
    why="Tiles of a large image would not fit together: seams.",
    mend="Add up the radii of all convolutions in LR pixels, or return None for a network that "
    "looks at the whole image (a mean over it, attention over all of it).",
)
def receptive_field_covers(part: Part) -> None:
    """No SR pixel depends on an LR pixel beyond the declared receptive field."""
    for generator, scale, radius, label in _declared(part):
        multiple = generator.size_multiple
        for axis in (2, 3):
            lr = along(generator, 2 * (radius + multiple) + 9, axis)
            center = lr.shape[axis] // 2 // multiple * multiple
            index = torch.arange(lr.shape[axis])
            far = (index - center).abs() > radius
            shape = [1, 1, 1, 1]
            shape[axis] = -1
            changed = torch.where(far.view(shape), lr * 100 - 50, lr)
            with plain_convolutions():
                before, after = (
                    _rows(run(generator, image, scale), center, scale, axis)
                    for image in (lr, changed)
                )
            moved = float((after - before).abs().max())
            size = max(1.0, float(before.abs().max()))
            expect(
                moved <= 1e-6 * size,
                f"a pixel that sees {radius} LR pixels far at {label}",
                f"it changes by {moved:.2g} with what lies beyond",
            )


@check(
    "model",
    into=CHECKS,
    why="Every tile is computed with that margin: users would wait several times as long.",
    mend="Count the radius in LR pixels; layers behind the upsampling reach only a part of one.",
)
def receptive_field_tight(part: Part) -> None:
    """The declared receptive field is not larger by far than the true one."""
    for generator, scale, radius, label in _declared(part):
        try:
            true = _reach(generator, scale, radius)
        except RuntimeError as error:
            if "inplace" not in str(error):
                raise
            # Some networks compute in place once they are not trained: then as in training.
            for module in generator.modules():
                module.train("Norm" not in type(module).__name__)
            true = _reach(generator, scale, radius)
        expect(
            radius <= 2 * true + SLACK,
            f"a receptive field of about {true} at {label}",
            f"{radius} is declared",
        )


@check(
    "model",
    into=CHECKS,
    why="Large images are computed in tiles: the joint would show.",
    mend="See receptive_field_covers; positions inside a tile must not matter either.",
)
def tiles_equal_whole(part: Part) -> None:
    """An image in tiles is the image as a whole."""
    for generator, scale, radius, label in _declared(part):
        lr = along(generator, 2 * radius + 32, 3)
        upscaler = Upscaler(generator)
        with torch.inference_mode():
            whole = upscaler.tensor(lr, scale=scale)
            tiled = upscaler.tensor(lr, scale=scale, tile=lr.shape[3] // 2)
        expect_same(tiled, whole, f"no seam at {label}")


def _reach(generator: Generator, scale: int, radius: int) -> int:
    """Return how far away the farthest LR pixel is that an SR pixel has a gradient of."""
    lr = along(generator, 2 * radius + 9, 2).requires_grad_()
    center = lr.shape[2] // 2
    with plain_convolutions():
        rows = _rows(trained_run(generator, lr, scale), center, scale, 2)
        weights = torch.rand(rows.shape, generator=torch.Generator().manual_seed(2))
        torch.autograd.backward((rows * weights).sum())
    assert lr.grad is not None
    touched = lr.grad.abs().amax(dim=(0, 1, 3)).nonzero().flatten()
    return int((touched - center).abs().max()) if len(touched) else 0


def _rows(sr: Tensor, center: int, scale: int, axis: int) -> Tensor:
    """Return the SR of one LR row or column."""
    return sr.narrow(axis, center * scale, scale)
