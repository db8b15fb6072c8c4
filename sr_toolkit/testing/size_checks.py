"""Checks of what a generator says it is, of its copy, and of the size of its output."""

from __future__ import annotations

import copy

from sr_toolkit.interfaces import Generator
from sr_toolkit.testing.check import Check, Unmet, check, expect
from sr_toolkit.testing.network import every_generator, expect_same, noise, run, usual
from sr_toolkit.testing.part import Part

CHECKS: list[Check] = []
USUAL = 8
"""The largest size_multiple for which sizes are tried in full."""


@check(
    "model",
    into=CHECKS,
    why="What cannot be built with its defaults cannot be listed, trained or run.",
    mend="Let the factory take (config, scales), and set config, scales and channels.",
)
def builds(part: Part) -> None:
    """The generator is built at every scale and says truly what it is."""
    for specimen in part.specimens:
        generator = specimen.build()
        expect(isinstance(generator, Generator), "a Generator", type(generator).__name__)
        if not specimen.path:
            expect(
                tuple(generator.scales) == specimen.scales,
                f"scales {specimen.scales}",
                generator.scales,
            )
            expect(generator.config == part.config(), "the config it was given", generator.config)
        expect(
            len(generator.channels) == 2 and min(generator.channels) >= 1,
            "channels as (in, out)",
            generator.channels,
        )
        multiple = generator.size_multiple
        expect(isinstance(multiple, int) and multiple >= 1, "a size_multiple from 1", multiple)
        for scale in generator.scales:
            radius = generator.receptive_field(scale)
            whole = radius is None or (isinstance(radius, int) and radius >= 0)
            expect(whole, "a receptive field in whole LR pixels, or None", repr(radius))


@check(
    "model",
    into=CHECKS,
    why="Averaged weights, fused forms and rollbacks are copies: training would end at its first.",
    mend="Keep no tensor with a history as an attribute; take torch.nn.utils.parametrizations's "
    "weight_norm in place of torch.nn.utils's.",
)
def can_be_copied(part: Part) -> None:
    """A copy of the generator gives what the generator gives."""
    for specimen in part.specimens:
        generator = specimen.build()
        try:
            other = copy.deepcopy(generator)
        except Exception as error:
            raise Unmet(
                f"a generator that can be copied, {specimen}", f"{type(error).__name__}: {error}"
            ) from error
        scale, lr = generator.scales[-1], usual(generator)
        wanted = run(generator, lr, scale)
        expect_same(run(other, lr, scale), wanted, f"the same SR of a copy, {specimen.at(scale)}")


def _sized(part: Part, sides: tuple[int, int]) -> None:
    """Run each generator on an LR of these sides, in units of its size_multiple.

    Of a large multiple there are fewer, so that the LR stays small.
    """
    for generator, scale, label in every_generator(part):
        multiple = generator.size_multiple
        units = sides if multiple <= USUAL else [-(-side * USUAL // multiple) for side in sides]
        height, width = (unit * multiple for unit in units)
        lr = noise(generator.channels[0], height, width)
        wanted = (1, generator.channels[1], height * scale, width * scale)
        try:
            sr = run(generator, lr, scale)
        except Exception as error:
            raise Unmet(
                f"an SR of {wanted} for an LR of {tuple(lr.shape)} at {label}",
                f"{type(error).__name__}: {error}",
            ) from error
        expect(tuple(sr.shape) == wanted, f"{wanted} at {label}", tuple(sr.shape))


@check(
    "model",
    into=CHECKS,
    why="An SR of another size is pasted at the wrong place, or refused after the work is done.",
    mend="Enlarge by exactly the scale that forward is asked for.",
)
def output_size(part: Part) -> None:
    """The SR is the scale times as high and wide as the LR, at every scale."""
    _sized(part, (16, 12))


@check(
    "model",
    into=CHECKS,
    why="Half of all photographs have an odd side.",
    mend="Look for halved sizes that are doubled again; pad and cut, or declare a size_multiple.",
)
def output_size_odd(part: Part) -> None:
    """Odd sizes come out exact, too."""
    _sized(part, (7, 9))


@check(
    "model",
    into=CHECKS,
    why="The last tile of an image may be as small as that.",
    mend="Replace reflection padding, which needs several pixels, or declare a size_multiple.",
)
def output_size_smallest(part: Part) -> None:
    """An LR of one size_multiple, or of one pixel, is enlarged."""
    _sized(part, (1, 1))


@check(
    "model",
    into=CHECKS,
    why="Callers pad to the declared multiple and no further: others' images would fail.",
    mend="Declare the largest factor by which the network shrinks its input.",
)
def size_multiple(part: Part) -> None:
    """Every multiple of the declared size_multiple works."""
    for sides in ((5, 6), (10, 11), (13, 14), (3, 2)):
        _sized(part, sides)
