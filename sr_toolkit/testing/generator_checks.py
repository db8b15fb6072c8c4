"""Checks of a generator's output: its range, its type, and what it must not depend on."""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import Tensor

from sr_toolkit.interfaces import Generator
from sr_toolkit.testing.check import Check, NotHere, NothingToCheck, check, expect, unmet
from sr_toolkit.testing.network import difference, every_generator, expect_same, lively, run, usual
from sr_toolkit.testing.part import Part, elsewhere

CHECKS: list[Check] = []


@check(
    "model",
    into=CHECKS,
    why="Losses get no gradient from a clamped pixel, and blends of outputs are cut twice.",
    mend="Return what the last convolution gives; the toolkit clamps where it writes an image.",
)
def output_not_clamped(part: Part) -> None:
    """The SR is not cut to [0, 1]."""
    for generator, scale, label in every_generator(part):
        sr = _driven(generator, scale)
        expect(sr is not None, f"finite outputs of large inputs at {label}", "infinite or NaN ones")
        assert sr is not None
        low, high = float(sr.min()), float(sr.max())
        expect(
            low < -0.01 or high > 1.01,
            f"outputs beyond [0, 1] for what should lead there, at {label}",
            f"{low:.3g} to {high:.3g}",
        )
        for name, edge in (("largest", sr.max()), ("smallest", sr.min())):
            share = float((sr == edge).float().mean())
            expect(
                share < 0.02,
                f"outputs that go on growing with the input, at {label}",
                f"{share:.0%} of all values are the {name} one, {float(edge):g}",
            )


def _driven(generator: Generator, scale: int) -> Tensor | None:
    """Return an SR far from [0, 1], by a large input and a large last bias; None if not finite."""
    probe, shape = lively(generator), usual(generator).shape
    drawn = torch.Generator().manual_seed(1)
    biases = [p for name, p in probe.named_parameters() if name.endswith("bias")]
    if biases:  # a norm may cancel the input's size, but not what comes last
        with torch.no_grad():
            last = biases[-1]
            last.add_(20 * torch.randn(last.shape, generator=drawn).to(last))
    for size in (1000, 10, 1):  # some networks overflow, which is no fault
        sr = run(probe, torch.randn(shape, generator=drawn) * size, scale)
        if bool(torch.isfinite(sr).all()):
            return sr
    return None


@check(
    "model",
    into=CHECKS,
    why="Images of another range are written black, white or gray.",
    mend="Images are in [0, 1]: scale inside of the network, and undo it before returning.",
)
def output_range(part: Part) -> None:
    """The SR of an image is in the range of images."""
    for generator, scale, label in every_generator(part):
        lr = usual(generator) * 0.5 + 0.25
        sr = run(generator, lr, scale)
        largest = float(sr.abs().max())
        expect(largest <= 8, f"values around [0, 1] at {label}", f"up to {largest:.3g}")
        trained = not part.model.needs_weights
        if trained:
            shift = abs(float(sr.mean() - lr.mean()))
            expect(shift < 0.1, f"the LR's mean, {float(lr.mean()):.2f}, at {label}", sr.mean())


@check(
    "model",
    into=CHECKS,
    why="Checks in float64 and models in bf16 would compute in another precision unasked.",
    mend="Make new tensors with new_zeros, zeros_like or dtype=x.dtype; no .float() in forward.",
)
def dtype_kept(part: Part) -> None:
    """What comes in as float64 is computed and comes out as float64."""
    for generator, scale, label in every_generator(part):
        lr = usual(generator).double()
        sr = run(generator.double(), lr, scale)
        expect(sr.dtype == torch.float64, f"float64 at {label}", sr.dtype)


