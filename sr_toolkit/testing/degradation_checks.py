"""Checks of the operations that degradations are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.degradations.operation import Frame, Operation, Span
from sr_toolkit.testing.check import Check, NothingToCheck, check, expect
from sr_toolkit.testing.network import expect_same, noise
from sr_toolkit.testing.part import Part

CHECKS: list[Check] = []
COUNT = 4
SIDE = 48
SEEDS = 100
FRAME = Frame(lr_size=(SIDE // 4, SIDE // 4), exact=True)


def _images() -> Tensor:
    """Return smooth images, (4, 3, side, side) in [0, 1]."""
    small = noise(3, 8, 8, batch=COUNT, seed=1)
    return torch.nn.functional.interpolate(small, size=(SIDE, SIDE), mode="bilinear")


@check(
    "degradation",
    into=CHECKS,
    why="A batch that a seed names could not be made again, and resumed runs would differ.",
    mend="Draw from the rng that draw gets, and nowhere else; apply draws nothing.",
)
def repeats_by_seed(part: Part) -> None:
    """The same seed draws the same, and what was drawn gives the same images."""
    operation: Operation = part.build()
    images = _images()
    torch.manual_seed(1)
    first = operation.apply(images, operation.draw(np.random.default_rng(5), COUNT), FRAME)
    torch.manual_seed(2)
    again = operation.apply(images, operation.draw(np.random.default_rng(5), COUNT), FRAME)
    expect_same(again, first, "the same images for one seed")


@check(
    "degradation",
    into=CHECKS,
    why="The next operation would draw something else, on one machine or with one more process.",
    mend="Draw arrays of `count` values in any case, also for images that will not need them.",
)
def draws_by_count_alone(part: Part) -> None:
    """How much is taken from the rng depends on the number of images alone."""
    operation: Operation = part.build()
    first: list[str] = []
    for seed in range(SEEDS):
        rng = _Recording(seed)
        operation.draw(rng, COUNT)
        first = first or rng.asked
        expect(rng.asked == first, f"for each seed: {', '.join(first)}", ", ".join(rng.asked))


class _Recording(np.random.Generator):
    """A generator of random numbers that writes down what it is asked for."""

    def __init__(self, seed: int) -> None:
        super().__init__(np.random.PCG64(seed))
        self.asked: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or not callable(found):
            return found

        def ask(*arguments: Any, **named: Any) -> Any:
            drawn = found(*arguments, **named)
            self.asked.append(f"{name} of {np.shape(drawn)}")
            return drawn

        return ask


@check(
    "degradation",
    into=CHECKS,
    why="Each process of a training degrades its slice of the batch: the slices would differ.",
    mend="Give Drawn arrays one row for each image, and use row i for image i.",
)
def slices_agree(part: Part) -> None:
    """A slice of the batch with its slice of the draw gives that slice of the result."""
    operation: Operation = part.build()
    images = _images()
    drawn = operation.draw(np.random.default_rng(5), COUNT)
    whole = operation.apply(images, drawn, FRAME)
    for rows in (slice(0, 1), slice(1, COUNT)):
        found = operation.apply(images[rows], drawn[rows], FRAME)
        expect_same(found, whole[rows], "the same images in a part of the batch")


@check(
    "degradation",
    into=CHECKS,
    why="The next operation, or the training, would end with an error or with NaN.",
    mend="Return (B, C, h, w) of finite numbers in the type of the input.",
)
def gives_images(part: Part) -> None:
    """Images come out: as many, of as many channels, finite, of the same type."""
    operation: Operation = part.build()
    drawn = operation.draw(np.random.default_rng(5), COUNT)
    for channels in (1, 3):
        images = _images()[:, :channels]
        made = operation.apply(images, drawn, FRAME)
        expect(tuple(made.shape[:2]) == (COUNT, channels), f"{(COUNT, channels)}", made.shape)
        expect(bool(torch.isfinite(made).all()), "finite values", "infinite or NaN ones")
        expect(made.dtype == images.dtype, str(images.dtype), made.dtype)


@check(
    "degradation",
    into=CHECKS,
    why="The HR that the loss compares with would be degraded, too.",
    mend="Avoid in-place operations on the input.",
)
def hr_unchanged(part: Part) -> None:
    """The images that come in are left as they were."""
    operation: Operation = part.build()
    images = _images()
    before = images.clone()
    operation.apply(images, operation.draw(np.random.default_rng(5), COUNT), FRAME)
    expect(torch.equal(images, before), "the images untouched", "changed")


@check(
    "degradation",
    into=CHECKS,
    why="Losses in LR space degrade the SR again, and would teach nothing.",
    mend="Use torch's operations on x; where something is rounded, let the gradient pass unless "
    "frame.exact.",
)
def gradient_passes(part: Part) -> None:
    """The gradient reaches the images where the frame is not exact."""
    operation: Operation = part.build()
    images = _images().requires_grad_()
    drawn = operation.draw(np.random.default_rng(5), COUNT)
    made = operation.apply(images, drawn, Frame(FRAME.lr_size, exact=False))
    expect(made.requires_grad, "a gradient of the images", "none")
    (gradient,) = torch.autograd.grad(made.sum(), images)
    fine = bool(torch.isfinite(gradient).all()) and bool(gradient.any())
    expect(fine, "a finite gradient that is not zero", "zeros, infinite or NaN values")


@check(
    "degradation",
    into=CHECKS,
    why="Crops are degraded with too small a margin: their borders differ from the whole image.",
    mend="Return in reach how many LR pixels far a pixel looks: a kernel's radius by span.low.",
)
def reach_covers(part: Part) -> None:
    """No pixel depends on one beyond the declared reach, where the size is kept."""
    operation: Operation = part.build()
    images = _images()
    drawn = operation.draw(np.random.default_rng(5), COUNT)
    made = operation.apply(images, drawn, FRAME)
    if made.shape != images.shape:
        raise NothingToCheck("the operation changes the size")
    reach, after = operation.reach(Span(1.0, 1.0))
    expect(reach >= 0 and after.low <= after.high, "a reach from 0", (reach, after))
    center = SIDE // 2
    far = (torch.arange(SIDE) - center).abs() > reach
    for axis, shape in ((2, (1, 1, -1, 1)), (3, (1, 1, 1, -1))):
        changed = torch.where(far.view(shape), 1 - images, images)
        other = operation.apply(changed, drawn, FRAME)
        moved = float((other - made).select(axis, center).abs().max())
        expect(moved <= 1e-5, f"pixels that look {reach:g} pixels far", f"a change of {moved:.2g}")