@check(
    "model",
    into=CHECKS,
    why="On a GPU the first forward ends with an error.",
    mend="Make tensors on x.device; register constants as buffers; no .cuda() and no .cpu().",
)
def device_kept(part: Part) -> None:
    """The network computes where its input and its weights are (tried on torch's meta device)."""
    for generator, scale, label in every_generator(part):
        lr = usual(generator).to("meta")
        try:
            sr = run(generator.to("meta"), lr, scale)
        except (RuntimeError, NotImplementedError) as error:
            text = " ".join(str(error).split())
            told = ("same device", "copy out of meta", "device meta", "meta device", "on device")
            if "item()" in text or not any(words in text for words in told):
                raise NotHere(f"the meta device has no values to look at: {text[:80]}") from None
            unmet(f"no other device at {label}", text[:200])
        expect(sr.device.type == "meta", f"the input's device at {label}", sr.device)


def _stir(seed: int) -> None:
    """Seed every source of random numbers; `run_one` puts the process's own back."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


@check(
    "model",
    into=CHECKS,
    why="Two benchmarks of the same weights would differ, and tiles would not fit together.",
    mend="Draw only in training, or declare deterministic = False and take seed=.",
)
def deterministic(part: Part) -> None:
    """In evaluation the same LR gives the same SR, unless the model declares otherwise."""
    for generator, scale, label in every_generator(part):
        if not generator.deterministic:
            continue
        probe, lr = lively(generator), usual(generator)
        _stir(1)
        first = run(probe, lr, scale)
        _stir(2)
        expect_same(run(probe, lr, scale), first, f"the same SR twice at {label}")


@check(
    "model",
    into=CHECKS,
    why="A result of a stochastic model could not be computed again.",
    mend="Draw from a torch.Generator that is seeded by seed=, and from nothing else.",
)
def seed_repeats(part: Part) -> None:
    """A model that draws random numbers gives the same SR for the same seed."""
    drawing = False
    for generator, scale, label in every_generator(part):
        if generator.deterministic:
            continue
        drawing = True
        probe, lr = lively(generator), usual(generator)
        _stir(1)
        first = run(probe, lr, scale, seed=3)
        _stir(2)
        expect_same(run(probe, lr, scale, seed=3), first, f"the same SR for one seed at {label}")
        other = difference(run(probe, lr, scale, seed=4), first)
        expect(other > 0, f"another SR for another seed at {label}", "the same one")
    if not drawing:
        raise NothingToCheck("the model is deterministic")


@check(
    "model",
    into=CHECKS,
    why="An image's score would depend on its neighbors in the batch.",
    mend="Use running statistics in evaluation, and no mean over the batch.",
)
def batch_independent(part: Part) -> None:
    """In evaluation an image comes out the same alone and in a batch."""
    for generator, scale, label in every_generator(part):
        if not generator.deterministic:
            continue
        probe, lr = lively(generator), usual(generator, batch=3)
        lr = lr * torch.tensor([0.2, 0.6, 1.0]).view(3, 1, 1, 1)
        together = run(probe, lr, scale)
        for index in range(3):
            alone = run(probe, lr[index : index + 1], scale)
            expect_same(together[index : index + 1], alone, f"the SR of one image at {label}")


@check(
    "model",
    into=CHECKS,
    why="Losses compare with the LR afterwards, which would then be another one.",
    mend="Avoid in-place operations (+=, relu_, inplace=True) on the input.",
)
def input_unchanged(part: Part) -> None:
    """The LR is left as it was, in evaluation and in training."""
    for generator, scale, label in every_generator(part):
        for mode in (False, True):
            lr = usual(generator, batch=2)
            before = lr.clone()
            generator.train(mode)
            with torch.no_grad():
                extra = {} if generator.deterministic else {"seed": 0}
                generator(lr, scale, **extra)
            where = "training" if mode else "evaluation"
            expect(bool(torch.equal(lr, before)), f"the LR untouched in {where} at {label}", "new")


@check(
    "model",
    into=CHECKS,
    why="The model would work in its author's folder alone.",
    mend="Draw from torch's RNG when building; find files by the package's own place.",
)
def surroundings_ignored(part: Part) -> None:
    """Neither the current folder nor numpy's or Python's random numbers change the model."""
    for specimen in part.specimens:
        _stir(1)
        one = specimen.build()
        scale, lr = one.scales[-1], usual(one)
        first = run(one, lr, scale)
        with elsewhere():
            _stir(2)
            other = specimen.build()
            expect_same(run(other, lr, scale), first, f"the same SR elsewhere, {specimen}")


@check(
    "model",
    into=CHECKS,
    why="Checkpoints, EMA and resume keep the state_dict and nothing else.",
    mend="Register every tensor that forward reads as a parameter or a persistent buffer.",
)
def state_restores(part: Part) -> None:
    """The state_dict holds all that the output depends on."""
    for specimen in part.specimens:
        _stir(1)
        one = lively(specimen.build())
        lr = usual(one, batch=2)
        with torch.no_grad():  # batch norm's statistics move, as in training
            for scale in one.scales:
                one.train()(lr, scale, **({} if one.deterministic else {"seed": 0}))
        one.eval()
        _stir(5)
        other = specimen.again(seed=5)
        other.load_state_dict(one.state_dict(), strict=True)
        for scale in one.scales:
            found, wanted = run(other, lr, scale), run(one, lr, scale)
            expect_same(found, wanted, f"the same SR from the state alone, {specimen.at(scale)}")


@check(
    "model",
    into=CHECKS,
    why="Benchmarks and upscaling run the fused form: its figures would not be the model's.",
    mend="Correct fused(), or leave it out: the default is the generator itself.",
)
def fused_equals(part: Part) -> None:
    """The form for inference gives what the generator gives."""
    for specimen in part.specimens:
        generator = lively(specimen.build())
        lr = usual(generator)
        # Before: a generator may fuse itself in place.
        wanted = {scale: run(generator, lr, scale) for scale in generator.scales}
        fused = generator.fused().eval()
        for scale, sr in wanted.items():
            found = run(fused, lr, scale)
            expect_same(found, sr, f"the SR of the unfused generator, {specimen.at(scale)}")


@check(
    "model",
    into=CHECKS,
    why="Trainings of several scales use all_scales: they would train something else.",
    mend="Let all_scales return for each scale what forward returns.",
)
def scales_agree(part: Part) -> None:
    """all_scales gives at each scale what forward gives; None means the largest."""
    for specimen in part.specimens:
        generator = specimen.build()
        if not generator.deterministic:
            continue
        lr = usual(generator)
        with torch.inference_mode():
            found = generator.all_scales(lr)
            largest: Tensor = generator(lr)
        expect(set(found) == set(generator.scales), f"scales {generator.scales}", list(found))
        for scale, sr in found.items():
            expect_same(sr, run(generator, lr, scale), f"what forward gives, {specimen.at(scale)}")
        expect_same(largest, run(generator, lr, max(generator.scales)), "×the largest for None")


@check(
    "model",
    into=CHECKS,
    why="Training and the benchmark may compute in bf16, and NaN would be an image.",
    mend="Compute sums of squares, exponentials and divisions in float32, or add an epsilon.",
)
def finite_in_bf16(part: Part) -> None:
    """In bf16 the SR is finite and near the one in float32."""
    for generator, scale, label in every_generator(part):
        for lr in (usual(generator), torch.zeros_like(usual(generator))):
            wanted = run(generator, lr, scale)
            with torch.autocast("cpu", torch.bfloat16):
                sr = run(generator, lr, scale).float()
            finite = float(torch.isfinite(sr).float().mean())
            expect(finite == 1, f"finite values alone at {label}", f"{1 - finite:.1%} are not")
            size = max(1.0, float(wanted.abs().max()))
            off = float((sr - wanted).abs().mean()) / size
            expect(off < 0.05, f"the values of float32 within .05 at {label}", f"{off:.2g} off")
